"""A file may hold records of several formats: each is read by its own, none twice."""

import json
import random
from pathlib import Path

import pytest

from tests.formats.cases import BY_NAME, figures, read

TOGETHER = (
    *("lesson_jsonl", "openai_response_objects", "anthropic_messages"),
    *("otlp_genai", "litellm_payload", "claude_code"),
)


def lines_of(name: str) -> list[str]:
    return [x for x in BY_NAME[name].log.read_text("utf-8").splitlines() if x.endswith("}")]


@pytest.mark.parametrize("seed", range(2))
def test_every_record_is_read_once(seed: int, tmp_path: Path):
    lines = [line for name in TOGETHER for line in lines_of(name)]
    random.Random(seed).shuffle(lines)
    log = tmp_path / "all.jsonl"
    log.write_text("\n".join(lines) + "\n", "utf-8")
    store, (result,) = read(log)
    found = figures(store)
    expected = [BY_NAME[name].expected for name in TOGETHER]
    assert found["rows"] == sum(e["rows"] for e in expected)
    for name, count in found["tokens"].items():
        assert count == sum(e["tokens"][name] for e in expected), name
    outcomes = result.new_rows + result.duplicates + result.skipped + result.rejected
    assert result.records == outcomes


def test_the_result_names_every_format(tmp_path: Path):
    log = tmp_path / "two.jsonl"
    log.write_text("\n".join(lines_of("lesson_jsonl") + lines_of("litellm_payload")), "utf-8")
    _, (result,) = read(log)
    assert dict(result.formats) == {"lesson_jsonl": 11, "litellm_payload": 6}


def test_a_named_format_reads_alone(tmp_path: Path):
    log = tmp_path / "two.jsonl"
    log.write_text("\n".join(lines_of("litellm_payload") + lines_of("helicone_requests")), "utf-8")
    store, _ = read(log, log_format="helicone_requests")
    names = store.connection.execute("SELECT DISTINCT source_format FROM usage").fetchall()
    assert names == [("helicone_requests",)]


def test_a_wrapper_lends_time_and_endpoint(tmp_path: Path):
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o",
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }
    inner = {"timestamp": "2026-11-01T10:00:00+01:00", "endpoint": "rag_query"}
    log = tmp_path / "wrapped.jsonl"
    lines = [
        {**inner, "response": answer},
        {**inner, "body": {**answer, "id": "chatcmpl-2"}},
        {**inner, "message": json.dumps({**answer, "id": "chatcmpl-3"})},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    store, (result,) = read(log)
    assert result.format == "openai_response_objects"
    rows = store.connection.execute(
        "SELECT endpoint, strftime(occurred_at, '%H:%M'), input_uncached, output FROM usage"
    ).fetchall()
    assert rows == [("rag_query", "09:00", 10, 5)] * 3
