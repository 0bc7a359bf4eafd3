"""Goal-seek: what it takes to reach a target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from costctl.levers import LEVERS, Param, Unit
from costctl.simulate.bind import Problem
from costctl.simulate.least_risk import LeastRisk, risk_front
from costctl.simulate.worlds import all_on, bill, numbers_of, worlds

STRAIGHT = 1e-9
"""How far the middle may be off the line between two bills before it is no line."""

GRID = 1_024
ROUNDS = 3
"""So many points a round, so many rounds: a billionth of the range.

A round has a price of its own, so few large ones are faster than many small ones."""
SIZE_LIMIT = 10_000.0
"""Largest count that is tried where a number is not bounded by nature."""


@dataclass(frozen=True)
class BreakEven:
    """The value of one number at which the bill equals the target.

    Attributes:
        value: None where the number changes nothing.
        feasible: the value is one that the number can have.
        verdict: in words: needed, not needed, not enough alone, no effect.
    """

    value: float | None
    feasible: bool
    verdict: str


@dataclass(frozen=True)
class Reach:
    """How far a plan reaches towards a target.

    Attributes:
        break_even: `NAME.PARAMETER` -> where the bill meets the target.
        least_risk: None where no combination of levels reaches it.
        best: the lowest bill of all combinations.
        front: (risk points, bill): every step at which more risk buys a lower bill.
        theta: share of every lever's highest setting that reaches it; None where all of it does not.
        complete: every combination was looked at.
    """

    break_even: Mapping[str, BreakEven]
    least_risk: LeastRisk | None
    best: LeastRisk
    front: tuple[tuple[int, float], ...]
    theta: float | None
    complete: bool = True


def reach(problem: Problem, target: float, *, less: float = 0.0) -> Reach:
    """Return what it takes to reach the target; `less` is what comes off every bill after the levers."""
    found, complete = risk_front(problem)
    steps = [replace(step, after=step.after - less) for step in found]
    columns = [f"{p.name}.{LEVERS[p.lever].primary}" for p in problem.planned]
    return Reach(
        break_evens(problem, columns, target + less),
        next((step for step in steps if step.after <= target), None),
        steps[-1],
        tuple((step.points, step.after) for step in steps),
        theta(problem, target + less),
        complete,
    )


def break_even(problem: Problem, column: str, target: float) -> BreakEven:
    """Return the value of one number at which the bill equals the target, all else at its modes."""
    return break_evens(problem, [column], target)[column]


def break_evens(problem: Problem, columns: Sequence[str], target: float) -> dict[str, BreakEven]:
    """Return for each number the value at which the bill equals the target.

    The bill is a straight line in most numbers, so 0 and 1 decide; one half shows whether it is.
    """
    count = 3 * len(columns)
    on = [all_on(problem)] * count
    base = worlds(problem, [all_on(problem)]).frame
    values = {column: [float(base[column][0])] * count for column in columns}
    for i, column in enumerate(columns):
        values[column][3 * i : 3 * i + 3] = [0.0, 0.5, 1.0]
    bills_at = bill(problem, worlds(problem, on, values))
    return {
        column: _solved(problem, column, target, bills_at[3 * i : 3 * i + 3])
        for i, column in enumerate(columns)
    }


def _solved(problem: Problem, column: str, target: float, at: Sequence[float]) -> BreakEven:
    param = _param(problem, column)
    zero, half, one = at
    middle = (zero + one) / 2
    if not param.affine or abs(half - middle) > STRAIGHT * max(1.0, abs(middle)):
        return _bisected(problem, column, target, param)
    slope = one - zero
    if abs(slope) <= 1e-12 * max(1.0, abs(zero)):
        return BreakEven(None, feasible=False, verdict="no effect")
    value = (target - zero) / slope
    return BreakEven(value, _valid(value, param), _verdict(value, param, slope))


def _param(problem: Problem, column: str) -> Param:
    name, _, number = column.rpartition(".")
    planned = next(p for p in problem.planned if p.name == name)
    return LEVERS[planned.lever].param(number)


def _bill_at(problem: Problem, column: str, values: Sequence[float]) -> list[float]:
    on = [all_on(problem)] * len(values)
    return bill(problem, worlds(problem, on, {column: values}))


def _bounds(param: Param) -> tuple[float, float]:
    if param.unit is Unit.SIZE:
        return 1.0, SIZE_LIMIT
    if param.unit in {Unit.SHARE, Unit.SAVED}:
        return 0.0, 1.0
    return 0.0, SIZE_LIMIT


def _valid(value: float, param: Param) -> bool:
    if param.unit is Unit.SHARE:
        return 0 <= value <= 1
    if param.unit is Unit.SAVED:
        return value <= 1
    return value >= (1 if param.unit is Unit.SIZE else 0)


def _verdict(value: float, param: Param, slope: float) -> str:
    if slope < 0 and value <= param.neutral:
        return "not needed"
    return "needed" if _valid(value, param) else "not enough alone"


def _bisected(problem: Problem, column: str, target: float, param: Param) -> BreakEven:
    """Close in on the first crossing with a grid a round; a threshold may make it a jump."""
    low, high = _bounds(param)
    for _ in range(ROUNDS):
        step = (high - low) / GRID
        values = [low + step * i for i in range(GRID + 1)]
        found = _bill_at(problem, column, values)
        over = [cost > target for cost in found]
        crossing = next((i for i in range(GRID) if over[i] != over[i + 1]), None)
        if crossing is None:
            enough = not over[0]
            verdict = "not needed" if enough else "not enough alone"
            return BreakEven(None, feasible=False, verdict=verdict)
        low, high = values[crossing], values[crossing + 1]
    return BreakEven(high, feasible=True, verdict="needed")


def theta(problem: Problem, target: float) -> float | None:
    """Return the share of every lever's highest setting that reaches the target together."""
    low, high = 0.0, 1.0
    for _ in range(ROUNDS):
        step = (high - low) / GRID
        values = [low + step * i for i in range(GRID + 1)]
        changed = {}
        for planned in problem.planned:
            lever = LEVERS[planned.lever]
            neutral, top = lever.params[lever.primary].neutral, numbers_of(planned)[lever.primary]
            changed[f"{planned.name}.{lever.primary}"] = [
                neutral + (top.high - neutral) * value for value in values
            ]
        found = bill(problem, worlds(problem, [all_on(problem)] * len(values), changed))
        first = next((i for i, cost in enumerate(found) if cost <= target), None)
        if first is None:
            return None
        if first == 0:
            return values[0]
        low, high = values[first - 1], values[first]
    return high
