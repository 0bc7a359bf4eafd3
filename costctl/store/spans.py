"""What the rows that files brought say about themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from costctl.store.schema import LAYOUTS

_TOLD = " UNION ALL ".join(
    f"SELECT ingest_id, occurred_at, {'tokens_known' if 'tokens_known' in layout.names else 'true'} AS tokens_known, "
    f"event_key FROM {layout.table} WHERE ingest_id BETWEEN $first AND $last"
    for layout in LAYOUTS
)
"""What is told of the rows that files brought; the view of all columns takes longer to plan."""


@dataclass(frozen=True)
class Span:
    """What a file's rows in the store say about themselves.

    Attributes:
        nameless: rows with neither id nor time.
    """

    first: datetime | None = None
    last: datetime | None = None
    tokens_unknown: int = 0
    nameless: int = 0


def spans(connection: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> dict[int, Span]:
    """Return what the rows of each ingest say."""
    told = {"first": min(ids), "last": max(ids)}
    rows = connection.execute(
        "SELECT ingest_id, min(occurred_at), max(occurred_at), count(*) FILTER (NOT tokens_known), "
        f"count(*) > count(occurred_at) FROM ({_TOLD}) GROUP BY 1",
        told,
    ).fetchall()
    nameless = _nameless(connection, told) if any(row[-1] for row in rows) else {}
    return {
        number: Span(first, last, unknown, nameless.get(number, 0))
        for number, first, last, unknown, _ in rows
    }


def _nameless(connection: duckdb.DuckDBPyConnection, told: dict[str, int]) -> dict[int, int]:
    """Count rows with neither id nor time; only for these the keys are read, the largest of all columns."""
    return dict(
        connection.execute(
            f"SELECT ingest_id, count(*) FROM ({_TOLD}) "
            "WHERE occurred_at IS NULL AND (event_key & 1::UHUGEINT) = 0 GROUP BY 1",
            told,
        ).fetchall()
    )
