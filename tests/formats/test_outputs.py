"""What `ingest`, `status` and `breakdown` say about each format's log are its stated figures."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.formats.cases import CASES, CLASSES, Case, same

USAGE = [case for case in CASES if case.expected["rows"]]
ids = [case.format for case in USAGE]
SUMMED = ("billable_requests", "errors", "cache_hits")


def answer(result: Any) -> dict[str, Any]:
    assert result.stdout, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)["result"]
    return found


@pytest.mark.parametrize("case", USAGE, ids=ids)
def test_breakdown_and_status_give_the_figures(case: Case, run: Callable[..., Any]):
    took = answer(run("ingest", case.log, "--db", "a.duckdb", "--json"))["files"][0]
    assert (took["format"], took["new_rows"]) == (case.format, case.expected["rows"])
    status = answer(run("status", "--db", "a.duckdb", "--json"))
    assert status["rows"] == case.expected["rows"]
    assert same(status["requests"], case.expected["requests"])
    assert status["tokens"] == case.expected["tokens"]["total"]
    by_model = answer(run("breakdown", "--by", "model", "--db", "a.duckdb", "--json"))
    _compare_models(case, by_model["rows"])
    _compare_endpoints(
        case, answer(run("breakdown", "--by", "endpoint", "--db", "a.duckdb", "--json"))["rows"]
    )
    total = by_model["total"]
    assert total["tokens"] == case.expected["tokens"]
    assert same(total["logged_cost_usd"], case.expected["logged_cost_usd"])
    avoided = case.expected["avoided_tokens"] or dict.fromkeys([*CLASSES, "total"], 0)
    assert total["avoided_tokens"] == avoided
    for name in SUMMED:
        assert same(total[name], case.expected[name]), name


def _compare_models(case: Case, rows: list[dict[str, Any]]) -> None:
    found = {row["model"] or "(unknown)": row for row in rows}
    assert found.keys() == case.expected["per_model"].keys()
    for model, stated in case.expected["per_model"].items():
        row = found[model]
        assert {k: row[k] for k in ("requests", "errors", "cache_hits", "tokens")} == {
            k: stated[k] for k in ("requests", "errors", "cache_hits", "tokens")
        }
        assert same(row["logged_cost_usd"], stated["logged_cost_usd"])


def _compare_endpoints(case: Case, rows: list[dict[str, Any]]) -> None:
    found = {row["endpoint"] or "(none)": row["requests"] for row in rows}
    if case.expected["per_endpoint"] is None:
        assert set(found) == {"(none)"}
    else:
        assert found == case.expected["per_endpoint"]


def test_a_second_ingest_adds_nothing(run: Callable[..., Any]):
    logs = [case.log for case in CASES]
    first = answer(run("ingest", *logs, "--json"))
    assert first["total"]["new_rows"] > 0
    again = answer(run("ingest", *logs, "--json"))
    assert again["total"]["new_rows"] == 0
