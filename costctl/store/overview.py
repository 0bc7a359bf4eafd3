"""What a store holds: spans, days without usage, ingests and rejected lines."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import NamedTuple

from costctl.store.connection import Store
from costctl.store.dimensions import BRANCHES, Branch, Parameters, filters, time_expression
from costctl.vocabulary import Query, Window

_QUARTER = "time_bucket(INTERVAL 15 MINUTE, occurred_at)"


def hide_after(store: Store, as_of: datetime) -> int:
    """Leave rows at or after a moment out of every question from now on, and return how many there are."""
    run = store.connection.execute
    # The view has every column of all tables, and takes several times as long to plan.
    counted = "(SELECT count(*) FROM {} WHERE occurred_at >= $as_of)"
    total = " + ".join(counted.format(branch.table) for branch in BRANCHES)
    found = run(f"SELECT {total}", {"as_of": as_of}).fetchone()
    late = int(found[0]) if found else 0
    if not late:
        return 0
    store.hides = True
    row = run("SELECT current_database()").fetchone()
    database = str(row[0] if row else "").replace('"', '""')
    for table in (branch.table for branch in BRANCHES):
        # A temp view stands before the table of its name. It takes no parameters, but a moment is digits and signs.
        run(
            f'CREATE TEMP VIEW {table} AS SELECT * FROM "{database}".main.{table} '
            f"WHERE occurred_at IS NULL OR occurred_at < TIMESTAMP '{as_of.isoformat(sep=' ')}'"
        )
    return late


def holes(
    store: Store, query: Query, days: Collection[date] | None = None
) -> tuple[tuple[date, ...], int]:
    """Return the days without usage within the scope's span, and the rows that its window leaves out for want of a time.

    `days` are the scope's days with usage, where they are known already.
    """
    known = set(days) if days is not None else _all_days(store, query)
    missing = tuple(_between(min(known), max(known), known)) if known else ()
    if query.window == Window():
        return missing, 0
    return missing, sum(_undated(store, branch, query) for branch in BRANCHES)


def _all_days(store: Store, query: Query) -> set[date]:
    return {day for branch in BRANCHES for day in _days(store, branch, query)}


def _days(store: Store, branch: Branch, query: Query) -> list[date]:
    parameters = Parameters()
    day = time_expression("day", "slot", query.tz, parameters)
    scope = filters(branch, query.window, query.where, query.tz, parameters)
    # Labels are made of few slots, not of every row; no zone's days begin within a quarter of an hour.
    slot = "CAST(occurred_at AS DATE)" if query.tz == "UTC" else _QUARTER
    slots = f"SELECT DISTINCT CAST({slot} AS TIMESTAMP) AS slot FROM {branch.table} WHERE occurred_at IS NOT NULL AND {scope}"
    sql = f"SELECT DISTINCT CAST({day} AS DATE) FROM ({slots})"
    return [row[0] for row in store.connection.execute(sql, parameters.values).fetchall()]


def _undated(store: Store, branch: Branch, query: Query) -> int:
    parameters = Parameters()
    scope = filters(branch, Window(), query.where, query.tz, parameters)
    sql = f"SELECT count(*) FROM {branch.table} WHERE occurred_at IS NULL AND {scope}"
    row = store.connection.execute(sql, parameters.values).fetchone()
    return int(row[0]) if row else 0


def _between(first: date, last: date, known: set[date]) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal()):
        day = date.fromordinal(number)
        if day not in known:
            yield day


class SourceRows(NamedTuple):
    """What one source brought.

    Attributes:
        source, source_format: as stored; `(unknown)` for rows of an ingest that is not known.
        granularity: request or bucket.
        requests: None where the source has no count.
        undated: rows without a time.
        tokens_unknown: requests whose log has no counts.
    """

    source: str
    source_format: str
    granularity: str
    files: int
    rows: int
    requests: int | None
    undated: int
    tokens_unknown: int
    first: datetime | None
    last: datetime | None


class Ingested(NamedTuple):
    """One file and run that brought rows."""

    path: str
    at: datetime
    new_rows: int
    rejected: int


class Reject(NamedTuple):
    """A line that could not be read."""

    path: str
    line: int | None
    reason: str
    excerpt: str | None


def sources(store: Store) -> list[SourceRows]:
    """Return what each source brought, by name."""
    rows = store.connection.execute(
        """
        SELECT coalesce(i.source, '(unknown)'), coalesce(i.format, '(unknown)'), u.granularity,
            count(DISTINCT i.path), sum(u.entries),
            CASE WHEN bool_and(u.counted) THEN sum(u.requests) END, sum(u.undated), sum(u.unknown),
            min(u.first_at), max(u.last_at)
        FROM (
            SELECT ingest_id, granularity, count(*) AS entries, sum(requests) AS requests,
                count(*) = count(requests) AS counted,
                count(*) FILTER (occurred_at IS NULL) AS undated,
                coalesce(sum(requests) FILTER (NOT tokens_known), 0) AS unknown,
                min(occurred_at) AS first_at, max(occurred_at) AS last_at
            FROM usage GROUP BY ALL
        ) AS u LEFT JOIN ingests AS i USING (ingest_id)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """
    ).fetchall()
    return [
        SourceRows(
            str(row[0]), str(row[1]), str(row[2]), int(row[3]), int(row[4]),
            None if row[5] is None else int(row[5]), int(row[6]), int(row[7]), row[8], row[9],
        )
        for row in rows
    ]  # fmt: skip


def last_ingest(store: Store) -> Ingested | None:
    """Return the newest ingest."""
    row = store.connection.execute(
        "SELECT path, ingested_at, new_rows, rejected FROM ingests ORDER BY ingested_at DESC, ingest_id DESC LIMIT 1"
    ).fetchone()
    return Ingested(str(row[0]), row[1], int(row[2]), int(row[3])) if row else None


def reject_count(store: Store) -> int:
    """Return how many lines were rejected."""
    row = store.connection.execute("SELECT count(*) FROM rejects").fetchone()
    return int(row[0]) if row else 0


def rejects(store: Store) -> list[Reject]:
    """Return every rejected line, by file and line."""
    rows = store.connection.execute(
        "SELECT path, line, reason, excerpt FROM rejects ORDER BY path, line NULLS LAST, reason"
    ).fetchall()
    return [Reject(str(path), line, str(reason), excerpt) for path, line, reason, excerpt in rows]
