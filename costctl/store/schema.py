"""The tables of the store, made from the record, and the numbered migrations."""

from collections.abc import Iterable, Sequence
from importlib.resources import files

from costctl.record import BILLING, MODEL, USAGE, UsageColumn
from costctl.store.compile_tree import lit

VERSION = 2

OLDEST = 2
"""Rows of an older schema have identities that a log read today does not give again."""

NARROW = tuple(column for column in USAGE if column.common)
WIDE = USAGE

NARROW_COST = "DECIMAL(18, 18)"
"""A cost below one dollar, to the same last digit in half of the space."""

ORIGIN = ("source", "source_format")
"""Columns that are the same text in every row of a file: the narrow rows hold its number in `origins` instead."""

NARROW_MADE = tuple(c.name for c in NARROW if c.name not in {"ingest_id", *ORIGIN})
"""What a record says of itself in a narrow row; the other columns are its origin's and its ingest's."""


def migrations(after: int) -> list[tuple[int, str]]:
    """Return the numbered SQL files above a version, in order."""
    folder = files("costctl.store").joinpath("migrations")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    numbered = [(int(name.removesuffix(".sql")), name) for name in found]
    return [
        (number, folder.joinpath(name).read_text("utf-8"))
        for number, name in numbered
        if number > after
    ]


def fits_narrow(cost: str) -> str:
    """Return the test that a cost has room in a narrow row, to the last digit."""
    return f"({cost} IS NULL OR ({cost} >= 0 AND try_cast({cost} AS {NARROW_COST}) IS NOT NULL))"


def usage_tables() -> str:
    """Return the SQL that makes the tables of usage and billing rows."""
    return ";\n".join(
        (
            _table(
                "narrow_rows",
                [
                    ("origin", "INTEGER"),
                    *map(_narrow_type, (c for c in NARROW if c.name not in ORIGIN)),
                ],
            ),
            _table("usage_wide", [(c.name, c.sql_type) for c in WIDE]),
            _table("billing", BILLING),
            narrow_view([]),
        )
    )


def narrow_view(origins: Sequence[tuple[int, str, str]]) -> str:
    """Return the SQL of the view `usage_narrow`: the narrow rows with the source and format of their origin.

    The texts stand in the view itself: a join would cost every question, and these cost only who asks for them.
    """
    columns = ", ".join(_of_narrow(column, origins) for column in NARROW)
    return f"CREATE OR REPLACE VIEW usage_narrow AS SELECT {columns} FROM narrow_rows"


def _of_narrow(column: UsageColumn, origins: Sequence[tuple[int, str, str]]) -> str:
    if column.name == "logged_cost_usd":
        return f"CAST({column.name} AS {column.sql_type}) AS {column.name}"
    if column.name not in ORIGIN:
        return column.name
    place = 1 + ORIGIN.index(column.name)
    whens = " ".join(f"WHEN {row[0]} THEN {lit(str(row[place]))}" for row in origins)
    return f"{f'CASE origin {whens} END' if whens else 'CAST(NULL AS VARCHAR)'} AS {column.name}"


def usage_view() -> str:
    """Return the SQL of the view `usage`: both tables, every column of the record, and `model`."""
    narrow = ", ".join(_narrow(column) for column in USAGE)
    wide = ", ".join(column.name for column in USAGE)
    return (
        f"CREATE OR REPLACE TEMP VIEW usage AS SELECT *, {MODEL} AS model FROM "
        f"(SELECT {narrow} FROM usage_narrow UNION ALL SELECT {wide} FROM usage_wide)"
    )


def _narrow(column: UsageColumn) -> str:
    if column.common:
        return column.name
    return f"CAST({column.default} AS {column.sql_type}) AS {column.name}"


def _narrow_type(column: UsageColumn) -> tuple[str, str]:
    return column.name, NARROW_COST if column.name == "logged_cost_usd" else column.sql_type


def _table(name: str, columns: Iterable[tuple[str, str]]) -> str:
    return f"CREATE TABLE {name} (" + ", ".join(f"{name} {kind}" for name, kind in columns) + ")"
