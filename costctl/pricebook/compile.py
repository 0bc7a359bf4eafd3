"""The price table as plain rows: every name, region and service tier with its stretches of time."""

from collections.abc import Mapping
from dataclasses import replace

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.check import warnings_of
from costctl.pricebook.compile_facts import fact_rows, fixed_rows, model_rows
from costctl.pricebook.compile_sets import Offer, PriceSets, SetKey
from costctl.pricebook.digest import digest
from costctl.pricebook.discounts import Discounts
from costctl.pricebook.facts import Period, Pointer
from costctl.pricebook.layers import Findings
from costctl.pricebook.price_sets import price_set, service_tiers, uplifts
from costctl.pricebook.tables import TABLES, CompiledBook, Row
from costctl.pricebook.timeline import END, START, Stretch, clip, opened, pieces

FIXED_TIERS = ("standard", "batch", "flex", "priority", "scale")
"""Provisioned units serve any of these at no cost a token."""


def compile_book(book: Book) -> CompiledBook:
    """Return the rows of every compiled table.

    Errors: `CostctlError` for a rate that needs more than 18 decimals, and for discounts that contradict each other.
    """
    findings = Findings()
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    sets = PriceSets(findings)
    discounts = Discounts(book.overrides.discounts, findings)
    for name, found in (*fact_rows(book), *fixed_rows(book.overrides), *model_rows(book)):
        rows[name].append(found)
    for _, provider in sorted(book.providers.items()):
        offers = _Offers(provider, sets, discounts)
        for name, entry in sorted(provider.entries.items()):
            held = offers.of(name)
            regions = tuple(sorted({stretch.what.region for stretch in held}))
            rows["price_names"].append((provider.name, name, entry.layer, regions))
            rows["price_book"] += [_book_row(provider, entry, stretch) for stretch in held]
    findings.raise_if_any()
    for name, several in sets.rows.items():
        rows[name] += several
    rows["price_meta"] = _meta(book, sets)
    warnings = tuple(warnings_of(book, of_user=True))
    return CompiledBook({name: tuple(several) for name, several in rows.items()}, warnings)


def _book_row(provider: Provider, entry: Entry, stretch: Stretch[Offer]) -> Row:
    offer = stretch.what
    # A priced model stands where its entry does, a moved name where its pointer is written.
    held = next((h.what for h in entry.held if h.start <= stretch.start < h.end), None)
    place = held.place if isinstance(held, Pointer) else entry.place
    return (
        provider.name,
        entry.name,
        offer.region,
        offer.tier,
        opened(stretch.start),
        opened(stretch.end),
        offer.first_seen,
        offer.period,
        offer.tz is not None,
        offer.tz,
        offer.except_dates,
        offer.basis,
        offer.model,
        place.file,
        place.line,
    )


class _Offers:
    """What each name of a provider offers, over time."""

    def __init__(self, provider: Provider, sets: PriceSets, discounts: Discounts) -> None:
        self.provider = provider
        self.sets = sets
        self.discounts = discounts
        self.aliases = _aliases(provider)
        self.known: dict[str, list[Stretch[Offer]]] = {}

    def of(self, name: str) -> list[Stretch[Offer]]:
        """Return the offers of a name; a pointer takes what its target offers meanwhile."""
        if name not in self.known:
            found: list[Stretch[Offer]] = []
            for held in self.provider.entries[name].held:
                if isinstance(held.what, Pointer):
                    behind = clip(self.of(held.what.to), held.start, held.end)
                    found += [replace(s, what=_by_alias(s.what)) for s in behind]
                else:
                    found += self._priced(name, Stretch(held.start, held.end, held.what))
            found += self._fixed(name, found)
            self.known[name] = sorted(found, key=_order)
        return self.known[name]

    def _priced(self, name: str, held: Stretch[Period]) -> list[Stretch[Offer]]:
        found: list[Stretch[Offer]] = []
        for region in self.provider.region_names():
            stated = self.provider.regions.get(region)
            if stated is None or not stated.fixed:
                for tier in service_tiers(held.what):
                    found += self._in_region(name, held, region, tier)
        return found

    def _in_region(
        self, name: str, held: Stretch[Period], region: str, tier: str
    ) -> list[Stretch[Offer]]:
        """Return the price sets of a period, cut where a factor or a discount changes."""
        factors = uplifts(self.provider, region)
        names = (name, *self.aliases.get(name, ()))
        matching = self.discounts.matching(self.provider.name, names, region, tier)
        cuts = [*(edge for f in factors for edge in (f.start, f.end))]
        cuts += [edge for d in matching for edge in (d.start, d.end)]
        found = []
        for start, end in pieces(held.start, held.end, cuts):
            prices = price_set(held.what, region, tier, factors, start)
            if prices:
                shares, acting = self.discounts.shares(matching, start)
                key = SetKey(self.provider.name, name, region, tier)
                found.append(
                    Stretch(start, end, self.sets.add(key, held.what, prices, shares, acting))
                )
        return found

    def _fixed(self, name: str, found: list[Stretch[Offer]]) -> list[Stretch[Offer]]:
        """Return the offers at no cost a token of a model's provisioned regions, at any time."""
        if not self.provider.entries[name].model:
            return []
        tiers = sorted({*FIXED_TIERS, *(s.what.tier for s in found)})
        return [
            Stretch(
                START,
                END,
                self.sets.free(SetKey(self.provider.name, name, region.name, tier), region.place),
            )
            for region in self.provider.regions.values()
            for tier in tiers
            if region.fixed
        ]


def _order(stretch: Stretch[Offer]) -> tuple[object, ...]:
    return stretch.what.region, stretch.what.tier, stretch.start


def _aliases(provider: Provider) -> Mapping[str, tuple[str, ...]]:
    """Return for each model the names that ever pointed to it, so that a discount can name it by any."""
    found: dict[str, set[str]] = {}
    for name, entry in provider.entries.items():
        for stretch in entry.held:
            if isinstance(stretch.what, Pointer):
                found.setdefault(stretch.what.to, set()).add(name)
    return {target: tuple(sorted(names)) for target, names in found.items()}


def _by_alias(offer: Offer) -> Offer:
    return replace(offer, basis="alias") if offer.basis == "exact" else offer


def _meta(book: Book, sets: PriceSets) -> list[Row]:
    meta = {
        "version": book.version,
        "sha256": digest(book),
        "known_on": str(book.known_on) if book.known_on else None,
        "default_provider": book.overrides.default_provider,
        "windowed": "yes" if sets.windowed else None,
        "tiered": "yes" if sets.tiered else None,
    }
    return [(key, value) for key, value in meta.items() if value]
