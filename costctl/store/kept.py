"""Groups that are kept with the rows they were made of: who asks again what was asked at the last ingest waits for no row.

What is kept is known by the very statement that made it and by the state of the tables, so it is either what that statement
would find or not used at all. Losing it costs time alone.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

from costctl.store.connection import Store
from costctl.store.schema import LAYOUTS

LEAST_ROWS = 100_000
"""Rows that are read as fast as what could be kept of them."""

LEAST_SHARE = 8
"""Rows that a group must stand for, on the average."""

_KEY = "kept"


@contextmanager
def keeping(store: Store) -> Iterator[None]:
    """Keep the groups that are made from now on; what was kept before is forgotten."""
    if _rows(store) < LEAST_ROWS:
        yield
        return
    with store.transaction():
        tables = _known(store).values()
        store.connection.execute("DELETE FROM meta WHERE key = ?", [_KEY])
        for table in tables:
            store.connection.execute(f"DROP TABLE IF EXISTS {table}")
        store.keeps = {}
        try:
            yield
            text = json.dumps({"state": _state(store), "tables": store.keeps})
            store.connection.execute("INSERT INTO meta VALUES (?, ?)", [_KEY, text])
        finally:
            store.keeps = None


def keep(store: Store, sql: str, values: Mapping[str, object], table: str) -> None:
    """Keep a temp table, just made by a query, where somebody asked for that and it is small beside the rows."""
    if store.keeps is None or store.hides or len(store.keeps) == len(_NAMES):
        return
    row = store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    if not row or row[0] * LEAST_SHARE > _rows(store):
        return
    name = f"kept_{len(store.keeps)}"
    store.connection.execute(f"CREATE TABLE {name} AS FROM {table}")
    store.keeps[_digest(sql, values)] = name


def kept(store: Store, sql: str, values: Mapping[str, object]) -> str | None:
    """Return the table that holds what a query would find; None where it must be asked."""
    if store.hides or store.keeps is not None:
        return None
    return _known(store, fresh=True).get(_digest(sql, values))


def _known(store: Store, *, fresh: bool = False) -> dict[str, str]:
    """Return the tables by the digest of their queries; with `fresh` none, if rows came or went since."""
    row = store.connection.execute("SELECT value FROM meta WHERE key = ?", [_KEY]).fetchone()
    found = json.loads(row[0]) if row else {"state": None, "tables": {}}
    if fresh and row and found["state"] != _state(store):
        return {}
    # Names are made here and nowhere else: a database that was tampered with gets no statement of its own.
    return {digest: name for digest, name in found["tables"].items() if name in _NAMES}


_NAMES = frozenset(f"kept_{number}" for number in range(8))


def _state(store: Store) -> list[int]:
    """Return what no change of the rows leaves as it was: each comes with an ingest of its own."""
    counts = ", ".join(f"(SELECT count(*) FROM {layout.table})" for layout in LAYOUTS)
    row = store.connection.execute(
        f"SELECT (SELECT coalesce(max(ingest_id), 0) FROM ingests), {counts}"
    ).fetchone()
    return [int(value) for value in row or ()]


def _rows(store: Store) -> int:
    return sum(_state(store)[1:])


def _digest(sql: str, values: Mapping[str, object]) -> str:
    text = json.dumps([sql, values], default=str, sort_keys=True)
    return sha256(text.encode()).hexdigest()
