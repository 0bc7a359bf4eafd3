"""Events between the records of a log are no calls, and calls without counts stay requests."""

import json
from pathlib import Path

import pytest

from tests.formats.cases import BY_NAME, figures, read, same

EVENTS: tuple[dict[str, object], ...] = (
    {"event": "start"},
    {"level": "info", "msg": "server started"},
    {"timestamp": "2026-11-02T10:00:00Z", "level": "INFO", "message": "server started"},
    {"time": "2026-11-02T10:00:00Z", "prompt_tokens": "", "model": None, "id": {}},
    {},
)
SPENT = {"startTime": "2026-11-02T10:00:00Z", "endTime": "2026-11-02T10:00:01Z"}
WITHOUT_COUNTS: dict[str, list[dict[str, object]]] = {
    "lesson_jsonl": [
        {"model": "gpt-4o", "prompt_tokens": None, "completion_tokens": None, "timestamp": None},
        {"endpoint": "rag_query", "timestamp": "2026-11-02T10:00:00Z"},
        {"request_id": "r-77"},
        {"timestamp": "2026-11-02T10:00:00Z", "messages": [{"role": "user", "content": "hi"}]},
    ],
    "helicone_requests": [{"request_id": "h-77"}, {"model": "gpt-4o"}, {"response_status": 200}],
    "portkey": [{"id": "p-77", "created_at": "2026-11-02"}, {"ai_model": "gpt-4o"}],
    "litellm_payload": [
        {"id": "l-77", **SPENT},
        {"model_group": "gpt-4o"},
        {"call_type": "aembedding"},
    ],
    "litellm_spendlogs": [{"request_id": "s-77", **SPENT}, {"model": "gpt-4o", "spend": 0}],
    "vertex_rr_log": [
        {"request_id": "77", "logging_time": "2026-11-02T10:00:00Z"},
        {"full_response": {"candidates": [{"finishReason": "STOP"}]}},
        {"full_response": '{"modelVersion": "gemini-2.5-pro"}'},
    ],
}


def records(name: str) -> list[dict[str, object]]:
    log = BY_NAME[name].log
    if log.suffix == ".jsonl":
        return [json.loads(x) for x in log.read_text("utf-8").splitlines() if x.endswith("}")]
    first = {"request_id": "s-1", "spend": 0.5, "model": "gpt-4o", "prompt_tokens": 7}
    return [first | {"call_type": "acompletion", "completion_tokens": 1, **SPENT}]


def written(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize("name", WITHOUT_COUNTS)
@pytest.mark.parametrize("many", [False, True], ids=["small", "large"])
def test_events_are_skipped_and_calls_without_counts_are_not(name: str, many: bool, tmp_path: Path):  # noqa: FBT001 - a parameter
    calls, unknown = records(name), WITHOUT_COUNTS[name]
    # Large files are read in one pass, or by a reader that gives each line in parts.
    filler = [{"event": "x" * 9000}] * 150 if many else []
    before, _ = read(written(tmp_path / "calls.jsonl", calls))
    after, (result,) = read(written(tmp_path / "log.jsonl", [*calls, *EVENTS, *unknown, *filler]))
    assert (result.format, result.rejected) == (name, 0)
    without, found = figures(before), figures(after)
    assert found["rows"] == without["rows"] + len(unknown)
    assert found["tokens"] == without["tokens"]
    new = "SELECT count(*) FROM usage WHERE NOT tokens_known"
    (known,), (told,) = (
        before.connection.execute(new).fetchone(),
        after.connection.execute(new).fetchone(),
    )  # type: ignore[misc]
    assert told == known + len(unknown)
    assert result.skipped == len(EVENTS) + len(filler)
    outcomes = result.new_rows + result.duplicates + result.skipped
    assert result.records == outcomes


def test_what_map_names_makes_a_call(tmp_path: Path):
    lines = [
        *records("lesson_jsonl"),
        {"tokens": 40, "at": "2026-11-02T10:00:00Z"},
        {"event": "end"},
    ]
    log = written(tmp_path / "log.jsonl", lines)
    store, (result,) = read(log, maps=["input=tokens"])
    assert result.skipped == 1
    mapped = "SELECT count(*) FROM usage WHERE input_uncached = 40 AND output = 0"
    assert store.connection.execute(mapped).fetchone() == (1,)


def test_status_shows_what_was_skipped(tmp_path: Path, run):
    lines = [*records("lesson_jsonl"), *EVENTS]
    written(tmp_path / "log.jsonl", lines)
    told = json.loads(run("ingest", "log.jsonl", "--json").stdout)["result"]["files"][0]
    assert told["skipped"] == len(EVENTS)
    expected = BY_NAME["lesson_jsonl"].expected
    total = json.loads(run("breakdown", "--json").stdout)["result"]["total"]
    assert total["requests"] == expected["requests"]
    assert same(
        {k: total["tokens"][k] for k in ("input_uncached", "output")},
        {k: expected["tokens"][k] for k in ("input_uncached", "output")},
    )
