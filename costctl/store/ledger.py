"""The ledger of ingests: which file was read when, how far, and with what outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from costctl.sources.fingerprint import Fingerprint
from costctl.sources.lines import Bad
from costctl.store.bulk import insert
from costctl.store.connection import Store

MOST_REJECTS = 1000
"""Rejected lines kept per file; all are counted."""


@dataclass(frozen=True)
class Earlier:
    """The last ingest of a file."""

    fingerprint: Fingerprint
    format: str
    container: str
    lines_to: int
    options_hash: str


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Attributes:
        counts: in the order of `COUNTS`.
        numbered: rows of the file that only their number among equals may tell apart.
    """

    ingest_id: int
    path: str
    container: str
    format: str
    source: str
    fingerprint: Fingerprint
    lines_to: int
    options_hash: str
    counts: tuple[int, ...]
    numbered: int
    first: datetime | None
    last: datetime | None
    ingested_at: datetime
    tool_version: str
    partial: bool
    assumed: Sequence[str]
    settings: Mapping[str, str]


COUNTS = (
    "records",
    "new_rows",
    "duplicates",
    "skipped",
    "rejected",
    "blank",
    "replaced",
    "tokens_unknown",
)

COLUMNS = (
    ("ingest_id", "INTEGER"),
    *((name, "VARCHAR") for name in ("path", "container", "format", "source")),
    *((name, "BIGINT") for name in ("size", "modified_ns")),
    *((name, "VARCHAR") for name in ("head_hash", "tail_hash")),
    *((name, "BIGINT") for name in ("read_to", "lines_to")),
    ("options_hash", "VARCHAR"),
    *((name, "BIGINT") for name in COUNTS),
    ("numbered", "BIGINT"),
    *((name, "TIMESTAMP") for name in ("first_at", "last_at", "ingested_at")),
    ("tool_version", "VARCHAR"),
    ("partial", "BOOLEAN"),
    ("assumed", "VARCHAR[]"),
    ("settings", "MAP(VARCHAR, VARCHAR)"),
)
"""The columns of `ingests`, as `_row` fills them."""


def earlier(store: Store) -> dict[str, Earlier]:
    """Return the last ingest of each path."""
    rows = store.connection.execute(
        "SELECT path, size, modified_ns, read_to, head_hash, tail_hash, format, container, lines_to, options_hash "
        "FROM ingests QUALIFY row_number() OVER (PARTITION BY path ORDER BY ingest_id DESC) = 1"
    ).fetchall()
    return {
        row[0]: Earlier(
            Fingerprint(row[1], row[2], row[3], row[4], row[5]), row[6], row[7], row[8], row[9]
        )
        for row in rows
    }


def next_id(store: Store) -> int:
    """Return the highest ingest id so far."""
    row = store.connection.execute("SELECT coalesce(max(ingest_id), 0) FROM ingests").fetchone()
    return int(row[0]) if row else 0


def has_numbered_rows(store: Store, path: str) -> bool:
    """Return whether a file may hold rows that only their number among equals tells apart.

    Its own say so; those that other files had brought before are known by their duplicates alone.
    """
    row = store.connection.execute(
        "SELECT coalesce(sum(numbered) FILTER (path = $path) > 0 "
        "OR (sum(duplicates) FILTER (path = $path) > 0 AND sum(numbered) > 0), false) FROM ingests",
        {"path": path},
    ).fetchone()
    return bool(row and row[0])


def record(store: Store, entries: Sequence[Entry]) -> None:
    """Write lines of the ledger."""
    insert(store.connection, "ingests", COLUMNS, [_row(entry) for entry in entries])


def _row(entry: Entry) -> tuple[object, ...]:
    mark = entry.fingerprint
    return (
        entry.ingest_id,
        entry.path,
        entry.container,
        entry.format,
        entry.source,
        mark.size,
        mark.modified_ns,
        mark.head,
        mark.tail,
        mark.read_to,
        entry.lines_to,
        entry.options_hash,
        *entry.counts,
        entry.numbered,
        entry.first,
        entry.last,
        entry.ingested_at,
        entry.tool_version,
        entry.partial,
        list(entry.assumed),
        dict(entry.settings),
    )


def reject(store: Store, ingest_id: int, path: str, found: Sequence[Bad]) -> None:
    """Keep the rejected lines of a file."""
    for bad in found[:MOST_REJECTS]:
        store.connection.execute(
            "INSERT INTO rejects VALUES (?, ?, ?, ?, ?)",
            [ingest_id, path, bad.line, bad.reason, bad.excerpt],
        )
