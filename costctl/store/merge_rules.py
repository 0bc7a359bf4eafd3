"""What the records of one key become: the rules of the formats, as SQL."""

from collections.abc import Sequence

from costctl.record import BY_NAME
from costctl.vocabulary import OF_WHICH, TOKEN_CLASSES

SUMMED = ("requests", *TOKEN_CLASSES, *OF_WHICH, "logged_cost_usd", "logged_cost")
ORDER = "seq, rn, sub"


def folded(candidates: str, rule: str, columns: Sequence[str], *, dated: bool) -> str:
    """Return the query that makes one row of all candidates of a key.

    Args:
        candidates: SQL of (seq, ingest_id, rn, sub, event_key, columns); a row of the store has the seq 0.
        rule: the format's.
        columns: of the record, that are staged.
        dated: the candidates have `newest` too, by which the last one is told.
    """
    if rule == "max_each":
        return _max_each(candidates, columns)
    if rule == "sum_last":
        candidates = _summed(candidates, columns)
    total = " + ".join(n for n in TOKEN_CLASSES if n in columns) or "0"
    newest = "newest DESC NULLS LAST, " if dated else ""
    by = {
        "first": ORDER,
        "last": f"{newest}seq DESC, rn DESC, sub DESC",
        "sum_last": "seq DESC",
        "max_output": "output DESC NULLS LAST, seq DESC, rn DESC, sub DESC",
        "max_total": f"({total}) DESC NULLS LAST, seq DESC, rn DESC, sub DESC",
    }[rule]
    picked = f"SELECT * FROM ({candidates}) QUALIFY row_number() OVER (PARTITION BY event_key ORDER BY {by}) = 1"
    if rule in {"max_output", "max_total"} and "occurred_at" in columns:
        # The call began when its first record was written, whichever record tells its final usage.
        return f"SELECT * EXCLUDE (earliest) REPLACE (earliest AS occurred_at) FROM (SELECT *, min(occurred_at) OVER (PARTITION BY event_key) AS earliest FROM ({candidates}) QUALIFY row_number() OVER (PARTITION BY event_key ORDER BY {by}) = 1)"
    return picked


def _max_each(candidates: str, columns: Sequence[str]) -> str:
    parts = []
    for name in columns:
        if name in TOKEN_CLASSES or name in OF_WHICH:
            parts.append(f"max({name}) AS {name}")
        elif BY_NAME[name].sql_type == "BOOLEAN":
            # A boolean default is no statement: one record that says otherwise decides.
            how = "bool_and" if name == "time_assumed_utc" else "bool_or"
            parts.append(f"{how}({name}) AS {name}")
        else:
            parts.append(f"arg_min({name}, (seq, rn, sub)) FILTER ({name} IS NOT NULL) AS {name}")
    meta = "min(seq) AS seq, arg_min(ingest_id, (seq, rn, sub)) AS ingest_id, arg_min(rn, (seq, rn, sub)) AS rn, 0 AS sub"
    return f"SELECT {meta}, event_key, {', '.join(parts)} FROM ({candidates}) GROUP BY event_key"


def _summed(candidates: str, columns: Sequence[str]) -> str:
    """Rows of one file that share a key are added; the bucket of a known row stands by itself."""
    parts = [
        f"CAST(sum({n}) AS {BY_NAME[n].sql_type}) AS {n}"
        if n in SUMMED
        else f"bool_or({n}) AS {n}"
        if n == "billable"
        else f"arg_min({n}, (rn, sub)) FILTER ({n} IS NOT NULL) AS {n}"
        for n in columns
    ]
    return f"SELECT seq, min(ingest_id) AS ingest_id, min(rn) AS rn, 0 AS sub, event_key, {', '.join(parts)} FROM ({candidates}) GROUP BY seq, event_key"
