"""Logs in the shape of a format that differ from its sample: more models, missing fields, several files, several runs."""

import json
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from costctl.store import Store
from tests.formats.cases import read

Record = dict[str, Any]
Write = Callable[..., Path]
AT = "2026-11-02T08:00:00Z"
EIGHT = 1793606400
"""The same in seconds."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes one file of JSON lines and gives its path."""
    made: list[Path] = []

    def _write(*records: object) -> Path:
        path = tmp_path / f"{len(made)}.jsonl"
        made.append(path)
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        path.write_text("".join(line + "\n" for line in lines), "utf-8")
        return path

    return _write


def select(store: Store, columns: str) -> list[tuple[Any, ...]]:
    return store.connection.execute(
        f"SELECT {columns} FROM usage ORDER BY occurred_at, {columns}"  # noqa: S608 - the columns are ours
    ).fetchall()


# --- traces: a call that encloses another call repeats its usage -----------------------------------


def span(key: str, parent: str, tokens: int | None = None) -> Record:
    attributes = [{"key": "span.kind", "value": {"stringValue": "client"}}]
    if tokens is not None:
        attributes = [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(tokens)}},
        ]
    return {
        "traceId": "t",
        "spanId": key,
        "parentSpanId": parent,
        "startTimeUnixNano": f"{EIGHT}000000001",
        "attributes": attributes,
    }


def export(*spans: Record) -> Record:
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}


CALL, WRAPPER, BETWEEN = span("c", "m", 7), span("p", "", 1000), span("m", "p")
RUNS: dict[str, Sequence[Sequence[Record]]] = {
    "in one export": [[WRAPPER, BETWEEN, CALL]],
    "the call first, then what stands between and the wrapper": [[CALL], [BETWEEN, WRAPPER]],
    "the call and what stands between, then the wrapper": [[CALL, BETWEEN], [WRAPPER]],
    "the wrapper first": [[WRAPPER], [BETWEEN, CALL]],
    "the wrapper again, alone": [[WRAPPER, BETWEEN, CALL], [WRAPPER]],
}


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_a_wrapper_is_no_call_in_whatever_order_the_spans_come(
    runs: Sequence[Sequence[Record]], write: Write
):
    store = Store.memory()
    for spans in runs:
        read(write(export(*spans)), store=store)
    assert select(store, "input_uncached") == [(7,)]


def test_a_direct_parent_that_came_first_is_replaced_by_its_call(write: Write):
    store, _ = read(write(export(WRAPPER)))
    read(write(export(span("c", "p", 7))), store=store)
    assert select(store, "input_uncached") == [(7,)]


# --- coding agents ----------------------------------------------------------------------------------


def token_count(second: float, total: Sequence[int], last: Sequence[int] | None) -> Record:
    def usage(counts: Sequence[int]) -> Record:
        given, cached, made = counts
        return {
            "input_tokens": given,
            "cached_input_tokens": cached,
            "output_tokens": made,
            "total_tokens": given + made,
        }

    info = {"total_token_usage": usage(total)}
    if last is not None:
        info["last_token_usage"] = usage(last)
    return line(second, "event_msg", {"type": "token_count", "info": info})


def line(second: float, kind: str, payload: Record) -> Record:
    return {"timestamp": f"2026-11-02T08:00:{second:06.3f}Z", "type": kind, "payload": payload}


PARENT = [
    line(0, "session_meta", {"id": "p"}),
    line(0, "turn_context", {"model": "gpt-5.2-codex"}),
    token_count(3, (100, 0, 10), (100, 0, 10)),
    token_count(8, (300, 90, 30), (200, 90, 20)),
    token_count(9, (300, 90, 30), (200, 90, 20)),  # sent again for the rate limits
]
OWN = token_count(25, (400, 100, 40), (100, 10, 10))


FORKS: Sequence[Record] = (
    {"forked_from_id": "p"},
    {"source": {"subagent": {"thread_spawn": {"depth": 1}}}},
)


def family(fork: Record, hour: int, *, rewritten: bool) -> tuple[list[Record], list[Record]]:
    """Return a session and one that was forked off it and repeats its history, both of that hour."""
    times = [f"2026-11-02T08:00:20.{100 + n}Z" for n in range(len(PARENT))]
    copied = [
        entry | {"timestamp": time} if rewritten else entry
        for entry, time in zip(PARENT, times, strict=True)
    ]
    child = [line(20, "session_meta", {"id": "c"} | fork), *copied, OWN]
    text = json.dumps([PARENT, child]).replace("T08:", f"T{hour:02}:")
    for name in "pc":
        text = text.replace(f'"{name}"', f'"{name}{hour}"')
    parent, child = json.loads(text)
    return parent, child


