"""Logs of Azure as portals, queries and storage accounts give them: rows, tables, pages of several categories, streams."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.cases import BY_NAME, figures, read, same

URL = "https://aoai-east.openai.azure.com/openai/deployments/gpt-chat/chat/completions"
LLM: list[dict[str, object]] = [
    {"CorrelationId": "c1", "SequenceNumber": 1, "RequestMessages": '[{"role": "user"}]'},
    {"CorrelationId": "c1", "SequenceNumber": 2, "ResponseMessages": '[{"role": "assistant"}]'},
    {"CorrelationId": "c1", "SequenceNumber": 0, "PromptTokens": 1850, "CompletionTokens": 320},
    {"CorrelationId": "c2", "SequenceNumber": 0, "PromptTokens": 40, "CompletionTokens": 2},
]
NAMES = ("CorrelationId", "SequenceNumber", "PromptTokens", "CompletionTokens", "TotalTokens")
MORE = ("DeploymentName", "ModelName", "Region", "RequestMessages", "ResponseMessages")


def llm_rows() -> list[dict[str, object]]:
    named = {"DeploymentName": "gpt-chat", "ModelName": "gpt-4o-2024-08-06", "Region": "East US"}
    return [dict.fromkeys((*NAMES, *MORE)) | named | row for row in LLM]


def as_csv(path: Path, rows: list[dict[str, Any]], time: str) -> Path:
    """Write rows as the portal does: every cell quoted, with a mark, and times of its own."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        out.writerow(["TimeGenerated [UTC]", *rows[0]])
        for row in rows:
            out.writerow([time, *("" if value is None else value for value in row.values())])
    return path


CALLS = [
    (1850, 320, "gpt-4o-2024-08-06", "gpt-chat", "2026-11-02 09:15:02.113"),
    (40, 2, "gpt-4o-2024-08-06", "gpt-chat", "2026-11-02 09:15:02.113"),
]
SELECT = (
    "SELECT input_uncached, output, response_model, deployment, CAST(occurred_at AS VARCHAR) "
    "FROM usage ORDER BY input_uncached DESC"
)


def test_the_portal_exports_the_llm_log_as_csv(tmp_path: Path):
    log = as_csv(tmp_path / "query_data.csv", llm_rows(), "11/2/2026, 9:15:02.113 AM")
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.duplicates) == ("azure_apim_llm_log", 2, 2)
    assert store.connection.execute(SELECT).fetchall() == CALLS


@pytest.mark.parametrize("indent", [None, 2])
def test_a_query_answers_with_tables(indent: int | None, tmp_path: Path):
    rows = [{"TimeGenerated": "2026-11-02T09:15:02.113Z"} | row for row in llm_rows()]
    columns = [{"name": name, "type": "dynamic"} for name in rows[0]]
    table = {"name": "PrimaryResult", "columns": columns, "rows": [list(r.values()) for r in rows]}
    log = tmp_path / "answer.json"
    log.write_text(json.dumps({"tables": [table]}, indent=indent), "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.container, result.records) == ("azure_apim_llm_log", "json", 4)
    assert store.connection.execute(SELECT).fetchall() == CALLS
    again, (known,) = read(log, store=store)
    assert (known.new_rows, again.connection.execute(SELECT).fetchall()) == (0, CALLS)


def test_tables_that_are_none_are_told_to_be_no_log(tmp_path: Path):
    log = tmp_path / "schema.json"
    log.write_text(json.dumps({"tables": [{"name": "orders", "columns": ["id"]}]}), "utf-8")
    _, (result,) = read(log)
    assert "no log format recognises" in (result.error or "")


def sse(*events: dict[str, object]) -> str:
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)


COMPLETED = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-4.1-2025-04-14",
    "status": "completed",
    "service_tier": "default",
    "usage": {
        "input_tokens": 1850,
        "input_tokens_details": {"cached_tokens": 1024},
        "output_tokens": 320,
        "output_tokens_details": {"reasoning_tokens": 64},
        "total_tokens": 2170,
    },
}
CREATED = COMPLETED | {"status": "in_progress", "usage": None}
RESPONSES = sse(
    {"type": "response.created", "response": CREATED},
    {"type": "response.output_text.delta", "delta": 'x {"usage": 1}'},
    {"type": "response.completed", "response": COMPLETED},
)
START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "model": "claude-sonnet-4-5-20250929",
        "usage": {
            "input_tokens": 100,
            "cache_creation_input_tokens": 2000,
            "cache_read_input_tokens": 6000,
            "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1500},
            "output_tokens": 3,
        },
    },
}
OLD_END = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"output_tokens": 410},
}
NEW_END = OLD_END | {
    "usage": {
        "input_tokens": 130,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": 6000,
        "output_tokens": 410,
    }
}
CUT = RESPONSES[: RESPONSES.index("response.completed") + 60]
BODIES = {
    # body -> input, read, written, of which long, output, reasoning, model, counted
    "responses": (RESPONSES, (826, 1024, 0, 0, 320, 64, "gpt-4.1-2025-04-14", True)),
    "responses, cut off": (CUT, (0, 0, 0, 0, 0, 0, "gpt-4.1-2025-04-14", False)),
    "claude": (
        sse(START, {"type": "ping"}, OLD_END, {"type": "message_stop"}),
        (100, 6000, 2000, 1500, 410, 0, "claude-sonnet-4-5-20250929", True),
    ),
    "claude, all counts at the end": (
        sse(START, NEW_END, {"type": "message_stop"}),
        (130, 6000, 2000, 1500, 410, 0, "claude-sonnet-4-5-20250929", True),
    ),
    "claude, cut off": (
        sse(START, {"type": "ping"}),
        (100, 6000, 2000, 1500, 0, 0, "claude-sonnet-4-5-20250929", True),
    ),
}


