"""What is suspicious in a price table without being wrong: slips of the hand and gaps."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.facts import Block, Blocks, Period, Place
from costctl.pricebook.rates import inherit
from costctl.pricebook.tables import TOKEN_PRICES
from costctl.pricebook.timeline import END, START, Stretch

Finding = tuple[str, Place, str]

_DEAR = Decimal(1000)
_CHEAP = Decimal("0.0005")
_POWERS = frozenset(Decimal(n) for n in ("10", "100", "1000", "4", "0.1", "0.01", "0.001", "0.25"))
_STALE = timedelta(days=90)
_HALF = Decimal("0.5")


def warnings_of(
    book: Book, today: date | None = None, *, of_user: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield (code, `path:line: message`) for each warning that no `ack` silences.

    With `today` also what depends on the day: stale sources, unconfirmed schedules, retired siblings. With
    `of_user` only what the user's own layers state: the shipped table was reviewed.
    """
    for provider, entry in book.models():
        if of_user and book.shipped and entry.layer == 0:
            continue
        for code, place, message in _of_entry(provider, entry, today):
            yield code, f"{place}: {entry.name}: {message}"


def _of_entry(provider: Provider, entry: Entry, today: date | None) -> Iterator[Finding]:
    stretches = [s for s in entry.held if isinstance(s.what, Period)]
    before: Stretch[Period] | None = None
    for held in stretches:
        stretch: Stretch[Period] = Stretch(held.start, held.end, held.what)  # type: ignore[arg-type]  # filtered above
        period = stretch.what
        chat = bool(entry.model and (entry.model.kind or "chat") == "chat")
        found = [*_within(period, chat=chat), *_between(before, stretch), *_in_time(stretch, today)]
        yield from (
            (code, place, message) for code, place, message in found if code not in period.ack
        )
        before = stretch
    acked = {code for s in stretches if isinstance(s.what, Period) for code in s.what.ack}
    for code, place, message in _siblings(provider, entry, today):
        if code not in acked:
            yield code, place, message


def _within(period: Period, *, chat: bool) -> Iterator[Finding]:
    parts = [
        period.prices,
        *(w.prices for w in period.windows),
        *(r.prices for r in period.regions.values()),
    ]
    for part in parts:
        for tier in sorted(part.service_tiers):
            for _, block in part.steps(tier):
                yield from _units(block)
                yield from _caches(block)
                if chat:
                    yield from _output_below_half(block)
        yield from _tier_order(part)
        yield from _prompt_tiers(part)


def _units(block: Block) -> Iterator[Finding]:
    for name, price in sorted(block.figures.items()):
        if name in TOKEN_PRICES and (price > _DEAR or 0 < price < _CHEAP):
            yield (
                "unit_suspect",
                block.place,
                f"{name} {price} per million tokens: is the unit right?",
            )


def _caches(block: Block) -> Iterator[Finding]:
    prices = block.figures
    if "input" not in prices:
        return
    read, write = prices.get("cache_read"), prices.get("cache_write")
    if read is not None and read > prices["input"]:
        yield "cache_dearer", block.place, f"cache_read {read} is above input {prices['input']}"
    if write is not None and write < prices["input"]:
        yield "write_cheaper", block.place, f"cache_write {write} is below input {prices['input']}"


def _output_below_half(block: Block) -> Iterator[Finding]:
    prices = block.figures
    if {"input", "output"} <= prices.keys() and prices["output"] < prices["input"] * _HALF:
        yield (
            "swapped",
            block.place,
            f"output {prices['output']} is below half of input {prices['input']}",
        )


def _tier_order(part: Blocks) -> Iterator[Finding]:
    for blocks in (part.blocks, *(tier.blocks for tier in part.tiers)):
        standard = blocks.get("standard")
        for tier, block in sorted(blocks.items()):
            if standard is None or tier not in {"batch", "flex", "priority"}:
                continue
            for name, price, usual in _both(block, standard):
                wrong = price < usual if tier == "priority" else price > usual
                if wrong:
                    word = "below" if tier == "priority" else "above"
                    yield (
                        "tier_order",
                        block.place,
                        f"{tier} {name} {price} is {word} standard {usual}",
                    )


