"""Fills a database with calls of a known price."""

from datetime import datetime, timedelta

from costctl.store import Store

MODEL = "gpt-4o-2024-05-13"
TOKENS_A_USD = 200_000
"""Its input costs 5 USD per million tokens, on every day since May 2024."""


def call(at, usd=1.0, **columns: object):
    """Return a call that costs so many dollars."""
    row = {
        "occurred_at": datetime.fromisoformat(at) if isinstance(at, str) else at,
        "endpoint": "rag_query",
        "requested_model": MODEL,
        "provider": "openai",
        "input_uncached": round(usd * TOKENS_A_USD),
        "output": 0,
    }
    return row | columns


def daily(first, days, usd=1.0, **columns: object):
    """Return a call for each day, late in the evening."""
    start = datetime.fromisoformat(first) + timedelta(hours=23, minutes=50)
    return [call(start + timedelta(days=n), usd, **columns) for n in range(days)]


def fill(path, *rows: object):
    """Write calls to a new database of that path; a worker stores the same calls once for many tests."""
    said = repr(rows)
    path.unlink(missing_ok=True)
    if said not in _STORED:
        with Store.open(path, write=True) as store:
            store.add_rows(list(rows))
        if len(_STORED) == MOST_STORED:
            del _STORED[next(iter(_STORED))]
        _STORED[said] = path.read_bytes()
    path.write_bytes(_STORED[said])
    return path


_STORED: dict[str, bytes] = {}
MOST_STORED = 30
"""Databases that are kept, of about a megabyte each."""
