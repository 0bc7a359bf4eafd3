"""Exports of tracing products and gateways that hold calls in other shapes than rows."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.cases import BY_NAME, figures, read, same

LANGFUSE = BY_NAME["langfuse_observations"]


def observations() -> list[dict[str, Any]]:
    lines = LANGFUSE.log.read_text("utf-8").splitlines()
    return [json.loads(x) for x in lines if x.endswith("}")]


def trace(inside: list[dict[str, Any]]) -> dict[str, Any]:
    named = {"id": inside[0]["traceId"], "name": "chat", "timestamp": "2026-11-11T09:00:00.000Z"}
    more = {"sessionId": "s-9", "userId": "u-9", "tags": ["gold"], "environment": "prod"}
    cost = {"totalCost": 99.0, "latency": 3.0, "htmlPath": "/project/p/traces/t", "scores": []}
    return named | more | cost | {"observations": inside}


@pytest.mark.parametrize("shape", ["one", "array", "lines"])
def test_observations_in_their_traces_give_the_same(shape: str, tmp_path: Path):
    rows = observations()
    ids = list(dict.fromkeys(r["traceId"] for r in rows))
    traces = [trace([r for r in rows if r["traceId"] == i]) for i in ids]
    if shape == "one":
        traces = [trace(rows)]
    log = tmp_path / "traces.json"
    text = "\n".join(map(json.dumps, traces)) if shape == "lines" else json.dumps(traces, indent=1)
    log.write_text(text, "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.records) == ("langfuse_observations", len(rows))
    found = figures(store)
    assert all(same(found[key], value) for key, value in LANGFUSE.expected.items())
    told = "SELECT DISTINCT session_id, tags['trace'], tags['gold'] FROM usage"
    assert store.connection.execute(told).fetchall() == [("s-9", "chat", "true")]
    # The same observations exported one by one are the same calls.
    _, (again,) = read(LANGFUSE.log, store=store)
    assert again.new_rows == 0


def test_usage_before_usage_details_is_read_in_tokens_only(tmp_path: Path):
    base = {"traceId": "t", "type": "GENERATION", "startTime": "2026-11-11T09:00:00Z"}
    usage = {"input": 120, "output": 15, "total": 135, "inputCost": 0.1, "outputCost": 0.2}
    rows: list[dict[str, Any]] = [
        base | {"id": "a", "model": "m", "usage": usage | {"unit": "TOKENS"}},
        base
        | {"id": "b", "model": "m", "usage": usage | {"unit": None}, "calculatedTotalCost": 0.3},
        base | {"id": "c", "model": "m", "usage": usage | {"unit": "CHARACTERS"}},
        base | {"id": "d", "model": "m", "usage": usage, "usageDetails": {"input": 7, "output": 1}},
        base | {"id": "e", "type": "SPAN", "usage": usage},
    ]
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"data": rows, "meta": {"page": 1}}), "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.skipped) == ("langfuse_observations", 4, 1)
    assert store.connection.execute(
        "SELECT input_uncached, output, tokens_known, CAST(logged_cost_usd AS DOUBLE) FROM usage ORDER BY source_line, input_uncached DESC, tokens_known DESC"
    ).fetchall() == [
        (120, 15, True, None),
        (120, 15, True, 0.3),
        (7, 1, True, None),
        (0, 0, False, None),
    ]


def test_a_page_of_trace_names_without_observations_is_no_log(tmp_path: Path):
    log = tmp_path / "traces.json"
    log.write_text(json.dumps({"data": [trace([{"traceId": "t"}]) | {"observations": ["o1"]}]}))
    _, (result,) = read(log)
    assert "no log format recognises" in (result.error or "")


GENERATION = {
    "id": "gen-1782618417-a",
    "model": "anthropic/claude-sonnet-4",
    "provider_name": "Anthropic",
    "created_at": "2026-06-28T03:46:57.433273+00:00",
    "total_cost": 0.0123,
    "usage": 0.0123,
    "upstream_inference_cost": 0.0111,
    "cancelled": False,
    "finish_reason": "stop",
    "native_finish_reason": "end_turn",
    "latency": 1250,
    "generation_time": 1200,
    "tokens_prompt": 1700,
    "tokens_completion": 300,
    "native_tokens_prompt": 1850,
    "native_tokens_completion": 320,
    "native_tokens_reasoning": 64,
    "native_tokens_cached": 1024,
    "service_tier": "priority",
    "external_user": "user-123",
}


@pytest.mark.parametrize("shape", ["wrapped", "plain", "page", "pretty"])
def test_a_generation_is_counted_by_what_is_billed(shape: str, tmp_path: Path):
    late = GENERATION | {"id": "gen-1782618417-b", "cancelled": True, "native_tokens_cached": None}
    both = [GENERATION, late]
    texts = {
        "wrapped": "".join(json.dumps({"data": g}) + "\n" for g in both),
        "plain": "".join(json.dumps(g) + "\n" for g in both) + '{"event": "end"}\n',
        "page": json.dumps({"data": both}),
        "pretty": json.dumps([{"data": g} for g in both], indent=2),
    }
    log = tmp_path / "generations.json"
    log.write_text(texts[shape], "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.new_rows) == ("openrouter_activity", 2)
    assert result.skipped == (shape == "plain")
    assert store.connection.execute(
        "SELECT input_uncached, cache_read, output, reasoning, status, tier, CAST(logged_cost_usd AS DOUBLE), user_id, latency_ms "
        "FROM usage ORDER BY status"
    ).fetchall() == [
        (1850, 0, 320, 64, "cancelled", "priority", 0.0123, "user-123", 1200),
        (1850 - 1024, 1024, 320, 64, "ok", "priority", 0.0123, "user-123", 1200),
    ]


def test_a_generation_and_its_row_of_the_activity_are_one_call(tmp_path: Path):
    with BY_NAME["openrouter_activity"].log.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    store, _ = read(BY_NAME["openrouter_activity"].log)
    log = tmp_path / "one.json"
    log.write_text(json.dumps({"data": GENERATION | {"id": row["generation_id"]}}), "utf-8")
    _, (result,) = read(log, store=store)
    assert (result.format, result.new_rows, result.duplicates) == ("openrouter_activity", 0, 1)
