"""What a store holds: spans, days without usage, ingests and rejected lines."""

from collections.abc import Iterator
from datetime import date, datetime

from costctl.store.connection import Store
from costctl.vocabulary import Query


def hide_after(store: Store, as_of: datetime) -> int:
    """Leave rows at or after a moment out of the view `usage` from now on, and return how many there are."""
    run = store.connection.execute
    found = run("SELECT count(*) FROM usage WHERE occurred_at >= ?", [as_of]).fetchone()
    late = int(found[0]) if found else 0
    if late:
        # A view takes no parameters; a moment written by us cannot hold anything but digits and signs.
        run("ALTER VIEW temp.usage RENAME TO usage_at_any_time")
        run(
            "CREATE TEMP VIEW usage AS SELECT * FROM usage_at_any_time "
            f"WHERE occurred_at IS NULL OR occurred_at < TIMESTAMP '{as_of.isoformat(sep=' ')}'"
        )
    return late


def holes(store: Store, query: Query) -> tuple[tuple[date, ...], int]:
    """Return the days of the window's usage that have none, and the rows that a window leaves out for want of a time."""
    since, until = query.window.since, query.window.until
    days = store.connection.execute(
        "SELECT DISTINCT CAST(timezone($tz, timezone('UTC', occurred_at)) AS DATE) AS day FROM usage "
        "WHERE occurred_at >= coalesce($since, TIMESTAMP '-infinity') "
        "AND occurred_at < coalesce($until, TIMESTAMP 'infinity') ORDER BY day",
        {"tz": query.tz, "since": since, "until": until},
    ).fetchall()
    known = {row[0] for row in days}
    missing = tuple(_between(min(known), max(known), known)) if known else ()
    if since is None and until is None:
        return missing, 0
    undated = store.connection.execute(
        "SELECT count(*) FROM usage WHERE occurred_at IS NULL"
    ).fetchone()
    return missing, int(undated[0]) if undated else 0


def _between(first: date, last: date, known: set[date]) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal()):
        day = date.fromordinal(number)
        if day not in known:
            yield day
