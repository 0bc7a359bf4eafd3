"""How far a running statement is, for someone who waits."""

from collections.abc import Callable

import duckdb

from costctl.store.connection import Store


def watch(store: Store) -> Callable[[], float]:
    """Return a function that tells, from any thread, the share of the running statement that is done."""
    store.connection.execute("SET enable_progress_bar = true")
    store.connection.execute("SET enable_progress_bar_print = false")

    def _share() -> float:
        try:
            return min(max(store.connection.query_progress(), 0.0), 100.0) / 100
        except duckdb.Error:
            return 0.0

    return _share
