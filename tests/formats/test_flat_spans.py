"""Spans as exporters write them one by one: pretty-printed, as rows of a table, in several files, by several exporters."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.cases import BY_NAME, figures, read, same

CASE = BY_NAME["otel_spans"]
TRACE, SPAN = "5b8aa5a2d2c872e8321cf37308d69df2", "00f067aa0ba902b7"


def spans() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASE.log.read_text("utf-8").splitlines()]


def test_the_console_prints_objects_over_many_lines(tmp_path: Path):
    log = tmp_path / "console.txt"
    log.write_text("\n".join(json.dumps(span, indent=4) for span in spans()), "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.container, result.rejected) == ("otel_spans", "json", 0)
    found = figures(store)
    assert all(same(found[key], value) for key, value in CASE.expected.items())


def test_rows_of_phoenix_come_as_a_table(tmp_path: Path):
    rows = [span for span in spans() if "context.span_id" in span]
    names = list(dict.fromkeys(name for row in rows for name in row))
    log = tmp_path / "phoenix.csv"
    with log.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, names)
        out.writeheader()
        out.writerows(rows)
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.skipped) == ("otel_spans", 2, 1)
    assert store.connection.execute(
        "SELECT model, operation, session_id, input_uncached, cache_read, cache_write, output, reasoning, "
        "CAST(CAST(occurred_at AS TIME) AS VARCHAR), CAST(CAST(ended_at AS TIME) AS VARCHAR) FROM usage ORDER BY occurred_at"
    ).fetchall() == [
        ("text-embedding-3-large", "embeddings", None, 85, 0, 0, 0, 0, "08:00:00.1", "08:00:00.2"),
        ("claude-sonnet-4-5", "chat", "s-7", 500, 6000, 2500, 410, 150, "08:00:00.5", "08:00:02.5"),
    ]


def test_times_of_phoenix_may_be_epoch_milliseconds(tmp_path: Path):
    (row,) = (s for s in spans() if s.get("context.span_id") == "a1b2c3d4e5f60701")
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(row | {"start_time": 1794470400500, "end_time": 1794470402500}))
    store, _ = read(log)
    times = store.connection.execute("SELECT epoch_ms(occurred_at), epoch_ms(ended_at) FROM usage")
    assert times.fetchall() == [(1794470400500, 1794470402500)]


def test_the_portal_exports_dependencies_with_its_own_times(tmp_path: Path):
    rows = [span for span in spans() if "customDimensions" in span]
    log = tmp_path / "query_data.csv"
    with log.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        out.writerow(["timestamp [UTC]", *list(rows[0])[1:]])
        for row in rows:
            out.writerow(["11/12/2026, 8:00:07.500 AM", *list(row.values())[1:]])
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.skipped) == ("otel_spans", 1, 2)
    assert store.connection.execute(
        "SELECT provider, endpoint, input_uncached, output, latency_ms, CAST(occurred_at AS VARCHAR) FROM usage"
    ).fetchall() == [
        ("azure_openai", "document_summary", 1000, 200, 812.5, "2026-11-12 08:00:07.5")
    ]


def test_a_workspace_names_its_columns_otherwise(tmp_path: Path):
    properties = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": "7"}
    row = {
        "TimeGenerated": "2026-11-12T08:00:07.5Z",
        "Id": "1111111111111111",
        "OperationId": "c0ffee00c0ffee00c0ffee00c0ffee00",
        "ParentId": "2222222222222222",
        "DurationMs": 12.5,
        "Success": False,
        "Properties": properties | {"gen_ai.request.model": "gpt-4o"},
        "AppRoleName": "summaries",
    }
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(row) + "\n", "utf-8")
    store, (result,) = read(log)
    assert result.format == "otel_spans"
    assert store.connection.execute(
        "SELECT status, model, input_uncached, latency_ms, tags['service'] FROM usage"
    ).fetchall() == [("error", "gpt-4o", 7, 12.5, "summaries")]


def test_events_and_metrics_of_a_call_are_no_calls(tmp_path: Path):
    (call,) = (s for s in spans() if s.get("id") == "1111111111111111")
    bare = {k: v for k, v in call.items() if k != "id"}
    metric = bare | {"itemType": "customMetric", "name": "gen_ai.client.token.usage"}
    rows = [call, bare | {"itemType": "trace"}, bare | {"itemType": "customEvent"}, metric]
    log = tmp_path / "union.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.skipped) == ("otel_spans", 1, 3)
    assert store.connection.execute("SELECT sum(input_uncached) FROM usage").fetchone() == (1000,)


@pytest.mark.parametrize(
    "record",
    [
        {"name": "chat", "startTimeUnixNano": "1", "attributes": [{"key": "a", "value": {}}]},
        {"body": "x", "attributes": {"gen_ai.operation.name": "chat"}},
    ],
    ids=["a list of attributes", "an event"],
)
def test_other_records_of_a_trace_are_no_spans(record: dict[str, Any], tmp_path: Path):
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(record | {"traceId": TRACE, "spanId": SPAN}) + "\n", "utf-8")
    _, (result,) = read(log)
    assert "no log format recognises" in (result.error or "")


def test_counts_may_be_written_as_pandas_writes_them(tmp_path: Path):
    names = ["context.span_id", "context.trace_id", "parent_id", "span_kind", "start_time"]
    names += ["attributes.llm.token_count.prompt", "attributes.llm.token_count.completion"]
    log = tmp_path / "phoenix.csv"
    row = "a1,t1,,LLM,2026-11-12 09:00:00.500000+00:00,1850.0,320.0"
    log.write_text(f"{','.join(names)}\n{row}\na2,t1,,CHAIN,2026-11-12 09:00:00+00:00,,\n", "utf-8")
    store, (result,) = read(log)
    assert (result.new_rows, result.skipped) == (1, 1)
    assert store.connection.execute(
        "SELECT input_uncached, output, epoch_ms(occurred_at) % 1000, time_assumed_utc FROM usage"
    ).fetchall() == [(1850, 320, 500, False)]


def test_times_of_javascript_are_cut_to_microseconds(tmp_path: Path):
    (span,) = (s for s in spans() if "startTime" in s)
    seconds = span["startTime"][0]
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(span) + "\n", "utf-8")
    store, _ = read(log)
    assert store.connection.execute(
        "SELECT epoch_us(occurred_at), epoch_us(ended_at) FROM usage"
    ).fetchall() == [(seconds * 10**6 + 123456, (seconds + 1) * 10**6)]


def test_a_parent_of_a_later_file_is_no_call(tmp_path: Path):
    child, parent = (s for s in spans() if s.get("name", "").startswith("ai.generateText"))
    store = None
    for number, span in enumerate((child, parent)):
        log = tmp_path / f"{number}.jsonl"
        log.write_text(json.dumps(span) + "\n", "utf-8")
        store, _ = read(log, store=store)
    assert store is not None
    rows = store.connection.execute("SELECT input_uncached, output FROM usage").fetchall()
    assert rows == [(120, 15)]


def test_a_span_that_two_exporters_wrote_is_one_call(tmp_path: Path):
    typed = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1850"}},
    ]
    span = {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "1794470400250000000"}
    page = {"resourceSpans": [{"scopeSpans": [{"spans": [span | {"attributes": typed}]}]}]}
    log = tmp_path / "both.jsonl"
    log.write_text(json.dumps(page) + "\n" + json.dumps(spans()[0]) + "\n", "utf-8")
    store, (result,) = read(log)
    assert dict(result.formats).keys() == {"otlp_genai", "otel_spans"}
    assert store.connection.execute("SELECT count(*) FROM usage").fetchone() == (1,)
