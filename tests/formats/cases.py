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
    # One statement for the whole, each model and each endpoint: its plan costs more than its answer.
    rows = store.connection.execute(
        f"SELECT grouping(model, endpoint), model, endpoint, {', '.join(_sums().values())} "
        "FROM usage GROUP BY GROUPING SETS ((), (model), (endpoint))"
    ).fetchall()
    (found,) = (_figures(row[3:]) for row in rows if row[0] == 3)
    models = {row[1] or "(unknown)": _figures(row[3:]) for row in rows if row[0] == 1}
    of_model = ("requests", "errors", "cache_hits", "tokens", "logged_cost_usd")
    found["per_model"] = {name: {k: one[k] for k in of_model} for name, one in models.items()}
    endpoints = {row[2] or "(none)": _figures(row[3:])["requests"] for row in rows if row[0] == 2}
    named = any(row[2] is not None for row in rows)
    found["per_endpoint"] = endpoints if named else None
    return found


def _sums() -> dict[str, str]:
    """Return the sums that are asked for, by name: those of tokens once of what is billed, once of what a cache saved."""
    requests = "CASE WHEN count(*) = count(requests) THEN coalesce(sum(requests){}, 0) END"
    moment = "strftime({}(occurred_at), '%Y-%m-%dT%H:%M:%S.%fZ')"
    sums = {
        "rows": "count(*)",
        "requests": requests.format(""),
        "billable_requests": requests.format(" FILTER (billable)"),
        "errors": "count(*) FILTER (status = 'error')",
        "cache_hits": "count(*) FILTER (cache_hit)",
        "batch_rows": "count(*) FILTER (tier = 'batch')",
        "ts_min": moment.format("min"),
        "ts_max": moment.format("max"),
        "logged_cost_usd": "sum(logged_cost_usd) FILTER (billable)",
        "avoided_cost_usd": "sum(logged_cost_usd) FILTER (cache_hit)",
    }
    for which in ("billable", "cache_hit"):
        for name in CLASSES:
            counted = f"coalesce(sum({name}) FILTER ({which}), 0)"
            sums[f"{which} {name}"] = f"CAST({counted} AS BIGINT)"
    return sums


def _figures(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(_sums(), row, strict=True))
    billed, avoided = (
        {name: found.pop(f"{which} {name}") for name in CLASSES}
        for which in ("billable", "cache_hit")
    )
    found["tokens"] = _all_classes(billed)
    found["avoided_tokens"] = _all_classes(avoided) if found["cache_hits"] else None
    return found


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


NO_BILLING: dict[str, Any] = {"lines": 0, "cost_by_currency": {}, "tokens_by_class": {}}


def billing(store: Store) -> dict[str, Any]:
    """Return the figures of the billing table in the form of a case's expectation."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return store.connection.execute(sql).fetchall()

    ((lines,),) = ask("SELECT count(*) FROM billing")
    tokens = (
        "SELECT token_class, CAST(sum(quantity) AS BIGINT) FROM billing "
        "WHERE token_class IS NOT NULL AND quantity IS NOT NULL GROUP BY 1"
    )
    return {
        "lines": lines,
        "cost_by_currency": dict(ask("SELECT currency, sum(cost) FROM billing GROUP BY 1")),
        "tokens_by_class": dict(ask(tokens)),
    }
