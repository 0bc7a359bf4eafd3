"""Where the money went."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from costctl.errors import CostctlError, nearest
from costctl.reports._breakdown_columns import PERCENTILES, Figure, percentile_cells
from costctl.reports._breakdown_columns import figures as figures_of
from costctl.reports._breakdown_result import result
from costctl.reports._breakdown_words import head, notes, warnings
from costctl.reports._sums import added
from costctl.reports.insights import Insights
from costctl.table import Cell, Column, Kind, Report, Table
from costctl.vocabulary import Query, Spent

if TYPE_CHECKING:
    from costctl.store.rollup import Facts, FixedLine, Percentiles

OTHER = "other"


class Asked(NamedTuple):
    """What a breakdown shows.

    Attributes:
        query: dimensions, scope and price options.
        top: only so many rows, the rest as one row; None for all.
        sort: name of a column, and whether the smallest comes first; None: by cost, largest first.
        insights: what stands out; see `costctl.reports.insights`.
    """

    query: Query
    top: int | None = None
    sort: tuple[str, bool] | None = None
    insights: Insights = Insights()


def breakdown_report(
    spent: Sequence[Spent],
    facts: "Facts",
    asked: Asked,
    percentiles: "Mapping[tuple[object, ...], Percentiles] | None" = None,
) -> Report:
    """Return the cost of each group, their sum, and what has no price."""
    total = added(spent)
    figures = figures_of(total, facts)
    shown, rest = _picked(spent, asked, figures, total)
    columns, rows = _table_rows(shown, asked.query, figures, total, percentiles)
    if rest:
        rows = (*rows, _row(_as_other(rest, asked.query), figures, total, columns))
    sums = tuple(
        figure.column.name
        for figure in figures
        if figure.column.kind is Kind.USD and not figure.column.name.startswith("logged_minus")
    )
    last = ("total", *("" for _ in asked.query.by[1:])) if asked.query.by else ()
    table = Table(
        name="breakdown",
        title="",
        columns=columns,
        rows=rows,
        total=_row(replace(total, key=last), figures, total, columns),
        notes=notes(total, facts),
        sums=sums,
    )
    return Report(
        name="breakdown",
        tables=(table, *_fixed_tables(facts.fixed_lines)),
        result=result(shown, rest, asked.query, facts, percentiles),
        head=head(asked.query),
        foot=asked.insights.lines,
        try_next=asked.insights.command,
        warnings=tuple(warnings(total, facts)),
    )


def _picked(
    spent: Sequence[Spent], asked: Asked, figures: Sequence[Figure], total: Spent
) -> tuple[list[Spent], list[Spent]]:
    """Return the rows to show in their order, and those that become the last one."""
    ordered = list(spent)
    if asked.sort:
        name, ascending = asked.sort
        ordered = _sorted(
            ordered, _sort_value(name, asked.query, figures, total), ascending=ascending
        )
    if asked.top is None or len(ordered) <= asked.top:
        return ordered, []
    return ordered[: asked.top], ordered[asked.top :]


def _sorted(spent: list[Spent], value: Callable[[Spent], Cell], *, ascending: bool) -> list[Spent]:
    """Return rows by a value, those without one last, ties by the dimensions."""
    by_key = sorted(spent, key=lambda one: tuple((part is None, str(part)) for part in one.key))
    known = [one for one in by_key if value(one) is not None]
    known.sort(key=value, reverse=not ascending)  # type: ignore[arg-type]  # one column, one type
    return known + [one for one in by_key if value(one) is None]


def _sort_value(
    name: str, query: Query, figures: Sequence[Figure], total: Spent
) -> Callable[[Spent], Cell]:
    if name in query.by:
        place = query.by.index(name)
        return lambda one: None if one.key[place] is None else str(one.key[place])
    for figure in figures:
        if name in {figure.column.name, figure.column.title}:
            return lambda one: figure.value(one, total)
    known = [*query.by, *(figure.column.name for figure in figures)]
    raise CostctlError(
        f"--sort: no column {name!r}{nearest(name, known)}", f"columns: {', '.join(known)}"
    )


def _table_rows(
    spent: Sequence[Spent],
    query: Query,
    figures: Sequence[Figure],
    total: Spent,
    percentiles: "Mapping[tuple[object, ...], Percentiles] | None",
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    columns = (
        *(Column(name, name, Kind.NAME if name == "model" else Kind.TEXT) for name in query.by),
        *(figure.column for figure in figures),
        *(PERCENTILES if percentiles is not None else ()),
    )
    rows = []
    for one in spent:
        cells = [*_labels(one), *(figure.value(one, total) for figure in figures)]
        if percentiles is not None:
            cells += percentile_cells(percentiles.get(one.key))
        rows.append(tuple(cells))
    return columns, tuple(rows)


def _labels(spent: Spent) -> list[Cell]:
    return [None if part is None else str(part) for part in spent.key]


def _row(
    spent: Spent, figures: Sequence[Figure], total: Spent, columns: Sequence[Column]
) -> tuple[Cell, ...]:
    cells = [*_labels(spent), *(figure.value(spent, total) for figure in figures)]
    return tuple(cells + [None] * (len(columns) - len(cells)))


def _as_other(rest: Sequence[Spent], query: Query) -> Spent:
    name = f"{OTHER} ({len(rest):,})"
    return replace(added(rest), key=(name, *("" for _ in query.by[1:])) if query.by else ())


def _fixed_tables(lines: "Sequence[FixedLine]") -> tuple[Table, ...]:
    if not lines:
        return ()
    columns = (
        Column("line", "fixed line", Kind.TEXT),
        Column("from", "from", Kind.TIME),
        Column("to", "to", Kind.TIME),
        Column("amount_usd", "amount", Kind.USD),
    )
    rows = tuple((line.title, line.since, line.until, line.amount_usd) for line in lines)
    note = "fixed lines are in no row and not in the total"
    return (Table("fixed_lines", "Fixed lines", columns, rows, notes=(note,)),)
