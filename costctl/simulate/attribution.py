"""Attribution: what each lever saves alone, in order, last, and in fair shares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import factorial
from random import Random

import polars as pl

from costctl.simulate.bind import Problem
from costctl.simulate.project import Worlds, as_logged, flows_after, parts
from costctl.simulate.worlds import (
    all_on,
    last_in,
    numbers_of,
    standalone,
    subsets,
    waterfall,
    worlds,
)

EXACT_LEVERS = 12
"""Up to so many levers on one group every combination is evaluated."""

SAMPLED_ORDERS = 2_000


@dataclass(frozen=True)
class Saving:
    """What one lever saves, USD a month.

    Attributes:
        standalone: alone.
        waterfall: when it joins the levers before it.
        shapley: its fair share, averaged over all orders.
        last_in: what is lost without it.
        overhead: what it causes itself, fixed costs included, with all levers on.
    """

    standalone: float
    waterfall: float
    shapley: float
    last_in: float
    overhead: float


@dataclass(frozen=True)
class Attribution:
    """The savings of a plan; all figures USD a month.

    Attributes:
        before, after: the bill without and with the plan.
        overhead: what the levers cause themselves; part of `after`.
        levers: name -> saving, in the order in which they apply.
        sampled: the fair shares are an estimate, because too many levers meet on one group.
        groups: the bills of each group without and with the plan, fixed costs left out.
    """

    before: float
    after: float
    overhead: float
    levers: Mapping[str, Saving]
    sampled: bool = False
    groups: tuple[tuple[float, float], ...] = ()

    @property
    def combined(self) -> float:
        """Return what the plan saves."""
        return self.before - self.after

    @property
    def naive_sum(self) -> float:
        """Return the sum of what each lever saves alone: no saving that anybody gets."""
        return sum(saving.standalone for saving in self.levers.values())

    @property
    def interaction(self) -> float:
        """Return by how much the levers get in each other's way (negative) or help each other."""
        return self.combined - self.naive_sum


def attribute(problem: Problem, *, seed: int = 0) -> Attribution:
    """Return the four columns of a plan, everything at its modes.

    The bill is a sum over groups, so only the levers that meet on a group are combined with each other, and
    what they save alone, in order and last stands in the same table of combinations.
    """
    names = [planned.name for planned in problem.planned]
    sums = {name: _Sums() for name in names}
    before = after = 0.0
    sampled = False
    for here in _meetings(problem):
        own = [planned.name for planned in here.planned]
        exact = len(own) <= EXACT_LEVERS
        costs = _exact(here, own, sums) if exact else _sampled(here, own, sums, seed)
        sampled = sampled or not exact
        before, after = before + costs[0], after + costs[1]
    for name, fixed in _fixed(problem).items():
        sums[name].less(fixed)
        after += fixed
    overheads, groups = _settled(problem)
    return Attribution(
        before=before,
        after=after,
        overhead=sum(overheads.values()),
        levers={
            name: Saving(
                sums[name].standalone,
                sums[name].waterfall,
                sums[name].shapley,
                sums[name].last_in,
                overheads[name],
            )
            for name in names
        },
        sampled=sampled,
        groups=groups,
    )


@dataclass
class _Sums:
    """The savings of a lever while groups are added."""

    standalone: float = 0.0
    waterfall: float = 0.0
    shapley: float = 0.0
    last_in: float = 0.0

    def less(self, usd: float) -> None:
        """Take a fixed cost off every saving."""
        self.standalone -= usd
        self.waterfall -= usd
        self.shapley -= usd
        self.last_in -= usd


def _meetings(problem: Problem) -> Iterator[Problem]:
    """Yield the plan over the groups of each signature, with the levers that meet there."""
    for (signature,), usage in problem.usage.group_by("signature", maintain_order=True):
        settings = tuple(s for s in problem.settings if signature in s.signatures)
        names = {s.name for s in settings}
        planned = tuple(p for p in problem.planned if p.name in names)
        yield replace(problem, usage=usage, settings=settings, planned=planned)