def _both(block: Block, other: Block) -> Iterator[tuple[str, Decimal, Decimal]]:
    for name in TOKEN_PRICES:
        if name in block.figures and name in other.figures:
            yield name, block.figures[name], other.figures[name]


def _prompt_tiers(part: Blocks) -> Iterator[Finding]:
    for tier in part.tiers:
        for service_tier, block in sorted(tier.blocks.items()):
            base = part.blocks.get(service_tier)
            if base is None:
                continue
            size = tier.min_prompt_tokens
            for name, price, usual in _both(block, base):
                if price < usual:
                    yield (
                        "tier_order",
                        block.place,
                        f"{name} {price} from {size} tokens is below {usual}",
                    )
            missing = [n for n in base.figures if n in TOKEN_PRICES and n not in block.figures]
            if missing:
                what = f"{service_tier} from {size} tokens lacks {', '.join(missing)}"
                yield "tier_incomplete", block.place, what


def _between(before: Stretch[Period] | None, after: Stretch[Period]) -> Iterator[Finding]:
    if before is None:
        return
    place = after.what.place
    if before.end < after.start:
        yield "gap", place, f"no price from {before.end} to {after.start}"
    if before.what is after.what:
        return
    for tier in sorted(before.what.prices.blocks.keys() & after.what.prices.blocks.keys()):
        old, new = before.what.prices.blocks[tier].figures, after.what.prices.blocks[tier]
        for name in sorted(old.keys() & new.figures.keys()):
            if old[name] and new.figures[name] / old[name] in _POWERS:
                yield (
                    "moved_by_power",
                    new.place,
                    f"{tier} {name} moved from {old[name]} to {new.figures[name]}",
                )
        if _exchanged(old, new.figures):
            yield (
                "swapped",
                new.place,
                f"{tier}: input and output are exchanged against the period before",
            )


def _exchanged(old: object, new: object) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    pair = (old.get("input"), old.get("output"))
    return None not in pair and pair[0] != pair[1] and pair == (new.get("output"), new.get("input"))


def _in_time(stretch: Stretch[Period], today: date | None) -> Iterator[Finding]:
    if today is None:
        return
    period = stretch.what
    if stretch.end == END and period.source.confirmed + _STALE < today and not period.scheduled:
        yield "stale_price", period.place, f"last confirmed on {period.source.confirmed}"
    if (
        period.scheduled
        and period.confirmed is None
        and stretch.start > START
        and stretch.start.date() <= today
    ):
        yield (
            "scheduled_unconfirmed",
            period.place,
            f"announced for {stretch.start.date()}, confirmed by nobody",
        )


def _siblings(provider: Provider, entry: Entry, today: date | None) -> Iterator[Finding]:
    if not entry.model or not entry.model.siblings:
        return
    pointer = entry.model.siblings[-1]
    sibling = _model_behind(provider, pointer.to)
    if sibling is None or sibling.model is None:
        return
    retired = sibling.model.retires_on
    if today and retired and retired <= today:
        yield "sibling_retired", pointer.place, f"cheaper_sibling {pointer.to} retired on {retired}"
    if (sibling.model.kind or "chat") != (entry.model.kind or "chat"):
        yield (
            "sibling_not_cheaper",
            pointer.place,
            f"cheaper_sibling {pointer.to} is of another kind",
        )
    own, other = _newest(entry), _newest(sibling)
    for name in ("input", "output"):
        if name in own and name in other and other[name] >= own[name]:
            what = f"cheaper_sibling {pointer.to} costs {other[name]} for {name}, this model {own[name]}"
            yield "sibling_not_cheaper", pointer.place, what


def _model_behind(provider: Provider, name: str) -> Entry | None:
    """Return the priced entry that a name leads to in the end."""
    seen: set[str] = set()
    while name in provider.entries and name not in seen:
        seen.add(name)
        entry = provider.entries[name]
        last = entry.held[-1].what if entry.held else None
        if last is None or isinstance(last, Period):
            return entry
        name = last.to
    return None


def _newest(entry: Entry) -> dict[str, Decimal]:
    """Return the standard prices of the newest period that is not merely announced."""
    for stretch in reversed(entry.held):
        period = stretch.what
        if isinstance(period, Period) and not (period.scheduled and period.confirmed is None):
            block = period.prices.blocks.get("standard")
            return inherit(block.figures)[0] if block else {}
    return {}
