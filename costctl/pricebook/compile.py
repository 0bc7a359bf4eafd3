"""The price table as plain rows: every name, region and service tier with its stretches of time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.check import warnings_of
from costctl.pricebook.digest import digest
from costctl.pricebook.discounts import Discounts
from costctl.pricebook.facts import Discount, Period, Place, Pointer
from costctl.pricebook.layers import Findings
from costctl.pricebook.price_sets import PriceSet, Step, price_set, service_tiers, uplifts, week
from costctl.pricebook.rates import Rates, TooManyDecimalsError, rates
from costctl.pricebook.tables import (
    PRICE_CLASSES,
    TABLES,
    CompiledBook,
    Row,
)
from costctl.pricebook.timeline import END, START, Stretch, clip, in_turn, opened, pieces

FIXED_TIERS = ("standard", "batch", "flex", "priority", "scale")
"""Provisioned units serve any of these at no cost a token."""

_UNSCOPED: dict[str, Decimal] = {}


@dataclass(frozen=True)
class Offer:
    """A row of `price_book` before it has a name: which price set holds."""

    region: str
    tier: str
    period: int
    first_seen: datetime | None
    tz: str | None
    except_dates: tuple[date, ...]
    basis: str
    model: str


def compile_book(book: Book) -> CompiledBook:
    """Return the rows of every compiled table.

    Errors: `CostctlError` for a rate that needs more than 18 decimals, and for discounts that contradict each other.
    """
    return _Compiler(book).run()


class _Compiler:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.findings = Findings()
        self.rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
        self.variants: dict[object, int] = {}
        self.steps: dict[object, int] = {}
        self.offers: dict[tuple[str, str], list[Stretch[Offer]]] = {}
        self.discounts = Discounts(book.overrides.discounts, self.findings)
        self.periods = 0

    def run(self) -> CompiledBook:
        for _, provider in sorted(self.book.providers.items()):
            self._provider(provider)
        self._overrides()
        self.findings.raise_if_any()
        self._meta()
        warnings = tuple(warnings_of(self.book))
        return CompiledBook({name: tuple(rows) for name, rows in self.rows.items()}, warnings)

    def _provider(self, provider: Provider) -> None:
        days = [
            s.what.source.retrieved
            for entry in provider.entries.values()
            for s in entry.held
            if isinstance(s.what, Period)
        ]
        self.rows["price_providers"].append(
            (
                provider.name,
                provider.names,
                provider.home,
                provider.default_region,
                provider.strip_prefixes,
                max(days, default=None),
                provider.place.file,
            )
        )
        for name in provider.region_names():
            region = provider.regions.get(name)
            prefixes = region.prefixes if region else ()
            self.rows["price_regions"].append(
                (provider.name, name, prefixes, bool(region and region.fixed))
            )
        names = _names_of_models(provider)
        for name, entry in sorted(provider.entries.items()):
            self._name(provider, entry, self._offers(provider, name, names))
            if entry.model:
                self._model(provider, entry)

    def _name(self, provider: Provider, entry: Entry, offers: list[Stretch[Offer]]) -> None:
        regions = tuple(sorted({stretch.what.region for stretch in offers}))
        self.rows["price_names"].append((provider.name, entry.name, entry.layer, regions))
        declared = entry.held
        for stretch in sorted(offers, key=lambda s: (s.what.region, s.what.tier, s.start)):
            offer = stretch.what
            # An undated name stands where the entry does, a pointer or period where that is written.
            place = next(
                (h.what.place for h in declared if h.start <= stretch.start < h.end), entry.place
            )
            self.rows["price_book"].append(
                (
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
                    entry.place.file if entry.model else place.file,
                    entry.place.line if entry.model else place.line,
                )
            )

    def _offers(
        self, provider: Provider, name: str, names: Mapping[str, tuple[str, ...]]
    ) -> list[Stretch[Offer]]:
        """Return what a name offers; a pointer takes what its target offers meanwhile."""
        key = (provider.name, name)
        if key in self.offers:
            return self.offers[key]
        found: list[Stretch[Offer]] = []
        for held in provider.entries[name].held:
            if isinstance(held.what, Pointer):
                behind = clip(self._offers(provider, held.what.to, names), held.start, held.end)
                found += [replace(s, what=_by_alias(s.what)) for s in behind]
            else:
                known = (name, *names.get(name, ()))
                found += self._priced(provider, known, replace(held, what=held.what))
        found += self._fixed(provider, name, found)
        self.offers[key] = found
        return found

    def _priced(
        self, provider: Provider, names: tuple[str, ...], held: Stretch[Period]
    ) -> list[Stretch[Offer]]:
        found: list[Stretch[Offer]] = []
        for region in provider.region_names():
            stated = provider.regions.get(region)
            if stated and stated.fixed:
                continue
            factors = uplifts(provider, region)
            for tier in service_tiers(held.what):
                matching = self.discounts.matching(provider.name, names, region, tier)
                cuts = [edge for s in (*factors, *matching) for edge in (s.start, s.end)]
                for start, end in pieces(held.start, held.end, cuts):
                    prices = price_set(held.what, region, tier, factors, start)
                    if prices:
                        shares, acting = self.discounts.shares(matching, start)
                        offer = self._set(
                            provider, names[0], held.what, region, tier, prices, shares, acting
                        )
                        found.append(Stretch(start, end, offer))
        return found

    def _set(
        self,
        provider: Provider,
        model: str,
        period: Period,
        region: str,
        tier: str,
        prices: PriceSet,
        shares: Mapping[str, Decimal],
        acting: tuple[Discount, ...],
    ) -> Offer:
        self.periods += 1
        source = period.source
        self.rows["price_periods"].append(
            (
                self.periods,
                provider.name,
                model,
                region,
                tier,
                period.start,
                prices.factor,
                "; ".join(_told(discount) for discount in acting) or None,
                period.scheduled and period.confirmed is None,
                source.url,
                source.retrieved,
                source.checked,
                source.confidence,
                source.conflict,
                period.ack,
                period.place.file,
                period.place.line,
            )
        )
        self._steps(self.periods, prices, shares)
        first = period.windows[0] if prices.windows else None
        return Offer(
            region,
            tier,
            self.periods,
            period.first_seen,
            first.tz if first else None,
            first.except_dates if first else (),
            "exact",
            model,
        )

    def _steps(self, period: int, prices: PriceSet, shares: Mapping[str, Decimal]) -> None:
        base = self._variant(prices.base, shares)
        inside = [self._variant(steps, shares) for _, steps in prices.windows]
        windows = tuple(window for window, _ in prices.windows)
        for minute, index in week(windows):
            variant = base if index is None else inside[index]
            name = None if index is None else windows[index].name
            self.rows["price_steps"].append((period, minute, variant, name))

    def _variant(self, steps: tuple[Step, ...], shares: Mapping[str, Decimal]) -> int:
        """Return the number of a set of rates; equal ones from one place are kept once."""
        key = (
            tuple(
                (step.min_prompt_tokens, step.place, tuple(sorted(step.figures.items())))
                for step in steps
            ),
            tuple(sorted(shares.items())),
        )
        if key in self.variants:
            return self.variants[key]
        number = self.variants[key] = len(self.variants) + 1
        for step in steps:
            self._rates(number, step, shares)
        return number

    def _rates(self, variant: int, step: Step, shares: Mapping[str, Decimal]) -> None:
        try:
            net = rates(step.figures, shares)
            full = rates(step.figures, _UNSCOPED) if shares else net
        except TooManyDecimalsError as error:
            self.findings.add(
                step.place, f"{error} USD a token after region and discount: more than 18 decimals"
            )
            return
        self.rows["price_rates"].append(
            _rate_row(variant, step.min_prompt_tokens, net, full, step.place)
        )

    def _fixed(
        self, provider: Provider, name: str, found: list[Stretch[Offer]]
    ) -> list[Stretch[Offer]]:
        """Return the offers at no cost a token of a model's provisioned regions, at any time."""
        regions = [region for region in provider.regions.values() if region.fixed]
        entry = provider.entries[name]
        if not entry.model:
            return []
        tiers = sorted({*FIXED_TIERS, *(s.what.tier for s in found)})
        return [
            Stretch(START, END, self._free(provider, name, region.name, tier, region.place))
            for region in regions
            for tier in tiers
        ]

    def _free(self, provider: Provider, name: str, region: str, tier: str, place: Place) -> Offer:
        key = ("fixed", provider.name, region)
        if key not in self.steps:
            self.periods += 1
            self.steps[key] = self.periods
            nothing = Step(0, dict.fromkeys(PRICE_CLASSES, Decimal(0)), place)
            self.rows["price_steps"].append((self.periods, -1, self._variant((nothing,), {}), None))
            row = (
                self.periods,
                provider.name,
                None,
                region,
                None,
                None,
                None,
                None,
                False,
                None,
                None,
                None,
            )
            self.rows["price_periods"].append((*row, None, None, (), place.file, place.line))
        return Offer(region, tier, self.steps[key], None, None, (), "fixed", name)

    def _model(self, provider: Provider, entry: Entry) -> None:
        model = entry.model
        if model is None:
            return
        siblings = in_turn((pointer.start, None, pointer) for pointer in model.siblings)
        self.rows["price_models"].append(
            (
                provider.name,
                entry.name,
                model.kind or "chat",
                model.family,
                model.released,
                model.retires_on,
                siblings[-1].what.to if siblings else None,
                model.prompt_cache_min_tokens,
                model.note,
                entry.place.file,
                entry.place.line,
            )
        )
        for stretch in siblings:
            place = stretch.what.place
            span = (opened(stretch.start), opened(stretch.end))
            row = (provider.name, entry.name, *span, stretch.what.to, place.file, place.line)
            self.rows["price_siblings"].append(row)

    def _overrides(self) -> None:
        groups: dict[tuple[str, str | None, str], list[Stretch[Row]]] = {}
        for stated in self.book.overrides.deployments:
            key = (stated.provider, stated.resource, stated.deployment)
            groups.setdefault(key, [])
        for key in groups:
            same = [
                d
                for d in self.book.overrides.deployments
                if (d.provider, d.resource, d.deployment) == key
            ]
            for stretch in in_turn((d.start, None, d) for d in same):
                d = stretch.what
                span = (opened(stretch.start), opened(stretch.end))
                self.rows["price_deployments"].append(
                    (*key, *span, d.model, d.region, d.place.file, d.place.line)
                )
        for line in self.book.overrides.fixed:
            money = (line.monthly_usd, line.units, line.usd_per_unit_hour)
            about = (line.kind, line.provider, line.deployment, line.start, line.stop)
            self.rows["price_fixed"].append(
                (*about, *money, line.source, line.place.file, line.place.line)
            )

    def _meta(self) -> None:
        book = self.book
        meta = {
            "version": book.version,
            "sha256": digest(book),
            "known_on": str(book.known_on) if book.known_on else None,
            "default_provider": book.overrides.default_provider,
            "windowed": "yes" if any(row[1] != -1 for row in self.rows["price_steps"]) else None,
            "tiered": "yes" if any(row[1] for row in self.rows["price_rates"]) else None,
        }
        self.rows["price_meta"] = [(key, value) for key, value in meta.items() if value]


def _names_of_models(provider: Provider) -> dict[str, tuple[str, ...]]:
    """Return for each model the names that ever pointed to it, so that a discount can name it by any."""
    found: dict[str, set[str]] = {}
    for name, entry in provider.entries.items():
        for stretch in entry.held:
            if isinstance(stretch.what, Pointer):
                found.setdefault(stretch.what.to, set()).add(name)
    return {target: tuple(sorted(names)) for target, names in found.items()}


def _by_alias(offer: Offer) -> Offer:
    return replace(offer, basis="alias") if offer.basis == "exact" else offer


def _told(discount: Discount) -> str:
    source = f" ({discount.source})" if discount.source else ""
    return f"-{discount.share}{source} {discount.place}"


def _rate_row(variant: int, size: int, net: Rates, full: Rates, place: Place) -> Row:
    return (
        variant,
        size,
        *net.by_class,
        *full.by_class,
        net.inherited,
        dict(net.units),
        dict(full.units),
        place.file,
        place.line,
    )