def _exact(here: Problem, names: list[str], sums: Mapping[str, _Sums]) -> tuple[float, float]:
    """Add what all combinations tell; return the bills with none and with all levers on."""
    count = len(names)
    cost = _costs(here, worlds(here, subsets(names)))
    whole = (1 << count) - 1
    for i, name in enumerate(names):
        bit = 1 << i
        without, joined, weight = _steps(count, i)
        own = sums[name]
        own.standalone += cost[0] - cost[bit]
        own.waterfall += cost[bit - 1] - cost[bit * 2 - 1]
        own.last_in += cost[whole ^ bit] - cost[whole]
        own.shapley += float(((cost.gather(without) - cost.gather(joined)) * weight).sum())
    return cost[0], cost[whole]


@lru_cache(maxsize=EXACT_LEVERS * EXACT_LEVERS)
def _steps(count: int, lever: int) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return the combinations that a lever may join, what they then are, and how many orders begin so."""
    masks = pl.select(mask=pl.int_range(1 << count, dtype=pl.UInt32))["mask"]
    without = masks.filter((masks & (1 << lever)) == 0)
    orders = factorial(count)
    weight = [factorial(size) * factorial(count - size - 1) / orders for size in range(count)]
    return without, without + (1 << lever), pl.Series(weight).gather(without.bitwise_count_ones())


def _sampled(
    here: Problem, names: list[str], sums: Mapping[str, _Sums], seed: int
) -> tuple[float, float]:
    """Add the same where combinations are too many; fair shares are averaged over orders drawn at random."""
    count = len(names)
    switches = [*waterfall(names), *standalone(names), *last_in(names)]
    cost = _costs(here, worlds(here, switches)).to_list()
    fair = _drawn(here, names, Random(seed))  # noqa: S311 - no secret
    for i, name in enumerate(names):
        own = sums[name]
        own.standalone += cost[0] - cost[count + 1 + i]
        own.waterfall += cost[i] - cost[i + 1]
        own.last_in += cost[2 * count + 1 + i] - cost[count]
        own.shapley += fair[name]
    return cost[0], cost[count]


def _drawn(problem: Problem, names: list[str], random: Random) -> dict[str, float]:
    """Return the average over orders drawn at random."""
    orders = [_shuffled(names, random) for _ in range(SAMPLED_ORDERS)]
    switches = [frozenset(order[:size]) for order in orders for size in range(len(names) + 1)]
    distinct = {names_on: row for row, names_on in enumerate(dict.fromkeys(switches))}
    cost = _costs(problem, worlds(problem, list(distinct))).to_list()
    shares = dict.fromkeys(names, 0.0)
    for order in orders:
        on: frozenset[str] = frozenset()
        for name in order:
            more = on | {name}
            shares[name] += (cost[distinct[on]] - cost[distinct[more]]) / SAMPLED_ORDERS
            on = more
    return shares


def _shuffled(names: list[str], random: Random) -> list[str]:
    """Return a random order, made of `random()` alone: only that is the same in every Python."""
    keyed = [(random.random(), name) for name in names]
    return [name for _, name in sorted(keyed)]


def _costs(problem: Problem, frame: Worlds) -> pl.Series:
    """Return the bill of each world without fixed costs."""
    total = pl.repeat(0.0, frame.frame.height, eager=True)
    for part in parts(problem.usage, problem.prices, frame):
        total = total + part.by_world(part.cost_usd)
    return total


def _fixed(problem: Problem) -> dict[str, float]:
    return {
        planned.name: numbers_of(planned)["fixed_usd"].mode
        for planned in problem.planned
        if problem.acts_on[planned.name]
    }


def _settled(problem: Problem) -> tuple[dict[str, float], tuple[tuple[float, float], ...]]:
    """Return what each lever causes itself with all levers on, and the bill of each group before and after."""
    flows = flows_after(problem.usage, problem.prices, worlds(problem, [all_on(problem)]))
    caused = dict.fromkeys((planned.name for planned in problem.planned), 0.0) | _fixed(problem)
    before = [0.0] * len(problem.logged)
    after = list(before)
    for group, usd in as_logged(problem.usage, problem.prices).iter_rows():
        before[group] = usd
    for group, lever, usd in flows.select("group", "lever", "cost_usd").iter_rows():
        after[group] += usd
        if lever:
            caused[lever] += usd
    return caused, tuple(zip(before, after, strict=True))
