"""Questions about a plan as frames of worlds."""

from collections.abc import Mapping, Sequence

import polars as pl

from costctl.levers import LEVERS
from costctl.simulate.bind import Problem
from costctl.simulate.plan import PlannedLever, Range
from costctl.simulate.project import Worlds, bills

Switches = Sequence[frozenset[str]]
"""For each world the names of the levers that are on."""


def numbers_of(planned: PlannedLever) -> dict[str, Range]:
    """Return every number of a lever: as planned, else its default, else what is known by evidence."""
    found = {}
    for name, param in LEVERS[planned.lever].all_params().items():
        if name in planned.params:
            found[name] = planned.params[name]
        elif param.default is not None:
            found[name] = Range.point(param.default)
        elif param.evidence:
            known = param.evidence
            found[name] = Range(known.low, known.mode, known.high)
        else:
            found[name] = Range.point(param.neutral)
    return found


def worlds(
    problem: Problem,
    switches: Switches,
    changed: Mapping[str, Sequence[float] | pl.Series] | None = None,
) -> Worlds:
    """Return a world per set of switches: every number at its mode, except the changed columns."""
    columns: dict[str, pl.Series] = {}
    for planned in problem.planned:
        on = [planned.name in names for names in switches]
        columns[f"{planned.name}.on"] = pl.Series(on, dtype=pl.Boolean)
        for name, number in numbers_of(planned).items():
            columns[f"{planned.name}.{name}"] = pl.repeat(number.mode, len(on), eager=True)
    for name, values in (changed or {}).items():
        columns[name] = pl.Series(name, values, dtype=pl.Float64)
    if not columns:
        columns["none"] = pl.repeat(0.0, len(switches), eager=True)
    return Worlds(problem.settings, pl.DataFrame(columns))


def all_on(problem: Problem) -> frozenset[str]:
    """Return the switches of the whole plan."""
    return frozenset(planned.name for planned in problem.planned)


def standalone(names: Sequence[str]) -> Switches:
    """Switch on one lever per world."""
    return [frozenset({name}) for name in names]


def last_in(names: Sequence[str]) -> Switches:
    """Switch on all levers but one per world."""
    return [frozenset(names) - {name} for name in names]


def waterfall(names: Sequence[str]) -> Switches:
    """Switch on none, then the first, the first two, and so on."""
    return [frozenset(names[:count]) for count in range(len(names) + 1)]


def subsets(names: Sequence[str]) -> Switches:
    """Switch on every combination: world number m has lever i on where bit i of m is set."""
    count = len(names)
    return [
        frozenset(names[i] for i in range(count) if mask >> i & 1) for mask in range(1 << count)
    ]


def bill(problem: Problem, frame: Worlds) -> list[float]:
    """Return the whole bill of each world."""
    return bills(problem.usage, problem.prices, frame)["cost_usd"].to_list()
