"""Models with the prices in force, and what is known of the table as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costctl.pricebook.lookup import Found, Named, price_per_million, stated
from costctl.table import Column, Kind, Report, Table
from costctl.words import counted

SHOWN = ("input", "output", "cache_read")

COLUMNS = (
    Column("provider", "Provider", Kind.TEXT),
    Column("model", "Model", Kind.NAME),
    Column("kind", "Kind", Kind.TEXT, wide_only=True),
    Column("input", "Input $/1M", Kind.NUMBER),
    Column("output", "Output $/1M", Kind.NUMBER),
    Column("cache_read", "Cached $/1M", Kind.NUMBER),
    Column("tiers", "Tiers", Kind.TEXT, wide_only=True),
    Column("retires_on", "Retires on", Kind.TEXT),
    Column("source_age_days", "Source age, days", Kind.COUNT),
    Column("where", "Where", Kind.TEXT, wide_only=True),
)


@dataclass(frozen=True)
class Listed:
    """A model with its price in force.

    Attributes:
        name: the model, or an alias; `means` is the model behind it.
        model: facts of the model.
        found: the standard price in the provider's default region; None where there is none at the moment.
        tiers: service tiers with a price at the moment.
    """

    name: str
    means: str
    model: Named
    found: Found | None
    tiers: tuple[str, ...]


def list_report(listed: Sequence[Listed], today: date, shown_at: str) -> Report:
    """Return one row a model."""
    rows = tuple(_row(one, today) for one in listed)
    title = f"{counted(len(listed), 'model')}, standard prices at {shown_at} in each provider's default region"
    return Report(
        name="pricing-list",
        tables=(Table("models", title, COLUMNS, rows),),
        result={"at": shown_at, "rows": [_plain(one, today) for one in listed]},
    )


def _row(one: Listed, today: date) -> tuple[str | int | Decimal | None, ...]:
    name = one.name if one.name == one.means else f"{one.name} → {one.means}"
    return (
        one.model.text("provider"),
        name,
        one.model.text("kind"),
        *(_price(one, price_class) for price_class in SHOWN),
        ", ".join(one.tiers),
        one.model.text("retires_on") or "-",
        _age(one, today),
        one.model.place,
    )


def _price(one: Listed, price_class: str) -> Decimal | None:
    """Return a price of the model's own; an inherited one is no price of it."""
    if one.found is None or price_class in _inherited(one.found):
        return None
    rate = one.found.rates.rate(price_class)
    return None if rate is None else price_per_million(rate)


def _inherited(found: Found) -> tuple[str, ...]:
    inherited = found.rates["inherited"]
    return tuple(inherited) if isinstance(inherited, (list, tuple)) else ()


def _age(one: Listed, today: date) -> int | None:
    period = one.found.period if one.found else None
    seen = (period["checked"] or period["retrieved"]) if period else None
    return (today - seen).days if isinstance(seen, date) else None


def _plain(one: Listed, today: date) -> dict[str, object]:
    inherited = _inherited(one.found) if one.found else ()
    prices = stated(one.found.rates) if one.found else {}
    return {
        "provider": one.model["provider"],
        "model": one.name,
        "means": one.means,
        "kind": one.model["kind"],
        "family": one.model["family"],
        "usd_per_1m": {name: price for name, price in prices.items() if name not in inherited},
        "tiers": list(one.tiers),
        "region": one.found.book["region"] if one.found else None,
        "released": one.model["released"],
        "retires_on": one.model["retires_on"],
        "cheaper_sibling": one.model["cheaper_sibling"],
        "source_age_days": _age(one, today),
        "where": one.model.place,
    }


@dataclass(frozen=True)
class Digest:
    """What identifies a table.

    Attributes:
        providers: name, models, names and the newest day on which a source was read.
    """

    version: str
    sha256: str
    providers: tuple[tuple[str, int, int, date | None], ...]
    price_sets: int
    known_on: str | None = None


def digest_report(digest: Digest) -> Report:
    """Return version, digest and counts, one row a provider."""
    columns = (
        Column("provider", "Provider", Kind.TEXT),
        Column("models", "Models", Kind.COUNT),
        Column("names", "Names", Kind.COUNT),
        Column("retrieved", "Newest source", Kind.TEXT),
    )
    rows = tuple(
        (name, models, names, str(day) if day else "-")
        for name, models, names, day in digest.providers
    )
    total = (
        "all",
        sum(row[1] for row in digest.providers),
        sum(row[2] for row in digest.providers),
        "",
    )
    known = [f"as known on {digest.known_on}"] if digest.known_on else []
    return Report(
        name="pricing-digest",
        tables=(Table("providers", "", columns, rows, total),),
        result={
            "version": digest.version,
            "sha256": digest.sha256,
            "known_on": digest.known_on,
            "price_sets": digest.price_sets,
            "rows": [
                {"provider": name, "models": models, "names": names, "retrieved": day}
                for name, models, names, day in digest.providers
            ],
        },
        head=(f"table {digest.version} sha256 {digest.sha256}", *known),
    )
