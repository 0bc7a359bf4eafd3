"""The full history of a model: periods, tiers, windows, regions, aliases, sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from costctl.pricebook.lookup import Lookup, Named, stated
from costctl.table import Cell, Column, Kind, Report, Table

SHOWN = ("input", "output", "cache_read", "cache_write")

COLUMNS = (
    Column("provider", "Provider", Kind.TEXT, wide_only=True),
    Column("from", "From", Kind.TEXT),
    Column("to", "To", Kind.TEXT),
    Column("region", "Region", Kind.TEXT, wide_only=True),
    Column("tier", "Tier", Kind.TEXT),
    Column("window", "Window", Kind.TEXT, wide_only=True),
    Column("prompt_from", "Prompt from", Kind.COUNT),
    Column("input", "Input $/1M", Kind.NUMBER),
    Column("output", "Output $/1M", Kind.NUMBER),
    Column("cache_read", "Cached $/1M", Kind.NUMBER),
    Column("cache_write", "Written $/1M", Kind.NUMBER),
    Column("other", "Other $/1M", Kind.TEXT, wide_only=True),
    Column("remark", "Remark", Kind.TEXT, wide_only=True),
    Column("where", "Where", Kind.TEXT),
)


@dataclass(frozen=True)
class Shown:
    """A name of one provider with everything the table holds of it.

    Attributes:
        provider, name: as listed.
        models: facts of the models that the name meant, in order of time.
        aliases: other names that lead to the same model.
        offers: its rows in the regions asked for.
        regions: every region it has prices in.
    """

    provider: str
    name: str
    models: tuple[Named, ...]
    aliases: tuple[str, ...]
    offers: tuple[Named, ...]
    regions: tuple[str, ...]


def show_report(shown: Sequence[Shown], table: Lookup) -> Report:
    """Return facts as lines and one row for each period, tier, window and prompt size."""
    lines = tuple(line for one in shown for line in _lines(one))
    rows = tuple(row for one in shown for row in _rows(one, table))
    sources = tuple(dict.fromkeys(line for one in shown for line in _sources(one, table)))
    return Report(
        name="pricing-show",
        tables=(Table("prices", "", COLUMNS, rows, notes=sources),),
        result={
            "models": [_facts(one) for one in shown],
            "rows": [plain for one in shown for plain in _plain_rows(one, table)],
        },
        head=lines,
    )


def _lines(one: Shown) -> Iterator[str]:
    for model in one.models:
        means = "" if model["id"] == one.name else f" (now or once meant by {one.name})"
        facts = [
            f"{one.provider}/{model.text('id')}{means}",
            model.text("kind"),
            *(f"{word} {model.text(name)}" for name, word in _FACTS if model[name] is not None),
            model.place,
        ]
        yield " · ".join(facts)
        if model["note"]:
            yield f"  {model.text('note')}"
    if one.aliases:
        yield f"  also {', '.join(one.aliases)}"
    if len(one.regions) > 1:
        yield f"  regions {', '.join(one.regions)}"


_FACTS = (
    ("family", "family"),
    ("released", "released"),
    ("retires_on", "retires on"),
    ("cheaper_sibling", "cheaper:"),
    ("prompt_cache_min_tokens", "caches prompts from"),
)


@dataclass(frozen=True)
class _Line:
    """One set of rates with all that leads to it."""

    offer: Named
    period: Named
    window: str | None
    rates: Named


def _all(one: Shown, table: Lookup) -> Iterator[_Line]:
    for offer in sorted(one.offers, key=_order):
        seen = set()
        for _, window, several in table.steps_of(offer):
            if window not in seen:
                seen.add(window)
                for rates in several:
                    yield _Line(offer, table.period_of(offer), window, rates)


def _order(offer: Named) -> tuple[object, ...]:
    tier = offer.text("tier")
    start = offer.when("valid_from")
    return offer["region"], tier != "standard", tier, start is not None, start


def _rows(one: Shown, table: Lookup) -> Iterator[tuple[Cell, ...]]:
    for line in _all(one, table):
        prices = _own(line.rates)
        size = line.rates["min_prompt_tokens"]
        yield (
            one.provider,
            _day(line.offer.when("valid_from")),
            _day(line.offer.when("valid_to")),
            line.offer.text("region"),
            line.offer.text("tier"),
            line.window or "-",
            size if isinstance(size, int) and size else None,
            *(prices.get(name) for name in SHOWN),
            " ".join(f"{name} {price:f}" for name, price in prices.items() if name not in SHOWN)
            or "-",
            _remark(line) or "-",
            line.rates.place,
        )


def _own(rates: Named) -> dict[str, Decimal]:
    """Return the prices that the file states, inherited ones left out."""
    inherited = rates["inherited"]
    taken = inherited if isinstance(inherited, (list, tuple)) else ()
    return {name: price for name, price in stated(rates).items() if name not in taken}


def _remark(line: _Line) -> str:
    seen = line.offer.when("first_seen")
    codes = line.period["ack"]
    acked = ", ".join(codes) if isinstance(codes, (list, tuple)) else ""
    parts = [
        f"first seen {seen:%Y-%m-%d}" if seen else "",
        "scheduled" if line.period["scheduled"] else "",
        line.period.text("discount"),
        f"acknowledged: {acked}" if acked else "",
    ]
    return "; ".join(part for part in parts if part)


def _day(moment: datetime | None) -> str:
    if moment is None:
        return "-"
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _sources(one: Shown, table: Lookup) -> Iterator[str]:
    for line in _all(one, table):
        period = line.period
        if period["source_url"]:
            conflict = f"; {period.text('conflict')}" if period["conflict"] else ""
            known = f"retrieved {period.text('retrieved')}, confidence {period.text('confidence')}"
            yield f"{period.place} {period.text('source_url')}, {known}{conflict}"


def _facts(one: Shown) -> dict[str, object]:
    names = (
        "id",
        "kind",
        "family",
        "released",
        "retires_on",
        "cheaper_sibling",
        "prompt_cache_min_tokens",
        "note",
    )
    return {
        "provider": one.provider,
        "name": one.name,
        "aliases": list(one.aliases),
        "regions": list(one.regions),
        "means": [
            {**{name: model[name] for name in names}, "where": model.place} for model in one.models
        ],
    }


def _plain_rows(one: Shown, table: Lookup) -> Iterator[dict[str, object]]:
    for line in _all(one, table):
        period = line.period
        codes = period["ack"]
        yield {
            "provider": one.provider,
            "name": one.name,
            "model": line.offer["model"],
            "from": line.offer.when("valid_from"),
            "to": line.offer.when("valid_to"),
            "first_seen": line.offer.when("first_seen"),
            "region": line.offer["region"],
            "tier": line.offer["tier"],
            "window": line.window,
            "min_prompt_tokens": line.rates["min_prompt_tokens"],
            "usd_per_1m": _own(line.rates),
            "scheduled": period["scheduled"],
            "discount": period["discount"],
            "ack": list(codes) if isinstance(codes, (list, tuple)) else [],
            "source": {
                name: period[column]
                for name, column in (
                    ("url", "source_url"),
                    ("retrieved", "retrieved"),
                    ("checked", "checked"),
                    ("confidence", "confidence"),
                    ("conflict", "conflict"),
                )
            },
            "where": line.rates.place,
        }