@pytest.mark.parametrize("child_first", [False, True])
def test_the_history_that_a_child_session_repeats_is_its_parents(
    *, child_first: bool, write: Write
):
    kinds = list(product(FORKS, (False, True)))
    families = [
        family(fork, 8 + number, rewritten=rewritten)
        for number, (fork, rewritten) in enumerate(kinds)
    ]
    files = [[write(*session) for session in sessions] for sessions in zip(*families, strict=True)]
    store = Store.memory()
    for paths in reversed(files) if child_first else files:
        read(*paths, store=store)
    found = select(store, "input_uncached, cache_read, output")
    assert found == [(100, 0, 10), (110, 90, 20), (90, 10, 10)] * len(kinds)


def test_a_session_of_its_own_that_begins_at_once_loses_nothing(write: Write):
    store, _ = read(write(*PARENT[:2], token_count(0.4, (5, 0, 1), (5, 0, 1))))
    assert select(store, "input_uncached, output") == [(5, 1)]


def test_cumulative_totals_that_start_anew_are_counted_from_zero(write: Write):
    full = token_count(12, (0, 0, 0), (0, 0, 0))
    full["payload"]["info"]["total_token_usage"]["total_tokens"] = 272_000
    store, _ = read(
        write(
            *PARENT,
            full,
            token_count(15, (50, 0, 5), None),
            token_count(18, (120, 20, 9), None),
        )
    )
    found = select(store, "input_uncached, cache_read, output")
    assert found[2:] == [(50, 0, 5), (50, 20, 4)]


def claude(key: str, given: int, made: int, second: int, **usage: Any) -> Record:
    message = {"id": key, "type": "message", "model": "claude-sonnet-4-5", "role": "assistant"}
    return {
        "type": "assistant",
        "timestamp": f"2026-11-02T08:00:0{second}.000Z",
        "sessionId": f"s{second}",
        "message": message | {"usage": {"input_tokens": given, "output_tokens": made} | usage},
    }


@pytest.mark.parametrize("late_first", [False, True])
def test_parts_of_one_answer_in_two_runs_become_the_last_part_at_the_first_time(
    *, late_first: bool, write: Write
):
    early, late = write(claude("m", 10, 1, 0)), write(claude("m", 10, 500, 4))
    store = Store.memory()
    results = [
        read(path, store=store)[1][0] for path in ((late, early) if late_first else (early, late))
    ]
    assert select(store, "output, strftime(occurred_at, '%S')") == [(500, "00")]
    assert [(r.new_rows, r.replaced) for r in results] == [(1, 0), (0, 1)]


COMPACTED = {
    "cache_read_input_tokens": 50,
    "iterations": [
        {"type": "compaction", "input_tokens": 1000, "output_tokens": 100},
        {"type": "compaction", "input_tokens": 1, "cache_read_input_tokens": 3},
        {"type": "message", "input_tokens": 10, "output_tokens": 20},
    ],
}


def test_compactions_are_billed_beside_the_message(write: Write):
    message = claude("b", 10, 20, 0, **COMPACTED)["message"]
    for record in (claude("a", 10, 20, 0, **COMPACTED), message):
        store, _ = read(write(record))
        found = select(store, "input_uncached, cache_read, output")
        assert found == [(1011, 53, 120)], record


def test_events_of_a_stream_are_one_call_with_its_last_counts(write: Write):
    def start(key: str, **usage: int) -> Record:
        counts = {"input_tokens": 10, "output_tokens": 1} | usage
        message = {"id": key, "type": "message", "model": "claude-opus-4-6", "usage": counts}
        return {"type": "message_start", "message": message}

    def delta(**usage: int) -> Record:
        return {"type": "message_delta", "delta": {}, "usage": usage}

    first = [start("a", cache_read_input_tokens=100), delta(output_tokens=12)]
    second = [start("b"), delta(input_tokens=10, output_tokens=7), {"type": "message_stop"}]
    store, _ = read(write(*first, delta(output_tokens=33), *second))
    whole = start("a", cache_read_input_tokens=100, output_tokens=33)["message"]
    read(write(whole), store=store)
    found = select(store, "input_uncached, cache_read, output")
    assert sorted(found) == [(10, 0, 7), (10, 100, 33)]


