"""How often a prompt comes again while its answer is still kept."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from costctl.store import Store, measures_rows
from costctl.store.measures_rows import SECOND, DayTotal, Found, Linked

FOREVER = 10**12
TTLS = (300, 3600, 86_400, FOREVER)
"""Seconds shown beside the one asked for."""

CLOCKS = ("sliding", "fixed")
"""A sliding entry lives on from its last use, a fixed one dies a while after it was written."""

DAYS = 7
"""An interval needs so many days, each drawn as one block."""

DRAWS = 1000
SEED = 20_261_123


@dataclass
class Sum:
    """Calls, their prompt tokens and cost; those in the later half of the time span; and the cost of easy ones.

    Attributes:
        days: calls and their cost by day.
    """

    requests: int = 0
    prompt: int = 0
    cost: float = 0.0
    later: int = 0
    later_cost: float = 0.0
    easy_cost: float = 0.0
    days: dict[int, tuple[int, float]] = field(default_factory=dict)

    def add(self, one: "DayTotal | Found | Sum") -> None:
        """Add the calls of a day, or another sum."""
        self.requests += one.requests
        self.prompt += one.prompt
        self.cost += one.cost
        self.later += one.later
        self.later_cost += one.later_cost
        self.easy_cost += one.easy_cost
        days = one.days if isinstance(one, Sum) else {one.day: (one.requests, one.cost)}
        for day, (requests, cost) in days.items():
            had = self.days.get(day, (0, 0.0))
            self.days[day] = (had[0] + requests, had[1] + cost)

    def drop(self, call: Linked) -> None:
        """Take a call out again."""
        self.requests -= 1
        self.prompt -= call.prompt
        self.cost = max(0.0, self.cost - call.cost)
        requests, cost = self.days[call.day]
        self.days[call.day] = (requests - 1, max(0.0, cost - call.cost))
        if call.later:
            self.later -= 1
            self.later_cost = max(0.0, self.later_cost - call.cost)
        if call.easy:
            self.easy_cost = max(0.0, self.easy_cost - call.cost)


Key = tuple[int, str, int]
"""Seconds, clock, group."""


@dataclass(frozen=True)
class Repeats:
    """Calls whose prompt was answered before, by lifetime, clock and group.

    Attributes:
        ttl: the lifetime asked for, in seconds.
        totals: all calls that can be told apart, by group.
        hits: those that find an answer.
    """

    ttl: int
    totals: Mapping[int, Sum]
    hits: Mapping[Key, Sum]

    def total(self, groups: Iterable[int]) -> Sum:
        """Return all calls of these groups that can be told apart."""
        return _together(self.totals.get(group) for group in groups)

    def hit(self, ttl: int, clock: str, groups: Iterable[int]) -> Sum:
        """Return the hits of these groups."""
        return _together(self.hits.get((ttl, clock, group)) for group in groups)

    def interval(self, clock: str, groups: Sequence[int]) -> tuple[float, float] | None:
        """Return where 9 of 10 draws of whole days put the cost-weighted rate; None below a week."""
        hit = self.hit(self.ttl, clock, groups).days
        days = self.total(groups).days
        if len(days) < DAYS:
            return None
        return bootstrap([(hit.get(day, (0, 0.0))[1], cost) for day, (_, cost) in days.items()])


def _together(sums: Iterable[Sum | None]) -> Sum:
    found = Sum()
    for one in sums:
        if one is not None:
            found.add(one)
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
    """Count the calls that a cache would answer; a repeat exactly at the end of a lifetime is answered."""
    measures_rows.load(store, kind)
    totals: dict[int, Sum] = defaultdict(Sum)
    for one in measures_rows.day_totals(store):
        totals[one.group].add(one)
    hits: dict[Key, Sum] = defaultdict(Sum)
    found_again = measures_rows.sliding(store, list(dict.fromkeys((*TTLS, ttl)))) if totals else []
    for found in found_again:
        for clock in CLOCKS:
            hits[found.ttl, clock, found.group].add(found)
    # What nobody finds again cannot have died before, and nothing ever dies in an endless cache.
    for limit in dict.fromkeys(found.ttl for found in found_again if found.ttl < FOREVER):
        for call in _expired(measures_rows.chains(store, limit), limit * SECOND):
            hits[limit, "fixed", call.group].drop(call)
    return Repeats(ttl, totals, hits)


def _expired(calls: Iterable[Linked], life: int) -> Iterator[Linked]:
    """Yield the calls of each chain that come too long after the answer was written, and write it anew."""
    chain = written = -1
    for call in calls:
        if call.chain != chain:
            chain, written = call.chain, call.at_us
        elif call.at_us - written > life:
            written = call.at_us
            yield call
