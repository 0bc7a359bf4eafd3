"""Groups that are kept with the rows they were made of: who asks again what was asked at the last ingest waits for no row.

What is kept is known by the very statement that made it and by the state of the tables, so it is either what that statement
would find or not used at all. Where rows have only been added since, the groups of these are added to what was kept. Losing
it costs time alone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from costctl.store.connection import Store
from costctl.store.schema import LAYOUTS

LEAST_ROWS = 100_000
"""Rows that are read as fast as what could be kept of them."""

LEAST_SHARE = 8
"""Rows that a group must stand for, on the average."""

_KEY = "kept"


@dataclass
class Keeping:
    """What is being kept.

    Attributes:
        tables: digest of a query -> the table of what it found.
        before: the same of what was kept before, where rows have only been added since.
        last: the last ingest whose rows are in `before`.
    """

    tables: dict[str, str]
    before: dict[str, str]
    last: int


@contextmanager
def keeping(store: Store) -> Iterator[None]:
    """Keep the groups that are made from now on; what was kept before is forgotten."""
    if _rows(store) < LEAST_ROWS:
        yield
        return
    with store.transaction():
        state, tables = _known(store)
        grown = _only_grown(store, state)
        store.keeps = Keeping({}, tables if grown else {}, state[0] if grown else 0)
        if not grown:
            _drop(store, tables.values())
        try:
            yield
            _drop(store, store.keeps.before.values())
            text = json.dumps({"state": _state(store), "tables": store.keeps.tables})
            store.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [_KEY, text])
        finally:
            store.keeps = None


def _drop(store: Store, tables: Iterable[str]) -> None:
    for table in tables:
        store.connection.execute(f"DROP TABLE IF EXISTS {table}")


def _only_grown(store: Store, before: list[int]) -> bool:
    """Return whether all rows of an earlier state are there as they were, and others behind them."""
    if not before:
        return False
    last, *counts = before
    added = ", ".join(
        f"(SELECT count(*) FROM {layout.table} WHERE ingest_id > $last)" for layout in LAYOUTS
    )
    row = store.connection.execute(
        f"SELECT (SELECT coalesce(sum(replaced), 0) FROM ingests WHERE ingest_id > $last), {added}",
        {"last": last},
    ).fetchone()
    replaced, *more = row or (1,)
    now = _state(store)[1:]
    return not replaced and now == [old + new for old, new in zip(counts, more, strict=True)]


def keep(store: Store, sql: str, values: Mapping[str, object], table: str) -> None:
    """Keep a temp table, just made by a query, where somebody asked for that and it is small beside the rows."""
    if store.keeps is None or store.hides:
        return
    free = sorted(_NAMES.difference(store.keeps.tables.values(), store.keeps.before.values()))
    if not free:
        return
    row = store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    if not row or row[0] * LEAST_SHARE > _rows(store):
        return
    store.connection.execute(f"CREATE TABLE {free[0]} AS FROM {table}")
    store.keeps.tables[_digest(sql, values)] = free[0]


def kept(store: Store, sql: str, values: Mapping[str, object]) -> str | None:
    """Return the table that holds what a query would find; None where it must be asked."""
    if store.hides or store.keeps is not None:
        return None
    state, tables = _known(store)
    return tables.get(_digest(sql, values)) if state and state == _state(store) else None


def kept_before(store: Store, sql: str, values: Mapping[str, object]) -> tuple[str, int] | None:
    """Return the table of what a query found before and the last ingest that it knew; None where rows are other ones."""
    if store.hides or store.keeps is None:
        return None
    table = store.keeps.before.get(_digest(sql, values))
    return (table, store.keeps.last) if table else None


def _known(store: Store) -> tuple[list[int], dict[str, str]]:
    """Return the state for which something is kept, and the tables by the digest of their queries."""
    row = store.connection.execute("SELECT value FROM meta WHERE key = ?", [_KEY]).fetchone()
    found = json.loads(row[0]) if row else {"state": [], "tables": {}}
    # Names are made here and nowhere else: a database that was tampered with gets no statement of its own.
    tables = {digest: name for digest, name in found["tables"].items() if name in _NAMES}
    return found["state"], tables


_NAMES = frozenset(f"kept_{number}" for number in range(16))


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
