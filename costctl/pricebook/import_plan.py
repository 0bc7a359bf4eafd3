"""What an import of a public table would do: decided model by model, closed periods left alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.compare_tables import (
    DIFFERS,
    Compared,
    Difference,
    Matched,
    against_public,
    matches,
)
from costctl.pricebook.facts import Blocks, Period
from costctl.pricebook.names import Names
from costctl.pricebook.price_sets import uplifts
from costctl.pricebook.price_text import PeriodText, Prices
from costctl.pricebook.tables import CompiledBook
from costctl.pricebook.timeline import at as held_at
from costctl.pricebook.upstream import Offered, OfferedTable, PriceKey

NEW_PERIOD = "new period"
ADDED = "added"
CHECKED = "checked"
NEW_MODEL = "new model"
BY_HAND = "by hand"


@dataclass(frozen=True)
class Decision:
    """What happens to one model.

    Attributes:
        action: one of the words above.
        model: its id, existing or new.
        offered: what the public table says.
        differences: figures that differ or that we lack.
        why: for BY_HAND, the reason.
        entry, open_period: what we have; None for a new model.
        period: what is written, for NEW_PERIOD and NEW_MODEL.
        aliases: exact names of a new model.
    """

    action: str
    provider: str
    model: str
    offered: Offered
    differences: tuple[Difference, ...] = ()
    why: str = ""
    entry: Entry | None = None
    open_period: Period | None = None
    period: PeriodText | None = None
    aliases: tuple[str, ...] = ()


@dataclass
class Planner:
    """Decides for each model of a public table."""

    book: Book
    compiled: CompiledBook
    table: OfferedTable
    day: date
    acks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def decisions(self) -> Iterator[Decision]:
        """Yield one decision for each model that the table and our providers share, and for each new one."""
        names = Names.of(self.compiled.rows)
        moment = datetime(self.day.year, self.day.month, self.day.day)  # noqa: DTZ001 - UTC by definition
        differences = _by_model(against_public(self.compiled, self.table, moment))
        for match in matches(names, self.table):
            found = differences.get((match.offered.provider, match.offered.name), ())
            decision = self._known(match, found, moment) if match.name else self._new(match, found)
            if decision:
                yield decision

    def _known(
        self, match: Matched, differences: tuple[Difference, ...], moment: datetime
    ) -> Decision | None:
        offered, name = match.offered, str(match.name)
        provider = self.book.providers[offered.provider]
        entry = provider.entries[name]
        period = held_at(entry.held, moment)
        decided = Decision(BY_HAND, offered.provider, name, offered, differences, entry=entry)
        if not isinstance(period, Period) or (offered.provider, name) in self.seen:
            # An alias says nothing about its model, and the same model twice nothing new.
            why = "a name for another model, or the second for this one"
            return _by_hand(decided, why) if differences else None
        if match.region != provider.default_region:
            why = f"a figure of region {match.region}"
            return _by_hand(decided, why) if differences else None
        self.seen.add((offered.provider, name))
        why = self._unwritable(entry, period, provider, offered) or _has_factor(
            provider, period, moment
        )
        if why:
            return _by_hand(decided, why) if differences else None
        return self._written(decided, period)

    def _unwritable(
        self, entry: Entry, period: Period, provider: Provider, offered: Offered
    ) -> str:
        """Return why a period cannot be followed by a new one, or an empty text."""
        file = provider.place.file
        if (
            entry.place.file != file
            or period.place.file != file
            or entry.place.line > period.place.line
        ):
            return "its prices stand elsewhere"
        if period.stop is not None:
            return "its period is closed"
        if period.windows and offered.window is None:
            return "it has day windows, the other table none"
        if any(region.prices.service_tiers for region in period.regions.values()):
            return "it states figures of regions"
        return ""

    def _written(self, decided: Decision, period: Period) -> Decision | None:
        offered, differences = decided.offered, decided.differences
        moved = any(d.kind == DIFFERS or d.window for d in differences)
        if not differences and period.source.confirmed >= self.day:
            return None
        if moved and period.start and period.start.date() >= self.day:
            return _by_hand(decided, f"its period begins on {period.start:%Y-%m-%d}")
        action = NEW_PERIOD if moved else ADDED if differences else CHECKED
        text = None
        if moved:
            text = PeriodText(
                start=max(self.day, offered.start)
                if offered.start and offered.start > self.day
                else self.day,
                prices=_laid_over(_prices_of(period), offered.prices),
                url=self.table.url,
                retrieved=self.day,
                window=offered if offered.window else None,
                regions={n: r.uplift for n, r in period.regions.items() if r.uplift is not None},
                ack=self.acks.get(decided.model, ()),
            )
        return Decision(
            action,
            decided.provider,
            decided.model,
            offered,
            differences,
            entry=decided.entry,
            open_period=period,
            period=text,
        )

    def _new(self, match: Matched, differences: tuple[Difference, ...]) -> Decision | None:
        offered, listed = match.offered, match.listed
        name = listed.plain(offered.name)
        decided = Decision(BY_HAND, offered.provider, name, offered, differences)
        if listed.has_region_prefix(name) or "/" in name:
            return _by_hand(decided, "a path or a region's name, not a model's")
        if (offered.provider, name) in self.seen:
            return _by_hand(decided, "the second name for this new model")
        self.seen.add((offered.provider, name))
        aliases = [alias for alias in offered.aliases if (offered.provider, alias) not in self.seen]
        taken = [alias for alias in aliases if listed.find(alias)]
        if taken:
            return _by_hand(decided, f"its name {taken[0]} means another model here")
        self.seen.update((offered.provider, alias) for alias in aliases)
        text = PeriodText(
            start=offered.start,
            first_seen=None if offered.start else self.day,
            prices=offered.prices,
            url=self.table.url,
            retrieved=self.day,
            window=offered if offered.window else None,
            ack=self.acks.get(name, ()),
        )
        return Decision(
            NEW_MODEL,
            offered.provider,
            name,
            offered,
            differences,
            period=text,
            aliases=tuple(aliases),
        )


def _has_factor(provider: Provider, period: Period, moment: datetime) -> str:
    """Return why a figure of the default region is no list price, or an empty text."""
    region = provider.default_region
    stated = period.regions.get(region)
    own = stated.uplift if stated and stated.uplift else held_at(uplifts(provider, region), moment)
    return "" if own == 1 else f"a factor holds in {region}, so its figures are no list prices"


def _by_model(compared: Compared) -> dict[tuple[str, str], tuple[Difference, ...]]:
    found: dict[tuple[str, str], tuple[Difference, ...]] = {}
    for difference in compared.differences:
        key = (difference.provider, difference.logged)
        found[key] = (*found.get(key, ()), difference)
    return found


def _by_hand(decided: Decision, why: str) -> Decision:
    return Decision(
        BY_HAND, decided.provider, decided.model, decided.offered, decided.differences, why
    )


def _prices_of(period: Period) -> dict[PriceKey, Mapping[str, Decimal]]:
    """Return what a period states outside its windows and regions."""
    prices: Blocks = period.prices
    return {
        PriceKey(tier, size): block.figures
        for tier in sorted(prices.service_tiers, key=lambda tier: (tier != "standard", tier))
        for size, block in prices.steps(tier)
    }


def _laid_over(ours: Prices, theirs: Prices) -> Prices:
    """Return our figures with theirs on top, set by set."""
    keys = [*ours, *(key for key in theirs if key not in ours)]
    return {key: {**ours.get(key, {}), **theirs.get(key, {})} for key in keys}
