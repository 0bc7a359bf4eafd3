"""The first rows of a store as they stand there, for people who want to see what became of their log."""

from costctl.record import BILLING, BY_NAME
from costctl.store.connection import Store

HIDDEN = ("event_key", "parent_key", "ingest_id", "source", "source_format")


def first_rows(store: Store, count: int) -> list[dict[str, object]]:
    """Return the first rows of usage, or of billing where there is none; columns at their default are left out."""
    names = [name for name in BY_NAME if name not in HIDDEN]
    found = _rows(store, "usage", names, count)
    if found:
        defaults = {name: BY_NAME[name].default for name in names}
        return [{n: v for n, v in row.items() if not _is_default(v, defaults[n])} for row in found]
    bills = [name for name, _ in BILLING if name not in HIDDEN]
    return [
        {n: v for n, v in row.items() if v is not None}
        for row in _rows(store, "billing", bills, count)
    ]


def _rows(store: Store, table: str, names: list[str], count: int) -> list[dict[str, object]]:
    rows = store.connection.execute(
        f"SELECT {', '.join(names)} FROM {table} ORDER BY source_line, occurred_at LIMIT ?"
        if table == "usage"
        else f"SELECT {', '.join(names)} FROM {table} ORDER BY source_line LIMIT ?",
        [count],
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_default(value: object, default: str) -> bool:
    if value is None:
        return default == "NULL"
    return str(value).lower() == default.strip("'").lower()
