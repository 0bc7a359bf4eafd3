"""What `ingest`, `status` and `breakdown` say about the logs of all formats, in one database, are their stated figures."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests.formats.cases import CASES, CLASSES, LOGS, Case, same

USAGE = [case for case in CASES if case.expected["rows"]]
COUNTED = ("requests", "errors", "cache_hits", "tokens", "logged_cost_usd")
NOTHING = dict.fromkeys([*CLASSES, "total"], 0)


def answer(result: Any) -> dict[str, Any]:
    assert result.stdout, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)["result"]
    return found


def of_source(rows: list[dict[str, Any]], case: Case, column: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a case by another column, with the name that a case has for nothing."""
    none = {"model": "(unknown)", "endpoint": "(none)"}.get(column)
    return {row[column] or none: row for row in rows if row["source"] == case.format}


def wrong(case: Case, shown: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what an output says otherwise than a case states: what, found, stated."""
    stated = case.expected
    total = of_source(shown["source"], case, "source")[case.format]
    for name in (*COUNTED, "billable_requests"):
        yield name, total[name], stated[name]
    yield "avoided_tokens", total["avoided_tokens"], stated["avoided_tokens"] or NOTHING
    models = of_source(shown["source,model"], case, "model")
    found = {name: {key: row[key] for key in COUNTED} for name, row in models.items()}
    yield "per_model", found, stated["per_model"]
    endpoints = of_source(shown["source,endpoint"], case, "endpoint")
    requests = {name: row["requests"] for name, row in endpoints.items()}
    yield "per_endpoint", requests, stated["per_endpoint"] or {"(none)": stated["requests"]}
    status = of_source(shown["status"], case, "source")[case.format]
    for name in ("rows", "requests"):
        yield f"status {name}", status[name], stated[name]
    for name, moment in (("first", stated["ts_min"]), ("last", stated["ts_max"])):
        yield f"status {name}", _moment(status[name]), _moment(moment)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def test_one_database_of_all_formats_gives_the_figures_of_each_in_any_order(
    run: Callable[..., Any],
):
    read = answer(run("ingest", *(case.log for case in reversed(CASES)), "--json"))
    found = {file["format"]: file["new_rows"] for file in read["files"]}
    stated = {case.format: case.expected["rows"] for case in USAGE}
    assert {name: count for name, count in found.items() if name in stated} == stated
    assert set(found) == {case.format for case in CASES}
    shown = {
        by: answer(run("breakdown", "--by", by, "--json"))["rows"]
        for by in ("source", "source,model", "source,endpoint")
    }
    shown["status"] = answer(run("status", "--json"))["sources"]
    differ = {
        (case.format, what): (value, expected)
        for case in USAGE
        for what, value, expected in wrong(case, shown)
        if not same(value, expected)
    }
    assert differ == {}
    total = answer(run("breakdown", "--json"))["total"]
    counted = [case.expected["tokens"] for case in CASES]
    assert total["tokens"] == {name: sum(one[name] for one in counted) for name in NOTHING}
    costs = [case.expected["logged_cost_usd"] or 0.0 for case in CASES]
    assert same(total["logged_cost_usd"], sum(costs))
    again = answer(run("ingest", LOGS, "--json"))
    assert again["total"]["new_rows"] == 0
