"""Many rows from Python into a table, a column at a time."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import duckdb


def insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[object]],
    *,
    missing: Mapping[str, str] | None = None,
) -> None:
    """Add rows whose values stand in the order of `columns`, (name, SQL type); `missing` is put for None.

    Each column travels as one JSON text: a parameter a value takes the engine many times as long, and a text of rows
    repeats every name in every row. A value that all rows share travels once. Decimals travel as text, so they stay
    exact.
    """
    found = list(zip(*rows, strict=True))
    if not found:
        return
    alike = [column.count(column[0]) == len(column) for column in found]
    alike[0] = False  # one column has to say how many rows there are
    texts = [
        as_json(_plain_moments(kind, column[:1] if same else column))
        for (_, kind), column, same in zip(columns, found, alike, strict=True)
    ]
    listed = ", ".join(f'"{name}"' for name, _ in columns)
    casts = ", ".join(_cast(name, kind, (missing or {}).get(name)) for name, kind in columns)
    values = ", ".join(
        f'{_list(kind)}[1] AS "{name}"' if same else f'unnest({_list(kind)}) AS "{name}"'
        for (name, kind), same in zip(columns, alike, strict=True)
    )
    connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {casts} FROM (SELECT {values})", texts
    )


def _plain_moments(kind: str, column: Sequence[object]) -> Sequence[object]:
    """Return moments as text: here, because the writer of JSON asks for each of them in turn."""
    if kind != "TIMESTAMP":
        return column
    return [None if moment is None else str(moment) for moment in column]


def _list(kind: str) -> str:
    return f"from_json(?, '[\"{_json_type(kind)}\"]')"


def as_json(value: object) -> str:
    """Return values of a table as JSON: decimals and moments as text."""
    return json.dumps(value, default=_plain)


def from_json(
    columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]
) -> list[tuple[object, ...]]:
    """Return rows as they were before they became JSON; `columns` are (name, SQL type)."""
    readers = {
        place: next(read for start, read in _READERS.items() if kind.startswith(start))
        for place, (_, kind) in enumerate(columns)
        if kind.startswith(tuple(_READERS))
    }
    if not readers:
        return [tuple(row) for row in rows]
    return [
        tuple(
            readers[place](str(value)) if place in readers and value is not None else value
            for place, value in enumerate(row)
        )
        for row in rows
    ]


_READERS: dict[str, Callable[[str], object]] = {
    "DECIMAL": Decimal,
    "TIMESTAMP": datetime.fromisoformat,
    "DATE": date.fromisoformat,
}


def _json_type(kind: str) -> str:
    if kind.endswith("[]"):
        return "VARCHAR[]"
    return "MAP(VARCHAR, VARCHAR)" if kind.startswith("MAP") else "VARCHAR"


def _cast(name: str, kind: str, missing: str | None) -> str:
    cast = f'CAST("{name}" AS {kind})'
    return f"coalesce({cast}, {kind} '{missing}')" if missing else cast


def _plain(value: object) -> str:
    """Return a value that JSON does not know as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    raise AssertionError(f"no table holds a {type(value).__name__}")
