"""Where two price tables differ at a moment: another table of ours, or a public one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from costctl.pricebook.lookup import Ask, Found, Lookup, Named, holds, price_per_million, stated
from costctl.pricebook.names import Listed, Names
from costctl.pricebook.tables import CompiledBook
from costctl.pricebook.upstream import Offered, OfferedTable, PriceKey

DIFFERS = "differs"
INHERITED = "inherited"
MISSING_FIGURE = "missing_figure"
MISSING_MODEL = "missing_model"
GONE = "gone"


@dataclass(frozen=True)
class Difference:
    """One figure that two tables do not share.

    Attributes:
        kind: differs; inherited (ours takes the price of another class); missing_figure and missing_model (only
            the other table has it); gone (only ours has it).
        ours, theirs: per million; None where a table has none.
        where: file and line of ours.
        logged: what a public table calls the model.
    """

    kind: str
    provider: str
    model: str
    region: str
    tier: str
    min_prompt_tokens: int
    price_class: str
    ours: Decimal | None
    theirs: Decimal | None
    where: str = ""
    window: str | None = None
    logged: str = ""

    @property
    def ratio(self) -> Decimal | None:
        """Return theirs over ours."""
        return self.theirs / self.ours if self.ours and self.theirs is not None else None


@dataclass(frozen=True)
class Matched:
    """A model of a public table and the name that we list it under; None where we do not."""

    offered: Offered
    name: str | None
    region: str
    listed: Listed


@dataclass(frozen=True)
class Compared:
    """What a comparison found.

    Attributes:
        differences: one for each figure.
        figures: how many both tables have.
        models: how many models both have.
        skipped: what was left out of the other table.
    """

    differences: tuple[Difference, ...]
    figures: int
    models: int
    skipped: tuple[str, ...] = ()


def matches(names: Names, table: OfferedTable) -> Iterator[Matched]:
    """Yield each model of a public table with the name that the stated rewrites lead to."""
    for offered in table.models:
        listed = names.providers.get(offered.provider)
        if listed is None:
            continue
        hit = listed.find(offered.name)
        region = (hit[1] if hit else None) or listed.default_region
        yield Matched(offered, hit[0] if hit else None, region, listed)


def against_public(compiled: CompiledBook, table: OfferedTable, at: datetime) -> Compared:
    """Compare the compiled table with a public one."""
    names, lookup = Names.of(compiled.rows), Lookup(compiled)
    differences: list[Difference] = []
    figures, models = 0, 0
    for match in matches(names, table):
        models += match.name is not None
        for found in _figures(lookup, match, at):
            if found.ours == found.theirs:
                figures += 1
            else:
                figures += found.kind in {DIFFERS, INHERITED}
                differences.append(found)
    return Compared(tuple(differences), figures, models, table.skipped)


def _figures(lookup: Lookup, match: Matched, at: datetime) -> Iterator[Difference]:
    offered = match.offered
    for key, prices in offered.prices.items():
        found = _ours(lookup, match, key, offered.moment(key, at))
        ours = list_prices(found.rates) if found else {}
        where = found.rates.place if found else ""
        for name, theirs in prices.items():
            yield Difference(
                kind=MISSING_MODEL if match.name is None else _kind(found, key, name),
                provider=offered.provider,
                model=match.name or offered.name,
                region=match.region,
                tier=key.tier,
                min_prompt_tokens=key.min_prompt_tokens,
                price_class=name,
                ours=ours.get(name),
                theirs=theirs,
                where=where,
                window=key.window,
                logged=offered.name,
            )


def _kind(found: Found | None, key: PriceKey, name: str) -> str:
    """Return how our figure of a class came about; a prompt size that is no step of ours has its own price."""
    if found is None or name not in list_prices(found.rates):
        return MISSING_FIGURE
    inherited = found.rates["inherited"]
    own_step = found.rates["min_prompt_tokens"] == key.min_prompt_tokens
    taken = isinstance(inherited, (list, tuple)) and name in inherited
    return INHERITED if taken and own_step else DIFFERS


def _ours(lookup: Lookup, match: Matched, key: PriceKey, at: datetime) -> Found | None:
    if match.name is None:
        return None
    ask = Ask(match.offered.provider, match.name, match.region, key.tier, at, key.min_prompt_tokens)
    found = lookup.find(ask)
    return found if isinstance(found, Found) else None


def list_prices(rates: Named) -> dict[str, Decimal]:
    """Return prices per million before discounts, inherited ones filled in."""
    net = stated(rates)
    full = {name: rates.rate(f"list_{name}") for name in net if f"list_{name}" in rates.columns}
    units = rates["list_units"]
    full |= {str(name): rate for name, rate in units.items()} if isinstance(units, dict) else {}
    return {name: price_per_million(rate) for name, rate in full.items() if rate is not None}


_Slot = tuple[str, str, str, str, int, str | None, str]


def against_book(ours: CompiledBook, theirs: CompiledBook, at: datetime) -> Compared:
    """Compare two compiled tables, net of discounts."""
    left, right = _all(ours, at), _all(theirs, at)
    known = {slot[:2] for slot in left}
    differences = []
    for slot in sorted(left.keys() | right.keys(), key=str):
        mine, other = left.get(slot), right.get(slot)
        if mine is not None and other is not None and mine[0] == other[0]:
            continue
        kind = DIFFERS if mine and other else GONE if mine else MISSING_FIGURE
        if kind == MISSING_FIGURE and slot[:2] not in known:
            kind = MISSING_MODEL
        provider, model, region, tier, size, window, name = slot
        differences.append(
            Difference(
                kind=kind,
                provider=provider,
                model=model,
                region=region,
                tier=tier,
                min_prompt_tokens=size,
                price_class=name,
                ours=mine[0] if mine else None,
                theirs=other[0] if other else None,
                where=(mine or other or (None, ""))[1],
                window=window,
            )
        )
    models = {slot[:2] for slot in left} & {slot[:2] for slot in right}
    return Compared(tuple(differences), len(left.keys() & right.keys()), len(models))


def _all(compiled: CompiledBook, at: datetime) -> dict[_Slot, tuple[Decimal, str]]:
    """Return every figure in force at a moment with its place; inherited ones are no figures."""
    lookup = Lookup(compiled)
    found: dict[_Slot, tuple[Decimal, str]] = {}
    for provider, name, *_ in compiled.rows["price_names"]:
        for row in lookup.offers(str(provider), str(name)):
            if not holds(row, at) or row["basis"] == "fixed":
                continue
            key = (str(provider), str(name), row.text("region"), row.text("tier"))
            for _, window, several in lookup.steps_of(row):
                for rates in several:
                    size = rates["min_prompt_tokens"]
                    inherited = rates["inherited"]
                    for price_class, price in stated(rates).items():
                        if isinstance(inherited, (list, tuple)) and price_class in inherited:
                            continue
                        slot = (*key, size if isinstance(size, int) else 0, window, price_class)
                        found[slot] = (price, rates.place)
    return found
