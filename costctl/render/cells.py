"""What a cell looks like to a person, and what it looks like to a machine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from costctl.render.numbers import DECIMALS, Number, cents, decimal_of, exact, rounded, significant
from costctl.render.style import clean
from costctl.table import Cell, Column, Kind, Table

NOTHING = {Kind.TEXT: "(none)", Kind.NAME: "(unknown)", Kind.STATUS: ""}
TEXTS = frozenset(NOTHING)
SIGNS = {"USD": "$"}


class Drawn(NamedTuple):
    """A table whose cells are text.

    Attributes:
        columns: as in the table.
        rows: one text per column.
        total: the last row, or None.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None


def is_text(column: Column) -> bool:
    """Return whether cells are read from the left and may be folded."""
    return column.kind in TEXTS


def drawn(table: Table, currency: str, dash: str = "-") -> Drawn:
    """Return the table as people read it, every number rounded once."""
    rounded_rows = _allocated(table)
    draw = _Drawer(SIGNS.get(currency, ""), dash)
    rows = tuple(draw.row(_columns(table, number), row) for number, row in enumerate(rounded_rows))
    total = draw.row(table.columns, _total(table), missing="") if table.total is not None else None
    return Drawn(table.columns, rows, total)


def _columns(table: Table, row: int) -> tuple[Column, ...]:
    """Return the columns as they are in one row, whose cells may have kinds of their own."""
    if not table.kinds:
        return table.columns
    return tuple(
        replace(column, kind=table.kinds.get((row, index), column.kind))
        for index, column in enumerate(table.columns)
    )


def legend(columns: Iterable[Column]) -> str:
    """Return what these columns mean, as far as that must be said."""
    return " ".join(f"{column.title}: {column.about}." for column in columns if column.about)


def machine(value: Cell | date, kind: Kind) -> str:
    """Return a cell for machines: complete, unrounded, empty where unknown."""
    if value is None:
        return NOTHING.get(kind, "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return exact(value)
    if isinstance(value, date):
        return stamp(value)
    return value


def stamp(value: date) -> str:
    """Return a moment in ISO form, UTC, without trailing zeros; a day stays a day."""
    if not isinstance(value, datetime):
        return value.isoformat()
    utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    text = utc.isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def _allocated(table: Table) -> list[tuple[Cell, ...]]:
    rows = [list(row) for row in table.rows]
    for index, column in enumerate(table.columns):
        if column.name in table.printed:
            for row, cell in zip(rows, table.printed[column.name], strict=False):
                row[index] = cell
            continue
        if column.name not in table.sums:
            continue
        values = [_number(row[index]) for row in rows]
        total = _number(table.total[index]) if table.total is not None else None
        for row, value in zip(rows, cents(values, total), strict=True):
            row[index] = value
    return [tuple(row) for row in rows]


def _total(table: Table) -> tuple[Cell, ...]:
    return tuple(
        table.printed[column.name][-1] if column.name in table.printed else cell
        for column, cell in zip(table.columns, table.total or (), strict=True)
    )


def _number(value: Cell) -> Number | None:
    return value if isinstance(value, (int, float, Decimal)) else None


class _Drawer:
    """Draws cells in one currency."""

    def __init__(self, sign: str, dash: str) -> None:
        self.sign = sign
        self.dash = dash

    def row(
        self, columns: tuple[Column, ...], cells: tuple[Cell, ...], missing: str | None = None
    ) -> tuple[str, ...]:
        return tuple(
            self.cell(cell, column.kind, missing)
            for column, cell in zip(columns, cells, strict=True)
        )

    def cell(self, value: Cell | date, kind: Kind, missing: str | None = None) -> str:
        if value is None:
            return (
                missing if missing is not None and kind in TEXTS else NOTHING.get(kind, self.dash)
            )
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, date):
            return _moment(value)
        if isinstance(value, str):
            return clean(value)
        return NUMBERS.get(kind, _Drawer.number)(self, decimal_of(value))

    def count(self, value: Decimal) -> str:
        return _signless(f"{rounded(value, 0):,f}")

    def number(self, value: Decimal) -> str:
        text = f"{rounded(value, 4):,f}"
        return _signless(text.rstrip("0").rstrip("."))

    def usd(self, value: Decimal) -> str:
        return self._money(f"{rounded(value, 2):,f}")

    def unit_usd(self, value: Decimal) -> str:
        return self._money(significant(rounded(value, DECIMALS), 4, at_least=2))

    def share(self, value: Decimal) -> str:
        return _signless(f"{rounded(value * 100, 1):,f}") + "%"

    def _money(self, text: str) -> str:
        text = _signless(text)
        return f"-{self.sign}{text[1:]}" if text.startswith("-") else self.sign + text


NUMBERS: Mapping[Kind, Callable[[_Drawer, Decimal], str]] = {
    Kind.COUNT: _Drawer.count,
    Kind.NUMBER: _Drawer.number,
    Kind.USD: _Drawer.usd,
    Kind.UNIT_USD: _Drawer.unit_usd,
    Kind.SHARE: _Drawer.share,
}


def _moment(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    utc = value.astimezone(UTC) if value.tzinfo else value
    return utc.strftime("%Y-%m-%d %H:%M")


def _signless(text: str) -> str:
    """Return the text without the sign of a negative zero."""
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text
