"""Logs as services and programs really write them: other fields, other places, other wrappings than the samples have."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

Record = dict[str, Any]
AT = "2026-11-02T09:00:00Z"
EIGHT = 1793606400


def attributes(**said: object) -> list[Record]:
    """Return attributes as OTLP writes them; two underscores stand for a dot."""
    kinds = {int: "intValue", float: "doubleValue", str: "stringValue"}
    return [
        {"key": key.replace("__", "."), "value": {kinds[type(value)]: value}}
        for key, value in said.items()
    ]


def span(key: str, parent: str = "", **said: object) -> Record:
    moment = f"{EIGHT}000000001"
    times = {"startTimeUnixNano": moment, "endTimeUnixNano": moment}
    ids = {"traceId": "t", "spanId": key, "parentSpanId": parent}
    return {**ids, **times, "attributes": attributes(**said)}


def export(*spans: Record) -> Record:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


BATCH_LINE: Record = {
    "id": "batch_req_1",
    "custom_id": "a",
    "response": {
        "status_code": 200,
        "body": {
            "object": "chat.completion",
            "created": EIGHT,
            "model": "gpt-4o-mini",
            "usage": {"prompt_tokens": 22, "completion_tokens": 2, "total_tokens": 24},
        },
    },
    "error": None,
}
BATCH: Record = {
    "id": "batch_1",
    "object": "batch",
    "status": "completed",
    "created_at": EIGHT,
    "usage": {"input_tokens": 22, "output_tokens": 2, "total_tokens": 24},
}
INVOCATION: Record = {
    "schemaType": "ModelInvocationLog",
    "timestamp": AT,
    "requestId": "r1",
    "operation": "Converse",
    "modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "input": {"inputTokenCount": 10, "cacheReadInputTokenCount": 100},
    "output": {"outputTokenCount": 5},
}
CONVERSED = {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 100}
STREAMED: Record = {
    "type": "message_start",
    "message": {"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 40}}},
}
RUN: Record = {
    "id": "l1",
    "run_type": "llm",
    "trace_id": "t",
    "start_time": "2026-11-02T09:00:00.123456",
    "extra": {"metadata": {"ls_model_name": "gpt-4o"}},
}
USAGE_METADATA: Record = {
    "input_tokens": 10,
    "output_tokens": 5,
    "total_tokens": 15,
    "input_token_details": {"cache_read": 4},
    "output_token_details": {"reasoning": 3},
}
SPENT: Record = {
    "request_id": "resp_1",
    "call_type": "aresponses",
    "spend": 0.0,
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "total_tokens": 0,
    "startTime": AT,
    "model": "gpt-4o",
}
SETTLED = SPENT | {"request_id": "resp_1_background_cost", "spend": 0.5, "prompt_tokens": 30}
SETTLED |= {"completion_tokens": 7, "total_tokens": 37}
PLAIN = {"gen_ai__system": "openai", "gen_ai__request__model": "gpt-4o"}
COUNTS = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 5}

LOGS: dict[str, tuple[Sequence[Record], dict[str, int], int]] = {
    "a batch beside its own lines": (
        [BATCH, BATCH_LINE],
        {"input_uncached": 22, "output": 2},
        1,
    ),
    "spans that name no operation": (
        [export(span("a", **PLAIN, **COUNTS), span("b", **PLAIN))],
        {"input_uncached": 10, "output": 5},
        1,
    ),
    "an agent without an operation above its calls": (
        [export(span("p", **COUNTS), span("a", "p", gen_ai__operation__name="chat", **COUNTS))],
        {"input_uncached": 10, "output": 5},
        1,
    ),
    "an operation of a newer kind": (
        [
            export(
                span("a", gen_ai__operation__name="responses", **COUNTS),
                span("b", gen_ai__operation__name="invoke_agent", **COUNTS),
            )
        ],
        {"input_uncached": 10, "output": 5},
        1,
    ),
    "audio in a prompt": (
        [
            export(
                span(
                    "a",
                    openinference__span__kind="LLM",
                    llm__token_count__prompt=20,
                    llm__token_count__prompt_details__audio=6,
                )
            )
        ],
        {"input_uncached": 14, "audio_input": 6},
        1,
    ),
    "counts that only the answer has": (
        [INVOCATION | {"input": {}, "output": {"outputBodyJson": {"usage": CONVERSED}}}],
        {"input_uncached": 10, "cache_read": 100, "output": 5},
        1,
    ),
    "a stream that wrote a cache for an hour": (
        [
            INVOCATION
            | {
                "input": {"inputTokenCount": 3, "cacheWriteInputTokenCount": 40},
                "output": {"outputTokenCount": 9, "outputBodyJson": [STREAMED]},
            }
        ],
        {"input_uncached": 3, "cache_write": 40, "cache_write_long": 40, "output": 9},
        1,
    ),
    "events of a log group": (
        [{"events": [{"timestamp": EIGHT * 1000, "message": json.dumps(INVOCATION)}]}],
        {"input_uncached": 10, "cache_read": 100, "output": 5},
        1,
    ),
    "rows of a query over a log group": (
        [{"@timestamp": "2026-11-02 09:00:00.000", "@message": json.dumps(INVOCATION)}],
        {"input_uncached": 10, "cache_read": 100, "output": 5},
        1,
    ),
    "runs that were never summed up": (
        [
            RUN | {"outputs": {"usage_metadata": USAGE_METADATA}},
            RUN | {"id": "l2", "extra": {"metadata": {"usage_metadata": USAGE_METADATA}}},
        ],
        {"input_uncached": 12, "cache_read": 8, "output": 10, "reasoning": 6},
        2,
    ),
    "an answer in the background": (
        [SPENT, SETTLED],
        {"input_uncached": 30, "output": 7},
        1,
    ),
}


def total(result: Any) -> Record:
    assert result.stdout, result.stderr
    found: Record = json.loads(result.stdout)["result"]["total"]
    return found


@pytest.mark.parametrize("name", LOGS)
def test_a_log_of_this_shape_is_read_in_full(name: str, run, tmp_path: Path):
    records, tokens, requests = LOGS[name]
    log = tmp_path / "log"
    log.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    found = total(run("breakdown", "log", "--json"))
    assert {k: n for k, n in found["tokens"].items() if n and k != "total"} == tokens
    assert found["requests"] == requests
