"""Why a bill changed: one sentence for a manager, and the effects of each group."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costctl.compare import Difference, Group, total_effects
from costctl.table import Cell, Column, Kind, Report, Table, Warn
from costctl.vocabulary import Window
from costctl.words import CENT, counted, money

FIGURES = (
    Column("label", "Label", Kind.TEXT),
    Column("before", "Before", Kind.USD, wide_only=True),
    Column("after", "After", Kind.USD, wide_only=True),
    Column("delta", "Change", Kind.USD),
    Column("share", "Change %", Kind.SHARE, wide_only=True),
)
EFFECTS = (
    Column("volume", "Volume", Kind.USD),
    Column("mix", "Mix", Kind.USD),
    Column("tokens", "Tokens", Kind.USD),
    Column("price", "Price", Kind.USD),
)
WORDS = {
    "volume": ("more requests", "fewer requests"),
    "mix": ("a dearer mix of endpoints and models", "a cheaper mix of endpoints and models"),
    "tokens": ("more tokens per request", "fewer tokens per request"),
    "price": ("higher prices", "lower prices"),
}
NOTES = (
    "Volume: all requests grew alike. Mix: other shares of the groups.",
    "Tokens: longer or shorter requests. Price: the rest, other prices per token.",
)
NAMED = 3
MONTHS_DIFFER = 3
"""Days by which two months may differ without a word."""


@dataclass(frozen=True)
class Side:
    """One of the two sides.

    Attributes:
        name: as the user gave it.
        days: how many of its window are over.
        unpriced_requests: of it, not in its cost.
    """

    name: str
    window: Window
    cost_usd: Decimal
    requests: int
    days: float
    unpriced_requests: int = 0


def compare_report(
    sides: tuple[Side, Side],
    by: tuple[str, ...],
    differences: Sequence[Difference],
    warnings: Sequence[Warn] = (),
) -> Report:
    """Return the difference, group by group, with a sentence on top, and one per day where the sides differ in length."""
    effects = total_effects(differences)
    before, after = sides
    table = Table(
        "compare",
        f"{before.name} to {after.name}",
        (*(_dimension(name) for name in by), *FIGURES, *EFFECTS),
        tuple(_row(d) for d in differences),
        total=_total(sides, by, effects),
        notes=NOTES,
    )
    return Report(
        name="compare",
        tables=(table,),
        result=_result(sides, by, differences, effects),
        head=(sentence(sides, differences, effects), *_a_day(sides)),
        warnings=(*warnings, *_doubtful(sides), *_unpriced(sides)),
    )


def _total(
    sides: tuple[Side, Side], by: tuple[str, ...], effects: dict[str, Decimal]
) -> tuple[Cell, ...]:
    before, after = (side.cost_usd for side in sides)
    share = (after - before) / before if before else None
    names = ["Total", *([""] * len(by))]
    return (*names, before, after, after - before, share, *(effects[c.name] for c in EFFECTS))


def sentence(
    sides: tuple[Side, Side], differences: Sequence[Difference], effects: dict[str, Decimal]
) -> str:
    """Return the whole change in words, the strongest reason first."""
    before, after = sides
    delta = after.cost_usd - before.cost_usd
    if not delta:
        return f"The cost did not change: {money(after.cost_usd)}."
    verb = "rose" if delta > 0 else "fell"
    share = f" ({abs(delta) / before.cost_usd * 100:.1f}%)" if before.cost_usd else ""
    total = f"from {money(before.cost_usd)} to {money(after.cost_usd)}"
    head = f"The cost {verb} by {money(abs(delta))}{share}, {total}"
    least = min(CENT / 2, abs(delta) / 100)  # of less than a cent the larger parts are told too
    ranked = sorted(WORDS, key=lambda name: (-abs(effects[name]), name))
    told = [_effect(name, effects[name]) for name in ranked if abs(effects[name]) >= least]
    parts = [f": {', '.join(told)}" if told else ""]
    parts += [_of("New", differences, "new"), _of("Gone", differences, "removed")]
    return head + "".join(parts[:1]) + "." + "".join(parts[1:])


def _a_day(sides: tuple[Side, Side]) -> list[str]:
    """Return the change per day where the totals alone would mislead."""
    before, after = sides
    if not _unlike(sides):
        return []
    old, new = (side.cost_usd / Decimal(str(side.days)) for side in sides)
    verb = "rose by" if new > old else "fell by"
    share = f" {abs(new - old) / old * 100:.1f}%" if old else f" {money(abs(new - old))}"
    moved = f"{verb}{share}" if new != old else "did not change"
    lengths = f"{before.name} has {before.days:.1f} days, {after.name} {after.days:.1f}"
    return [f"{lengths}: per day the cost {moved}, from {money(old)} to {money(new)}."]


def _unlike(sides: tuple[Side, Side]) -> bool:
    """Return whether the sides differ more in length than months do."""
    before, after = sides
    return bool(before.days and after.days) and abs(before.days - after.days) > MONTHS_DIFFER


def _doubtful(sides: tuple[Side, Side]) -> list[Warn]:
    """Return what makes the comparison a lame one."""
    found = [
        Warn("no_usage", f"{side.name} {'has no usage' if side.days else 'has not begun'}")
        for side in sides
        if not side.requests
    ]
    if _unlike(sides):
        days = " and ".join(f"{side.days:.1f}" for side in sides)
        what = f"the two sides cover {days} days: volume differs by that too"
        found.append(Warn("different_length", what))
    return found


def _effect(name: str, usd: Decimal) -> str:
    more, fewer = WORDS[name]
    sign = "-" if usd < 0 else "+"
    return f"{more if usd > 0 else fewer} {sign}{money(abs(usd))}"


def _of(word: str, differences: Sequence[Difference], label: str) -> str:
    found = [d for d in differences if d.label == label]
    if not found:
        return ""
    names = ", ".join(_name(d.key) for d in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f" {word}: {names}{more}."


def _name(key: tuple[object, ...]) -> str:
    return " ".join("(none)" if value is None else str(value) for value in key)


def _dimension(name: str) -> Column:
    return Column(name, name.capitalize(), Kind.NAME if name == "model" else Kind.TEXT)


def _row(d: Difference) -> tuple[Cell, ...]:
    key = tuple(None if value is None else str(value) for value in d.key)
    sides = tuple(_cost(group) for group in (d.before, d.after))
    return (*key, d.label, *sides, d.delta_usd, d.share, d.volume, d.mix, d.tokens, d.price)


def _unpriced(sides: tuple[Side, Side]) -> list[Warn]:
    return [
        Warn(
            "unpriced", f"{side.name}: {counted(side.unpriced_requests, 'request')} without a price"
        )
        for side in sides
        if side.unpriced_requests
    ]


def _result(
    sides: tuple[Side, Side],
    by: tuple[str, ...],
    differences: Sequence[Difference],
    effects: dict[str, Decimal],
) -> dict[str, object]:
    before, after = sides
    return {
        "sentence": sentence(sides, differences, effects),
        "before": _side(before),
        "after": _side(after),
        "delta_usd": after.cost_usd - before.cost_usd,
        "effects": {f"{name}_usd": effects[name] for name in WORDS},
        "by": list(by),
        "rows": [_values(by, d) for d in differences],
    }


def _side(side: Side) -> dict[str, object]:
    return {
        "name": side.name,
        "since": side.window.since,
        "until": side.window.until,
        "cost_usd": side.cost_usd,
        "requests": side.requests,
        "unpriced_requests": side.unpriced_requests,
    }


def _values(by: tuple[str, ...], d: Difference) -> dict[str, object]:
    return {
        **dict(zip(by, d.key, strict=True)),
        "label": d.label,
        "before_usd": _cost(d.before),
        "after_usd": _cost(d.after),
        "delta_usd": d.delta_usd,
        "share": d.share,
        "volume_usd": d.volume,
        "mix_usd": d.mix,
        "tokens_usd": d.tokens,
        "price_usd": d.price,
        "requests_before": d.before.requests if d.before else 0,
        "requests_after": d.after.requests if d.after else 0,
    }


def _cost(group: Group | None) -> Decimal | None:
    return group.cost_usd if group and group.priced else None
