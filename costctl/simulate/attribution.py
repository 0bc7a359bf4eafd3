"""Attribution: what each lever saves alone, in order, last, and in fair shares."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import factorial
from random import Random

import polars as pl

from costctl.simulate.bind import Problem
from costctl.simulate.project import Worlds, bills, flows_after, parts
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
    """

    before: float
    after: float
    overhead: float
    levers: Mapping[str, Saving]
    sampled: bool = False

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
    """Return the four columns of a plan, everything at its modes."""
    names = [planned.name for planned in problem.planned]
    count = len(names)
    switches = [*waterfall(names), *standalone(names), *last_in(names)]
    found = bills(problem.usage, problem.prices, worlds(problem, switches))
    bill = found["cost_usd"].to_list()
    before, after = bill[0], bill[count]
    fair, sampled = shapley(problem, seed=seed)
    overheads = _overheads(problem)
    return Attribution(
        before=before,
        after=after,
        overhead=found["overhead_usd"].to_list()[count],
        levers={
            name: Saving(
                standalone=before - bill[count + 1 + i],
                waterfall=bill[i] - bill[i + 1],
                shapley=fair[name],
                last_in=bill[2 * count + 1 + i] - after,
                overhead=overheads[name],
            )
            for i, name in enumerate(names)
        },
        sampled=sampled,
    )


def shapley(problem: Problem, *, seed: int = 0) -> tuple[dict[str, float], bool]:
    """Return the fair share of each lever, and whether it had to be sampled.

    The bill is a sum over groups, so only the levers that meet on a group are combined with each other.
    """
    shares = {planned.name: 0.0 for planned in problem.planned}
    sampled = False
    for signature in sorted(problem.usage["signature"].unique().to_list()):
        names = [s.name for s in problem.settings if signature in s.signatures]
        if not names:
            continue
        usage = problem.usage.filter(pl.col("signature") == signature)
        here = replace(problem, usage=usage)
        if len(names) <= EXACT_LEVERS:
            found = _exact(here, names)
        else:
            found, sampled = _sampled(here, names, Random(seed)), True  # noqa: S311 - no secret
        for name, share in found.items():
            shares[name] += share
    for name, fixed in _fixed(problem).items():
        shares[name] -= fixed
    return shares, sampled


def _exact(problem: Problem, names: list[str]) -> dict[str, float]:
    count = len(names)
    cost = _costs(problem, worlds(problem, subsets(names)))
    orders = factorial(count)
    weight = [factorial(size) * factorial(count - size - 1) / orders for size in range(count)]
    found = pl.DataFrame({"mask": pl.int_range(1 << count, eager=True), "cost": cost})
    sizes = found.with_columns(size=pl.col("mask").bitwise_count_ones().cast(pl.UInt32))
    shares = {}
    for i, name in enumerate(names):
        has = (pl.col("mask") & (1 << i)) != 0
        without, having = sizes.filter(~has), sizes.filter(has)
        gain = without["cost"] - having["cost"]
        shares[name] = float((gain * pl.Series(weight).gather(without["size"])).sum())
    return shares


def _sampled(problem: Problem, names: list[str], random: Random) -> dict[str, float]:
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


def _overheads(problem: Problem) -> dict[str, float]:
    """Return what each lever causes itself with all levers on."""
    flows = flows_after(problem.usage, problem.prices, worlds(problem, [all_on(problem)]))
    caused = dict.fromkeys((planned.name for planned in problem.planned), 0.0) | _fixed(problem)
    for lever, cost in flows.filter(pl.col("lever") != "").select("lever", "cost_usd").iter_rows():
        caused[lever] += cost
    return caused
