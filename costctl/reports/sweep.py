"""The bill over a grid of settings."""

from collections.abc import Sequence
from decimal import Decimal

from costctl.simulate.sweep import Axis, Grid
from costctl.table import Cell, Column, Kind, Report, Table
from costctl.words import counted

BAR = 40
"""Width of the longest bar."""


def sweep_report(grid: Grid, target: Decimal | None) -> Report:
    """Return the points, a plot of them, and where the target is met."""
    tables = [_points(grid, target)]
    if len(grid.axes) > 1:
        tables.append(_plane(grid))
    return Report(
        name="sweep",
        tables=tuple(tables),
        result=_result(grid, target),
        foot=(_verdict(grid, target),),
    )


def _points(grid: Grid, target: Decimal | None) -> Table:
    wanted = () if target is None else (Column("met", "Target", Kind.STATUS),)
    most = max((usd for _, usd in grid.points), default=0.0)
    plot = (Column("plot", "", Kind.TEXT),) if len(grid.axes) == 1 else ()
    rows: list[tuple[Cell, ...]] = []
    for place, usd in grid.points:
        met = () if target is None else (_met(usd, target),)
        bar = (_bar(usd, most),) if plot else ()
        rows.append((*place, usd, grid.before - usd, *met, *bar))
    return Table(
        name="points",
        title="Projected bill a month",
        columns=(
            *(Column(axis.column, axis.column, Kind.NUMBER) for axis in grid.axes),
            Column("after_usd", "Bill after", Kind.USD),
            Column("saving_usd", "Saved", Kind.USD),
            *wanted,
            *plot,
        ),
        rows=tuple(rows),
    )


def _met(usd: float, target: Decimal) -> str:
    return "PASS" if usd <= float(target) else "FAIL"


def _bar(usd: float, most: float) -> str:
    """Return a bar whose length is the bill; a negative bill has none."""
    return "#" * round(BAR * max(0.0, usd) / most) if most > 0 else ""


def _plane(grid: Grid) -> Table:
    """Return the bill with one parameter down and the other across."""
    down, across = grid.axes
    width = len(across.values)
    bills = [usd for _, usd in grid.points]
    return Table(
        name="plane",
        title=f"{down.column} down, {across.column} across",
        columns=(
            Column("value", down.column, Kind.NUMBER),
            *(Column(_name(value), _name(value), Kind.USD) for value in across.values),
        ),
        rows=tuple(
            (value, *bills[row * width : (row + 1) * width])
            for row, value in enumerate(down.values)
        ),
    )


def _name(value: float) -> str:
    return f"{value:.4g}"


def _verdict(grid: Grid, target: Decimal | None) -> str:
    place, usd = min(grid.points, key=lambda point: point[1])
    lowest = f"Lowest projected bill ${usd:,.2f} at {_said(grid.axes, place)}"
    if target is None:
        return f"{lowest}."
    met = sum(usd <= float(target) for _, usd in grid.points)
    points = counted(len(grid.points), "point meets", "points meet")
    return f"{lowest}; {met} of {points} the target of ${target:,.2f}."


def _said(axes: Sequence[Axis], place: Sequence[float]) -> str:
    return ", ".join(f"{axis.column} {value:.4g}" for axis, value in zip(axes, place, strict=True))


def _result(grid: Grid, target: Decimal | None) -> dict[str, object]:
    return {
        "parameters": [axis.column for axis in grid.axes],
        "before_usd": grid.before,
        "target_usd": target,
        "points": [
            {"values": list(place), "after_usd": usd, "saving_usd": grid.before - usd}
            for place, usd in grid.points
        ],
    }
