"""Sweep: the bill over a grid of one or two numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from costctl.errors import CostctlError, nearest
from costctl.levers import LEVERS
from costctl.simulate.bind import Problem
from costctl.simulate.plan import PlannedLever
from costctl.simulate.settings import Place, read_number
from costctl.simulate.worlds import all_on, bill, worlds

MOST_POINTS = 100_000
HINT = "write LEVER.PARAMETER=LOW:HIGH:COUNT, such as route.fraction=0:0.8:9"


@dataclass(frozen=True)
class Axis:
    """Values of one number, evenly spread from the first to the last.

    Attributes:
        column: `NAME.PARAMETER`.
    """

    column: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Grid:
    """The bill at every combination of values.

    Attributes:
        before: the bill without levers.
        points: values of the axes -> bill, the last axis running fastest.
    """

    axes: tuple[Axis, ...]
    before: float
    points: tuple[tuple[tuple[float, ...], float], ...]


def read_axes(texts: Sequence[str], planned: Sequence[PlannedLever]) -> tuple[Axis, ...]:
    """Read what to vary."""
    if not 1 <= len(texts) <= 2:  # noqa: PLR2004 - a plane is what people can read
        raise CostctlError("one or two parameters can be swept", hint=HINT)
    axes = tuple(_axis(text, planned) for text in texts)
    if len({axis.column for axis in axes}) < len(axes):
        raise CostctlError(f"{axes[0].column} is swept twice", hint=HINT)
    if prod(len(axis.values) for axis in axes) > MOST_POINTS:
        raise CostctlError(f"more than {MOST_POINTS:,} points", hint="ask for fewer values")
    return axes


def _axis(text: str, planned: Sequence[PlannedLever]) -> Axis:
    column, _, numbers = text.rpartition("=")
    known = {
        f"{p.name}.{param}": LEVERS[p.lever].param(param)
        for p in planned
        for param in LEVERS[p.lever].all_params()
    }
    if column not in known:
        raise CostctlError(
            f"{column or text!r} is no parameter of this plan{nearest(column, known)}",
            hint=f"known: {', '.join(sorted(known))}" if known else "add levers to sweep over",
        )
    fields = numbers.split(":")
    if len(fields) != 3 or not fields[2].isascii() or not fields[2].isdigit():  # noqa: PLR2004 - LOW:HIGH:COUNT
        raise CostctlError(f"{text!r} is no range of values", hint=HINT)
    place = Place(column)
    low, high = (read_number(field, known[column], place, signed=True) for field in fields[:2])
    count = int(fields[2])
    if count < 2 or low >= high:  # noqa: PLR2004 - both ends
        raise CostctlError(f"{text!r} is no range of at least two values", hint=HINT)
    if count > MOST_POINTS:
        raise CostctlError(f"more than {MOST_POINTS:,} points", hint="ask for fewer values")
    step = (high - low) / (count - 1)
    return Axis(column, (*(low + step * i for i in range(count - 1)), high))


def sweep(problem: Problem, axes: Sequence[Axis]) -> Grid:
    """Return the bill over the grid, all other numbers at their modes."""
    places = list(product(*(axis.values for axis in axes)))
    columns = {axis.column: [place[i] for place in places] for i, axis in enumerate(axes)}
    found = bill(problem, worlds(problem, [all_on(problem)] * len(places), columns))
    before = bill(problem, worlds(problem, [frozenset()]))[0]
    return Grid(tuple(axes), before, tuple(zip(places, found, strict=True)))