# --- reports of buckets -----------------------------------------------------------------------------


def bucket(*results: Record) -> Record:
    day = {"object": "bucket", "start_time": EIGHT - 28800, "end_time": EIGHT + 57600}
    return day | {"results": list(results)}


def result(kind: str, **fields: Any) -> Record:
    return {"object": f"organization.usage.{kind}.result"} | fields


def test_groups_of_one_bucket_stay_apart(write: Write):
    pictures = [
        result("images", images=4, num_model_requests=2, model="dall-e-3", size="1024x1024"),
        result("images", images=1, num_model_requests=1, model="dall-e-3", size="256x256"),
    ]
    store, _ = read(write(bucket(*pictures)))
    assert sorted(select(store, "requests, units['image']")) == [(1, 1), (2, 4)]


def test_what_tools_did_for_a_model_is_no_second_request(write: Write):
    store, (outcome,) = read(
        write(
            bucket(
                result("completions", input_tokens=10, output_tokens=5, num_model_requests=3),
                result("web_searches", num_requests=12, num_model_requests=3),
                result("file_searches", num_requests=2),
                result("code_interpreter_sessions", num_sessions=5),
                result("vector_stores", usage_bytes=10**9),
            )
        )
    )
    units = "units['web_search_call'], units['file_search_call'], units['code_interpreter_session']"
    assert sorted(select(store, f"requests, {units}"), key=str) == [
        (0, 12, None, None),
        (0, None, 2, None),
        (0, None, None, 5),
        (3, None, None, None),
    ]
    assert (outcome.skipped, outcome.tokens_unknown) == (1, 0)


def test_only_a_last_page_that_promises_more_is_incomplete(write: Write):
    pages = [
        {"object": "page", "data": [bucket(result("embeddings", input_tokens=n))]} for n in "12"
    ]
    more, last = pages[0] | {"has_more": True}, pages[1] | {"has_more": False}
    _, (complete,) = read(write(more, last))
    _, (cut,) = read(write(last, more))
    assert complete.warnings == ()
    assert "incomplete export" in cut.warnings[0]


def test_speeds_of_one_report_stay_apart(write: Write):
    group = {"uncached_input_tokens": 100, "output_tokens": 40, "model": "claude-opus-4-6"}
    report = {
        "data": [
            {
                "starting_at": "2026-11-02T00:00:00Z",
                "ending_at": "2026-11-03T00:00:00Z",
                "results": [group | {"speed": "fast"}, group | {"speed": "standard"}],
            }
        ],
        "next_page": None,
    }
    store, _ = read(write(report))
    assert sorted(select(store, "tier, output")) == [("fast", 40), ("standard", 40)]


# --- Azure ------------------------------------------------------------------------------------------


def llm_row(**fields: Any) -> Record:
    return {"TimeGenerated": "2026-11-02T08:00:00.1234567Z", "CorrelationId": "c"} | fields


@pytest.mark.parametrize("counts_first", [False, True])
def test_a_prompt_split_over_rows_counts_once_wherever_the_counts_stand(
    *, counts_first: bool, write: Write
):
    full = write(llm_row(PromptTokens="70", CompletionTokens="7", ModelName="gpt-4o"))
    empty = write(llm_row(PromptTokens=None, CompletionTokens=0, ModelName=""))
    store = Store.memory()
    for path in (full, empty) if counts_first else (empty, full):
        read(path, store=store)
    assert select(store, "model, input_uncached, output, tokens_known") == [("gpt-4o", 70, 7, True)]


def test_captured_records_may_spell_their_keys_in_any_case(write: Write):
    inner = {"promptTokens": 5, "completionTokens": 6, "modelName": "gpt-4.1"}
    row = {"time": "2026-11-02T08:00:00Z", "category": "GatewayLlmLogs", "correlationId": "z"}
    store, _ = read(write({"records": [row | {"properties": inner}]}))
    assert select(store, "model, input_uncached, output") == [("gpt-4.1", 5, 6)]


