"""A simulation from beginning to end: a plan over what a store answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from costctl.errors import CostctlError
from costctl.simulate.attribution import Attribution, attribute
from costctl.simulate.basis import Basis
from costctl.simulate.bind import Problem, bind
from costctl.simulate.commitment import units_of
from costctl.simulate.describe import lines_of
from costctl.simulate.goal_seek import reach
from costctl.simulate.idle import unmet_of
from costctl.simulate.inputs import Inputs, Source, inputs_of, logged_of
from costctl.simulate.outcome import Band, GroupLine, Outcome, Target, Units
from costctl.simulate.plan import Plan, PlannedLever, matches
from costctl.simulate.rows import in_order, row_facts
from costctl.simulate.uncertainty import DRAWS, SEED, Uncertainty, simulate_draws
from costctl.simulate.worlds import all_on, bill, numbers_of, worlds
from costctl.table import Warn

ORDER_ROWS = 200_000
"""Up to so many rows the range of a flat route is looked up without being asked for."""


@dataclass(frozen=True)
class Options:
    """How a simulation is run.

    Attributes:
        by: dimensions of the groups shown.
        draws: worlds of an uncertainty run; 0: none.
        distribution: triangular or pert.
        confidence: 0.5 or 0.9: which percentile of the bill is judged.
    """

    by: tuple[str, ...] = ("endpoint", "model")
    draws: int = DRAWS
    seed: int = SEED
    distribution: str = "triangular"
    confidence: float = 0.5


def simulate(plan: Plan, source: Source, basis: Basis, options: Options | None = None) -> Outcome:
    """Return what the plan makes of the bill.

    Errors: `CostctlError` for a flag that selects nothing, and for an overhead without a price.
    """
    options = options or Options()
    prepared = prepare(plan, source, basis)
    if prepared is None:
        nothing = Attribution(0.0, 0.0, 0.0, {})
        return Outcome(plan.name, basis, nothing, (), options.by, (), priced=False)
    problem, inputs = prepared.problem, prepared.inputs
    found = attribute(problem, seed=options.seed)
    prices_on = basis.prices_at.date()
    lines, warnings = lines_of(problem, found, inputs.facts, prepared.remarks, prices_on)
    wanted = plan.target_usd
    units = units_of(problem, source, basis, plan.provisioned) if plan.provisioned else None
    less = units.monthly_saving if units else 0.0
    spread = simulate_draws(
        problem,
        draws=options.draws,
        seed=options.seed,
        distribution=options.distribution,
        target=None if wanted is None else float(wanted),
        less=less,
    )
    return Outcome(
        plan.name,
        basis,
        found,
        lines,
        options.by,
        _groups(problem, found, options.by),
        _target(
            problem, wanted, found.after - less, spread, confidence=options.confidence, less=less
        ),
        spread,
        tuple(_bands(problem, found.after - less)),
        units=units,
        route_orders=_route_orders(plan, source, inputs, less),
        warnings=(*warnings, *_unsold(plan, units)),
    )


def _unsold(plan: Plan, units: Units | None) -> Iterator[Warn]:
    if plan.provisioned and units is None:
        yield Warn("not_applicable", "ptu does nothing: no usage matches its selector")


@dataclass(frozen=True, eq=False)
class Prepared:
    """A plan bound to what a store answered.

    Attributes:
        remarks: name of a lever -> where an average had to do.
    """

    problem: Problem
    inputs: Inputs
    remarks: dict[str, str]


def prepare(plan: Plan, source: Source, basis: Basis) -> Prepared | None:
    """Return the plan over the usage; None where no usage has a price."""
    _refuse_empty_selectors(plan.levers, source)
    if all(group.repriced_usd is None for group in source.groups):
        return None
    inputs = inputs_of(source, plan.levers, basis.scale, basis.prices_at.date())
    rows, remarks = row_facts(plan.levers, inputs, source)
    problem = bind(inputs.usage, inputs.prices, plan.levers, rows)
    return Prepared(problem, inputs, remarks)


def _refuse_empty_selectors(levers: Sequence[PlannedLever], source: Source) -> None:
    """Refuse a flag that selects nothing: a typing slip; a scenario may outlive its data."""
    logged = [logged_of(group, source.dims) for group in source.groups]
    for lever in levers:
        if lever.flag and lever.where and not any(matches(lever.where, g) for g in logged):
            raise CostctlError(
                f"{lever.flag}: no usage has {unmet_of(lever.where, logged)}",
                hint="`costctl breakdown` lists endpoints and models",
                code="no_match",
            )


def _groups(problem: Problem, found: Attribution, by: Sequence[str]) -> tuple[GroupLine, ...]:
    bills: dict[tuple[object, ...], tuple[float, float]] = {}
    for logged, (before, after) in zip(problem.logged, found.groups, strict=True):
        key = tuple(logged.get(name) for name in by)
        held = bills.get(key, (0.0, 0.0))
        bills[key] = held[0] + before, held[1] + after
    lines = [GroupLine(key, before, after) for key, (before, after) in bills.items()]
    return tuple(sorted(lines, key=lambda line: (-line.before, str(line.key))))


def _target(
    problem: Problem,
    wanted: Decimal | None,
    after: float,
    spread: Uncertainty | None,
    *,
    confidence: float,
    less: float,
) -> Target | None:
    if wanted is None:
        return None
    judged, statistic = after, "point"
    if spread is not None:
        high = confidence > 0.5  # noqa: PLR2004 - the median
        statistic = "p90" if high else "p50"
        judged = spread.independent.p90 if high else spread.independent.p50
    return Target(wanted, judged, statistic, reach(problem, float(wanted), less=less))


def _bands(problem: Problem, after: float) -> Iterator[Band]:
    """Yield how far the bill depends on whether cached and routed calls are the same ones."""
    for cache in problem.planned:
        for route in problem.planned:
            shared = set(problem.acts_on[cache.name]) & set(problem.acts_on[route.name])
            if cache.lever == "response_cache" and route.lever == "route" and shared:
                yield from _band(problem, cache, route, sorted(shared), after)


def _band(
    problem: Problem,
    cache: PlannedLever,
    route: PlannedLever,
    shared: Sequence[int],
    after: float,
) -> Iterator[Band]:
    """Yield the band of two levers; the routed fraction is what it is among the misses."""
    numbers = numbers_of(cache)
    hit = numbers["hit"].mode * numbers["eligible"].mode
    share = numbers_of(route)["fraction"].mode
    if hit >= 1 or not hit or not share:
        return
    joint = (min(hit, share), hit * share, max(0.0, hit + share - 1))
    fractions = [(share - both) / (1 - hit) for both in joint]
    here = replace(problem, usage=problem.usage.filter(pl.col("group").is_in(list(shared))))
    frame = worlds(here, [all_on(problem)] * 3, {f"{route.name}.fraction": fractions})
    nested, middle, disjoint = bill(here, frame)
    yield Band((cache.name, route.name), after + nested - middle, after, after + disjoint - middle)


def _route_orders(
    plan: Plan, source: Source, inputs: Inputs, less: float
) -> tuple[float, float] | None:
    """Return the bill if the routed calls are the cheapest ones, and the dearest ones."""
    flat = [p for p in plan.levers if p.lever == "route" and p.order == "flat"]
    few = sum(group.rows for group in inputs.groups) <= ORDER_ROWS
    known = few and any(group.row_level for group in inputs.groups)
    if not flat or not known:
        return None
    found = []
    for order in ("cheapest", "dearest"):
        levers = in_order(plan.levers, order)
        rows, _ = row_facts(levers, inputs, source)
        problem = bind(inputs.usage, inputs.prices, levers, rows)
        found.append(bill(problem, worlds(problem, [all_on(problem)]))[0] - less)
    return found[0], found[1]