def gateway(body: str, number: int = 1, **more: object) -> dict[str, object]:
    row = {
        "CorrelationId": f"g{number}",
        "ApiId": "aoai",
        "BackendUrl": URL,
        "Url": "https://apim/x",
    }
    return row | {"ResponseCode": 200, "TotalTime": 812, "BackendResponseBody": body} | more


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("shape", ["rows", "records"])
def test_streams_of_any_maker_are_counted(name: str, shape: str, tmp_path: Path):
    body, stated = BODIES[name]
    record: dict[str, object] = gateway(body, TimeGenerated="2026-11-02T09:15:02Z")
    if shape == "records":
        properties = {"backendUrl": URL, "responseCode": 200, "backendResponseBody": body}
        record = {"category": "GatewayLogs", "correlationId": "g1", "properties": properties}
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(record) + "\n", "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.new_rows) == ("azure_apim_gateway_log", 1)
    assert store.connection.execute(
        "SELECT input_uncached, cache_read, cache_write, cache_write_long, output, reasoning, model, tokens_known FROM usage"
    ).fetchall() == [stated]


@pytest.mark.parametrize("category", [True, False])
def test_the_portal_exports_the_gateway_log_as_csv(category: bool, tmp_path: Path):  # noqa: FBT001 - a parameter
    named = {"Category": "GatewayLogs"} if category else {}
    plain = {
        "id": "c",
        "model": "gpt-4o-2024-08-06",
        "usage": {"prompt_tokens": 9, "completion_tokens": 1},
    }
    rows = [
        gateway(json.dumps(plain), 1, **named),
        gateway(RESPONSES, 2, **named),
        gateway("", 3, **named) | {"ResponseCode": 429},
        gateway("<html>", 4, **named) | {"BackendUrl": "https://web/home", "Url": "https://apim/"},
    ]
    log = as_csv(tmp_path / "query_data.csv", rows, "11/2/2026, 9:15:02.113 AM")
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.skipped) == ("azure_apim_gateway_log", 3, 1)
    assert store.connection.execute(
        "SELECT input_uncached, output, status, http_status, deployment, resource, latency_ms, "
        "CAST(occurred_at AS VARCHAR) FROM usage ORDER BY input_uncached"
    ).fetchall() == [
        (*counts, status, code, "gpt-chat", "aoai-east", 812, "2026-11-02 09:15:02.113")
        for *counts, status, code in [
            (0, 0, "error", 429),
            (9, 1, "ok", 200),
            (826, 320, "ok", 200),
        ]
    ]


CATEGORIES = ("azure_apim_llm_log", "azure_apim_gateway_log", "azure_openai_requestresponse")


def azure_records(name: str) -> list[dict[str, Any]]:
    lines = BY_NAME[name].log.read_text("utf-8").splitlines()
    rows = list(map(json.loads, lines))
    if name != "azure_apim_llm_log":
        return rows
    wrapped = [
        r if "category" in r else {"category": "GatewayLlmLogs", "properties": r} for r in rows
    ]
    return [{"correlationId": r["properties"].get("CorrelationId")} | r for r in wrapped]


@pytest.mark.parametrize("lines", [False, True], ids=["pretty", "lines"])
def test_a_page_of_several_categories_is_read_record_by_record(lines: bool, tmp_path: Path):  # noqa: FBT001 - same
    apart, together = {}, []
    for name in CATEGORIES:
        rows = azure_records(name)
        log = tmp_path / f"{name}.jsonl"
        log.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
        store, (alone,) = read(log)
        apart[name] = (figures(store), alone)
        together += rows
    other = {"category": "AuditEvent", "time": "2026-11-02T09:00:00Z", "properties": {}}
    page = {"records": [*together[::2], other, *together[1::2]]}
    log = tmp_path / "PT1H.json"
    text = (
        json.dumps(page) + "\n" + json.dumps(page) + "\n" if lines else json.dumps(page, indent=1)
    )
    log.write_text(text, "utf-8")
    store, (result,) = read(log)
    found = figures(store)
    assert found["rows"] == sum(f["rows"] for f, _ in apart.values())
    assert same(
        found["tokens"],
        {n: sum(f["tokens"][n] for f, _ in apart.values()) for n in found["tokens"]},
    )
    pages = 2 if lines else 1
    assert result.records == pages * (len(together) + 1)
    assert result.skipped == pages * (1 + sum(alone.skipped for _, alone in apart.values()))
    outcomes = result.new_rows + result.duplicates + result.skipped + result.rejected
    assert result.records == outcomes
    assert {name for name, _ in result.formats} == set(CATEGORIES)


def test_a_page_among_records_of_another_format_is_read_once(tmp_path: Path):
    flat = BY_NAME["lesson_jsonl"].log.read_text("utf-8").splitlines()
    lines = [line for line in flat if line.endswith("}")]
    page = {"records": [r for name in CATEGORIES for r in azure_records(name)]}
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join([*lines, json.dumps(page)]) + "\n", "utf-8")
    store, (result,) = read(log)
    assert figures(store)["rows"] == sum(
        BY_NAME[n].expected["rows"] for n in ("lesson_jsonl", *CATEGORIES)
    )
    assert min(result.records, result.new_rows, result.duplicates, result.skipped) >= 0
    assert result.records == result.new_rows + result.duplicates + result.skipped + result.rejected
