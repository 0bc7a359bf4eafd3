"""The tables of the store, made from the record, and the numbered migrations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from costctl.record import BILLING, BY_NAME, MODEL, USAGE, UsageColumn
from costctl.store.compile_tree import lit

VERSION = 4

OLDEST = 2
"""Rows of an older schema have identities that a log read today does not give again."""

Origins = Sequence[tuple[int, str, str]]
"""A number, a source and a format each."""

COST = BY_NAME["logged_cost_usd"].sql_type

NARROW_COST = "DECIMAL(18, 18)"
"""A cost below one dollar, to the same last digit in half of the space."""

ORIGIN = ("source", "source_format")
"""Columns that are the same text in every row of a file: most rows hold its number in `origins` instead."""

BY_AGENTS = (
    *("source_line", "session_id", "operation", "provider", "response_model", "tier"),
    *("service_tier", "region", "cache_read", "cache_write", "cache_write_long", "reasoning"),
    *("tokens_known", "tags"),
)
"""What logs of coding agents and answers of providers fill besides what every source has."""

BY_GATEWAYS = (
    *("ended_at", "trace_id", "status", "http_status", "error_code", "finish_reason"),
    *("latency_ms", "ttft_ms", "cache_hit", "user_id", "units"),
)
"""What logs of gateways, traces and callers fill besides."""


@dataclass(frozen=True)
class Layout:
    """A table of usage rows: every column that it lacks is at its default in all of them.

    Attributes:
        table: where the rows lie.
        view: what questions read: the same rows with the texts of their origin; the table itself where it holds them.
        columns: of the view.
        cost: the type in which the logged cost is stored.
    """

    table: str
    view: str
    columns: tuple[UsageColumn, ...]
    cost: str = COST

    @property
    def by_origin(self) -> bool:
        """Return whether rows hold the number of their source and format instead of the texts."""
        return self.table != self.view

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of the columns of the view."""
        return frozenset(column.name for column in self.columns)

    @cached_property
    def stored(self) -> dict[str, str]:
        """Return the columns of the table and their types."""
        origin = {"origin": "INTEGER"} if self.by_origin else {}
        return origin | {
            c.name: self.cost if c.name == "logged_cost_usd" else c.sql_type
            for c in self.columns
            if not (self.by_origin and c.name in ORIGIN)
        }

    def has_room(self, cost: str) -> str:
        """Return the test that a cost, as SQL, has room in a row, to the last digit."""
        if self.cost == COST:
            return "true"
        return f"({cost} IS NULL OR ({cost} >= 0 AND try_cast({cost} AS {self.cost}) IS NOT NULL))"


NARROW = Layout(
    "narrow_rows", "usage_narrow", tuple(c for c in USAGE if c.common), cost=NARROW_COST
)
AGENT = Layout(
    "agent_rows", "usage_agent", tuple(c for c in USAGE if c.common or c.name in BY_AGENTS)
)
NESTED = Layout(
    "nested_rows",
    "usage_nested",
    tuple(c for c in USAGE if c.common or c.name in {*BY_AGENTS, *BY_GATEWAYS}),
)
WIDE = Layout("usage_wide", "usage_wide", USAGE)

LAYOUTS = (NARROW, AGENT, NESTED, WIDE)
"""The smallest first; each has the columns of the one before it, and the last one has them all."""

NARROW_MADE = tuple(name for name in NARROW.stored if name not in {"origin", "ingest_id"})
"""What a record says of itself in a narrow row; the other columns are its origin's and its ingest's."""

PARENT_KEYS = " UNION ALL ".join(
    f"SELECT parent_key FROM {layout.table} WHERE parent_key IS NOT NULL"
    for layout in LAYOUTS
    if "parent_key" in layout.names
)
"""The calls that enclose a stored one, as SQL."""


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
    """Return the SQL that makes what is missing of the tables of usage and billing rows."""
    return ";\n".join(
        (
            *(_table(layout.table, layout.stored.items()) for layout in LAYOUTS),
            _table("billing", BILLING),
        )
    )


def origin_views(origins: Origins) -> str:
    """Return the SQL of the views of rows that have an origin, with its source and format.

    The texts stand in the views themselves: a join would cost every question, and these cost only who asks for them.
    """
    return ";\n".join(
        f"CREATE OR REPLACE VIEW {layout.view} AS SELECT "
        f"{', '.join(_of_origin(column, layout, origins) for column in layout.columns)} FROM {layout.table}"
        for layout in LAYOUTS
        if layout.by_origin
    )


def _of_origin(column: UsageColumn, layout: Layout, origins: Origins) -> str:
    if column.name not in ORIGIN:
        kept = layout.stored[column.name] == column.sql_type
        return column.name if kept else f"CAST({column.name} AS {column.sql_type}) AS {column.name}"
    place = 1 + ORIGIN.index(column.name)
    whens = " ".join(f"WHEN {row[0]} THEN {lit(str(row[place]))}" for row in origins)
    return f"{f'CASE origin {whens} END' if whens else 'CAST(NULL AS VARCHAR)'} AS {column.name}"


def usage_view() -> str:
    """Return the SQL of the view `usage`: all tables, every column of the record, and `model`."""
    selects = " UNION ALL ".join(
        f"SELECT {', '.join(_padded(column, layout) for column in USAGE)} FROM {layout.view}"
        for layout in LAYOUTS
    )
    return f"CREATE OR REPLACE TEMP VIEW usage AS SELECT *, {MODEL} AS model FROM ({selects})"


def _padded(column: UsageColumn, layout: Layout) -> str:
    if column.name in layout.names:
        return column.name
    return f"CAST({column.default} AS {column.sql_type}) AS {column.name}"


def _table(name: str, columns: Iterable[tuple[str, str]]) -> str:
    listed = ", ".join(f"{column} {kind}" for column, kind in columns)
    return f"CREATE TABLE IF NOT EXISTS {name} ({listed})"
