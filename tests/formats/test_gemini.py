"""Answers of Gemini as they are kept: arrays of chunks, dumps with other names, batches, and classes that overlap."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.cases import BY_NAME, read

CASE = BY_NAME["gemini_responses"]


def answers() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASE.log.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_stream_in_an_array_is_one_call(indent: int | None, tmp_path: Path):
    chunks = [a for a in answers() if a.get("responseId", "").endswith("Q2")]
    assert len(chunks) == 3
    log = tmp_path / "stream.json"
    # The way the API sends an array: with each comma on a line of its own.
    log.write_text("[" + "\n,\r\n".join(json.dumps(c, indent=indent) for c in chunks) + "]\n")
    store, (result,) = read(log)
    assert (result.format, result.new_rows, result.duplicates) == ("gemini_responses", 1, 2)
    assert store.connection.execute(
        "SELECT input_uncached, output, reasoning, provider, finish_reason FROM usage"
    ).fetchall() == [(8, 11 + 20, 20, "google_vertex", "STOP")]


def test_chunks_that_come_in_another_order_give_the_same(tmp_path: Path):
    chunks = [a for a in answers() if a.get("responseId", "").endswith("Q2")]
    store = None
    for number, chunk in enumerate(reversed(chunks)):
        log = tmp_path / f"{number}.json"
        log.write_text(json.dumps(chunk), "utf-8")
        store, _ = read(log, store=store)
    assert store is not None
    rows = store.connection.execute("SELECT input_uncached, output, tokens_known FROM usage")
    assert rows.fetchall() == [(8, 31, True)]


def test_tiers_are_those_of_the_traffic(tmp_path: Path):
    traffic = ("ON_DEMAND", "ON_DEMAND_PRIORITY", "ON_DEMAND_FLEX", "PROVISIONED_THROUGHPUT")
    log = tmp_path / "log.jsonl"
    with log.open("w", encoding="utf-8") as out:
        for number, kind in enumerate(traffic):
            usage = {"promptTokenCount": number + 1, "trafficType": kind}
            answer = {"responseId": f"r{number}", "modelVersion": "gemini-2.5-pro"}
            out.write(json.dumps(answer | {"usageMetadata": usage}) + "\n")
    store, _ = read(log)
    tiers = store.connection.execute("SELECT tier FROM usage ORDER BY input_uncached").fetchall()
    assert [t for (t,) in tiers] == ["standard", "priority", "flex", "provisioned_throughput"]


def test_a_cached_image_is_counted_once_on_vertex_too(tmp_path: Path):
    usage = {
        "promptTokenCount": 1600,
        "candidatesTokenCount": 20,
        "cachedContentTokenCount": 600,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 568},
            {"modality": "IMAGE", "tokenCount": 1032},
        ],
        "cacheTokensDetails": [
            {"modality": "TEXT", "tokenCount": 342},
            {"modality": "IMAGE", "tokenCount": 258},
        ],
    }
    row = {"logging_time": "2026-11-16 08:00:00 UTC", "request_id": "1", "model": "gemini-2.5-pro"}
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(row | {"full_response": {"usageMetadata": usage}}) + "\n", "utf-8")
    store, (result,) = read(log)
    assert result.format == "vertex_rr_log"
    assert store.connection.execute(
        "SELECT input_uncached, cache_read, image_input, output FROM usage"
    ).fetchall() == [(568 - 342, 600, 1032 - 258, 20)]


def test_an_answer_in_a_file_of_answers_of_others(tmp_path: Path):
    other = BY_NAME["openai_response_objects"].log.read_text("utf-8").splitlines()[0]
    log = tmp_path / "both.jsonl"
    log.write_text(json.dumps(answers()[0]) + "\n" + other + "\n", "utf-8")
    _, (result,) = read(log)
    assert dict(result.formats) == {"gemini_responses": 1, "openai_response_objects": 1}
