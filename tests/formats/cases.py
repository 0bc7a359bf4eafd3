"""The cases: of each format a small log in `sample_logs/formats`, and here the figures it must give."""

# ruff: noqa: S608 - the conditions and names are ours

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costctl.ingest import FileResult, IngestOptions, ingest
from costctl.store import Store

DATA = Path(__file__).parent / "data"
LOGS = Path(__file__).parents[2] / "sample_logs" / "formats"
CLASSES = (
    *("input_uncached", "cache_read", "cache_write", "output", "audio_input", "audio_output"),
    *("image_input", "image_output", "cache_write_long", "reasoning"),
)


@dataclass(frozen=True)
class Case:
    """A format's log and what it must give."""

    format: str
    log: Path
    expected: dict[str, Any]
    billing: dict[str, Any] | None


def cases() -> list[Case]:
    """Return all cases, by name."""
    found = []
    for path in sorted(DATA.glob("*/expected.json")):
        stated = json.loads(path.read_text("utf-8"))
        (log,) = (LOGS / path.parent.name).iterdir()
        found.append(
            Case(path.parent.name, log, completed(stated["expected"]), stated.get("billing"))
        )
    return found


def completed(stated: dict[str, Any]) -> dict[str, Any]:
    """Return figures with those that a case leaves out: what it does not state is 0, or nothing."""
    counts = dict.fromkeys(("errors", "cache_hits", "batch_rows"), 0)
    money = dict.fromkeys(("logged_cost_usd", "avoided_cost_usd"))
    figures = counts | money | {"per_endpoint": None, "avoided_tokens": None} | stated
    figures["tokens"] = _all_classes(figures["tokens"])
    if figures["avoided_tokens"] is not None:
        figures["avoided_tokens"] = _all_classes(figures["avoided_tokens"])
    nothing = {"errors": 0, "cache_hits": 0, "logged_cost_usd": None}
    figures["per_model"] = {
        name: nothing | one | {"tokens": _all_classes(one["tokens"])}
        for name, one in figures["per_model"].items()
    }
    return figures


def _all_classes(stated: dict[str, int]) -> dict[str, int]:
    tokens = dict.fromkeys(CLASSES, 0) | stated
    return tokens | {"total": stated.get("total", sum(tokens[name] for name in CLASSES[:8]))}


CASES = cases()
BY_NAME = {case.format: case for case in CASES}


def read(
    *paths: object, store: Store | None = None, **options: Any
) -> tuple[Store, list[FileResult]]:
    """Read logs into a store, a new one in memory unless one is given."""
    store = store or Store.memory()
    return store, ingest(store, [str(path) for path in paths], IngestOptions(**options))


def figures(store: Store) -> dict[str, Any]:
    """Return the figures of a store in the form of a case's expectation."""
    found = _sums(store, "TRUE")
    found["avoided_tokens"] = _tokens(store, "cache_hit") if found["cache_hits"] else None
    models = store.connection.execute("SELECT DISTINCT model FROM usage").fetchall()
    found["per_model"] = {name or "(unknown)": _of_model(store, name) for (name,) in models}
    endpoints = store.connection.execute(
        "SELECT endpoint, CASE WHEN count(*) = count(requests) THEN sum(requests) END FROM usage GROUP BY 1"
    ).fetchall()
    named = any(name is not None for name, _ in endpoints)
    found["per_endpoint"] = {name or "(none)": n for name, n in endpoints} if named else None
    return found


def _sums(store: Store, where: str, values: tuple[object, ...] = ()) -> dict[str, Any]:
    row = store.connection.execute(
        "SELECT count(*), CASE WHEN count(*) = count(requests) THEN coalesce(sum(requests), 0) END, "
        "CASE WHEN count(*) = count(requests) THEN coalesce(sum(requests) FILTER (billable), 0) END, "
        "count(*) FILTER (status = 'error'), count(*) FILTER (cache_hit), count(*) FILTER (tier = 'batch'), "
        "strftime(min(occurred_at), '%Y-%m-%dT%H:%M:%S.%fZ'), strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%S.%fZ'), "
        "sum(logged_cost_usd) FILTER (billable), sum(logged_cost_usd) FILTER (cache_hit) "
        f"FROM usage WHERE {where}",
        list(values),
    ).fetchone()
    assert row is not None
    names = ("rows", "requests", "billable_requests", "errors", "cache_hits", "batch_rows")
    found = dict(zip((*names, "ts_min", "ts_max"), row[:8], strict=True))
    found["logged_cost_usd"], found["avoided_cost_usd"] = row[8], row[9]
    found["tokens"] = _tokens(store, f"billable AND {where}", values)
    return found


def _of_model(store: Store, model: str | None) -> dict[str, Any]:
    sums = _sums(store, "model IS NOT DISTINCT FROM ?", (model,))
    return {k: sums[k] for k in ("requests", "errors", "cache_hits", "tokens", "logged_cost_usd")}


def _tokens(store: Store, where: str, values: tuple[object, ...] = ()) -> dict[str, int]:
    sums = ", ".join(f"CAST(coalesce(sum({name}), 0) AS BIGINT)" for name in CLASSES)
    row = store.connection.execute(
        f"SELECT {sums} FROM usage WHERE {where}", list(values)
    ).fetchone()
    assert row is not None
    tokens = dict(zip(CLASSES, row, strict=True))
    return tokens | {"total": sum(tokens[name] for name in CLASSES[:8])}


def same(found: object, expected: object) -> bool:
    """Return whether figures agree: counts exactly, money within 1e-9."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[key], value) for key, value in expected.items())
        )
    if isinstance(expected, float) and found is not None:
        return abs(float(str(found)) - expected) < 1e-9
    return found == expected


def billing(store: Store) -> dict[str, Any]:
    """Return the figures of the billing table in the form of a case's expectation."""
    run = store.connection.execute
    lines = run("SELECT count(*) FROM billing").fetchone()
    assert lines is not None
    return {
        "lines": lines[0],
        "cost_by_currency": dict(
            run("SELECT currency, sum(cost) FROM billing GROUP BY 1").fetchall()
        ),
        "tokens_by_class": dict(
            run(
                "SELECT token_class, CAST(sum(quantity) AS BIGINT) FROM billing "
                "WHERE token_class IS NOT NULL AND quantity IS NOT NULL GROUP BY 1"
            ).fetchall()
        ),
    }