def test_a_gateway_in_front_of_claude_counts_what_was_cached_beside_the_input(write: Write):
    usage = {"input_tokens": 10, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 20}
    body = {"type": "message", "model": "claude-sonnet-4-5", "usage": usage | {"output_tokens": 5}}
    properties = {
        "backendUrl": "https://r.services.ai.azure.com/anthropic/v1/messages",
        "responseCode": 200,
        "backendResponseBody": json.dumps(body),
    }
    row = {"time": "2026-11-02T08:00:00Z", "category": "GatewayLogs", "correlationId": "g"}
    store, _ = read(write(row | {"properties": properties}))
    found = select(store, "input_uncached, cache_read, cache_write, output")
    assert found == [(10, 1000, 20, 5)]


# --- gateways and exports ---------------------------------------------------------------------------


def test_the_newest_version_of_a_row_wins_in_a_dump_of_any_order(write: Write):
    base = {"id": "a", "trace_id": "t", "type": "GENERATION", "start_time": "2026-11-02 08:00:00"}
    new = base | {"usage_details": {"input": 10, "output": 2}, "event_ts": "2026-11-02 09:00:00"}
    old = base | {"usage_details": {"input": 9, "output": 1}, "event_ts": "2026-11-02 08:30:00"}
    for records in ((old, new), (new, old)):
        store, _ = read(write(*records))
        assert select(store, "input_uncached, output") == [(10, 2)]


def test_a_dash_is_no_count_and_no_model(write: Write):
    known = {"genai_model_name": "gpt-4o", "response_code": "200", "genai_tokens_input": "10"}
    dashes = {"genai_tokens_input": "-", "genai_tokens_output": "-", "genai_tokens_total": "-"}
    _, (outcome,) = read(
        write(
            known | {"genai_tokens_output": "5"},
            {"genai_model_name": "gpt-4o", "response_code": "500"} | dashes,
            {"genai_model_name": "-", "response_code": "200"} | dashes,
        )
    )
    assert (outcome.new_rows, outcome.skipped, outcome.rejected) == (2, 1, 0)


def test_spoken_input_of_a_transcription_is_audio(write: Write):
    usage = {"input_tokens": 14, "input_token_details": {"text_tokens": 4, "audio_tokens": 10}}
    spoken = {"text": "x", "usage": usage | {"type": "tokens", "output_tokens": 45}}
    timed = {"text": "x", "usage": {"type": "duration", "seconds": 33}}
    chat = {"object": "chat.completion", "id": "c", "usage": {"prompt_tokens": 1}}
    store, _ = read(write(chat, spoken, timed))
    found = select(store, "input_uncached, audio_input, output, units['second']")
    assert sorted(found, key=str) == [(0, 0, 0, 33), (1, 0, 0, None), (4, 10, 45, None)]


# --- two logs of the same calls ---------------------------------------------------------------------


def grouped(model: str | None) -> Record:
    usage = {"input_tokens": 10, "output_tokens": 5, "num_model_requests": 3}
    return bucket(result("completions", model=model, **usage))


GATEWAY = {"time": AT, "category": "GatewayLogs", "correlationId": "c"} | {
    "properties": {"backendUrl": "https://r.openai.azure.com/openai/deployments/d/chat/completions"}
}
CALLED = {"id": "x", "object": "chat.completion", "created": EIGHT, "model": "gpt-4o"} | {
    "usage": {"prompt_tokens": 1},
    "provider": "openai",
}
DOUBLED: dict[str, tuple[Record, Record]] = {
    "both logs of an Azure gateway": (GATEWAY, llm_row(TimeGenerated=AT, PromptTokens=10)),
    "a report by model and one of the whole": (grouped("gpt-4o"), grouped(None)),
    "requests and sums of them": ({"provider": "openai", "response": CALLED}, grouped("gpt-4o")),
}


@pytest.mark.parametrize("logs", DOUBLED.values(), ids=DOUBLED)
def test_two_logs_of_the_same_calls_are_named(
    logs: tuple[Record, Record], run: Callable[..., Any], write: Write
):
    found = run("ingest", *[write(log) for log in logs])
    assert "overlap and may hold the same calls" in found.stderr
    assert "overlap and may hold the same calls" in run("status").stderr


def test_one_report_of_two_days_is_not_named(run: Callable[..., Any], write: Write):
    later = grouped(None) | {"start_time": EIGHT + 57600, "end_time": EIGHT + 144_000}
    found = run("ingest", write(grouped("gpt-4o")), write(later))
    assert "same calls" not in found.stderr
