"""The tables of the store, made from the record, and the numbered migrations."""

from importlib.resources import files

from costctl.record import BILLING, MODEL, USAGE, UsageColumn

VERSION = 1

NARROW = tuple(column for column in USAGE if column.common)
WIDE = USAGE


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


def usage_tables() -> str:
    """Return the SQL that makes the tables of usage and billing rows."""
    return ";\n".join(
        (
            _table("usage_narrow", NARROW),
            _table("usage_wide", WIDE),
            "CREATE TABLE billing (" + ", ".join(f"{name} {kind}" for name, kind in BILLING) + ")",
        )
    )


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


def _table(name: str, columns: tuple[UsageColumn, ...]) -> str:
    return f"CREATE TABLE {name} (" + ", ".join(f"{c.name} {c.sql_type}" for c in columns) + ")"
