"""Many rows from Python into a table, a column at a time."""

import json
from collections.abc import Iterable, Mapping, Sequence
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
    repeats every name in every row. Decimals travel as text, so they stay exact.
    """
    texts = [json.dumps(column, default=_plain) for column in zip(*rows, strict=True)]
    if not texts:
        return
    listed = ", ".join(f'"{name}"' for name, _ in columns)
    casts = ", ".join(_cast(name, kind, (missing or {}).get(name)) for name, kind in columns)
    values = ", ".join(
        f'unnest(from_json(?, \'["{_json_type(kind)}"]\')) AS "{name}"' for name, kind in columns
    )
    connection.execute(
        f"INSERT INTO {table} ({listed}) SELECT {casts} FROM (SELECT {values})", texts
    )


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
