"""How often a prompt comes again while its answer is still kept."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from costctl.store import Store
from costctl.store.measures_rows import DayTotal, Repeated, day_totals, later_half, repeated

SECOND = 1_000_000
FOREVER = 10**12
TTLS = (300, 3600, 86_400, FOREVER)
"""Seconds shown beside the one asked for."""

CLOCKS = ("sliding", "fixed")
"""A sliding entry lives on from its last use, a fixed one dies a while after it was written."""

DAYS = 7
"""An interval needs so many days, each drawn as one block."""

DRAWS = 1000
SEED = 20_261_123


def hits(times: Sequence[int], ttl: int) -> tuple[list[bool], list[bool]]:
    """Return which uses of one prompt find its answer, sliding and fixed; a repeat exactly at the end does.

    Times ascend and have the unit of `ttl`.
    """
    sliding, fixed = [], []
    last = written = None
    for at in times:
        sliding.append(last is not None and at - last <= ttl)
        alive = written is not None and at - written <= ttl
        fixed.append(alive)
        last = at
        if not alive:
            written = at
    return sliding, fixed


@dataclass
class Sum:
    """Calls and their cost."""

    requests: int = 0
    cost: float = 0.0

    def add(self, cost: float, requests: int = 1) -> None:
        """Add calls."""
        self.requests += requests
        self.cost += cost


Key = tuple[int, str, int]
"""Seconds, clock, group."""


@dataclass
class Repeats:
    """Hits by lifetime, clock and group.

    Attributes:
        ttl: the lifetime asked for, in seconds.
        totals: all calls that can be told apart, by group and day.
        hits: found again.
        later: the same in the later half of the time span.
        later_totals: all calls in it, by group.
        easy: hits at the lifetime asked for that are easy calls as well.
        days: hits at the lifetime asked for, by clock, group and day.
    """

    ttl: int
    totals: list[DayTotal]
    later_totals: Mapping[int, tuple[int, float]]
    hits: dict[Key, Sum] = field(default_factory=lambda: defaultdict(Sum))
    later: dict[Key, Sum] = field(default_factory=lambda: defaultdict(Sum))
    easy: dict[Key, Sum] = field(default_factory=lambda: defaultdict(Sum))
    days: dict[tuple[str, int, int], Sum] = field(default_factory=lambda: defaultdict(Sum))

    def total(self, groups: Sequence[int]) -> Sum:
        """Return all calls of these groups that can be told apart."""
        wanted = [one for one in self.totals if one.group in groups]
        return Sum(sum(one.requests for one in wanted), sum(one.cost for one in wanted))

    def easy_total(self, groups: Sequence[int]) -> Sum:
        """Return the easy ones among them."""
        wanted = [one for one in self.totals if one.group in groups]
        return Sum(sum(one.easy_requests for one in wanted), sum(one.easy_cost for one in wanted))

    def hit(self, ttl: int, clock: str, groups: Sequence[int]) -> Sum:
        """Return the hits of these groups."""
        return _over(self.hits, ttl, clock, groups)

    def easy_hit(self, ttl: int, clock: str, groups: Sequence[int]) -> Sum:
        """Return the hits of these groups that are easy calls."""
        return _over(self.easy, ttl, clock, groups)

    def later_rate(self, ttl: int, clock: str, groups: Sequence[int]) -> float | None:
        """Return the share of the cost in the later half that was found again; None without cost."""
        total = sum(self.later_totals.get(group, (0, 0.0))[1] for group in groups)
        return _over(self.later, ttl, clock, groups).cost / total if total else None

    def interval(self, clock: str, groups: Sequence[int]) -> tuple[float, float] | None:
        """Return where 9 of 10 draws of whole days put the cost-weighted rate; None below a week."""
        days: dict[int, tuple[float, float]] = {}
        for one in self.totals:
            if one.group in groups:
                found = self.days.get((clock, one.group, one.day), Sum())
                hit, total = days.get(one.day, (0.0, 0.0))
                days[one.day] = hit + found.cost, total + one.cost
        return bootstrap(list(days.values())) if len(days) >= DAYS else None


def _over(sums: Mapping[Key, Sum], ttl: int, clock: str, groups: Sequence[int]) -> Sum:
    found = Sum()
    for group in groups:
        one = sums.get((ttl, clock, group))
        if one is not None:
            found.add(one.cost, one.requests)
    return found


def bootstrap(days: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the 5th and the 95th percentile of a ratio of sums over days drawn with replacement."""
    # Only this generator is promised to give the same numbers in every version of Python.
    dice = random.Random(SEED)  # noqa: S311 - draws must repeat, not be secret
    rates = []
    for _ in range(DRAWS):
        drawn = [days[int(dice.random() * len(days))] for _ in days]
        total = sum(whole for _, whole in drawn)
        if total > 0:
            rates.append(sum(part for part, _ in drawn) / total)
    if not rates:
        return None
    rates.sort()
    return rates[int(0.05 * (len(rates) - 1))], rates[int(0.95 * (len(rates) - 1))]


def repeats_of(store: Store, kind: str, ttl: int) -> Repeats:
    """Walk over all repeated prompts once."""
    totals = day_totals(store, kind)
    middle, later_totals = later_half(store, kind)
    found = Repeats(ttl, totals, later_totals)
    for _, calls in groupby(repeated(store, kind), key=lambda call: (call.group, call.key)):
        _count(found, list(calls), middle)
    return found


def _count(found: Repeats, calls: Sequence[Repeated], middle: int) -> None:
    times = [call.at_us for call in calls]
    for ttl in dict.fromkeys((*TTLS, found.ttl)):
        for clock, flags in zip(CLOCKS, hits(times, ttl * SECOND), strict=True):
            for call in _where(calls, flags):
                found.hits[ttl, clock, call.group].add(call.cost)
                if call.at_us > middle:
                    found.later[ttl, clock, call.group].add(call.cost)
                if ttl == found.ttl:
                    found.days[clock, call.group, call.day].add(call.cost)
                    if call.easy:
                        found.easy[ttl, clock, call.group].add(call.cost)


def _where(calls: Sequence[Repeated], flags: Sequence[bool]) -> Iterator[Repeated]:
    return (call for call, hit in zip(calls, flags, strict=True) if hit)
