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


ANSWER = {
    "id": "chatcmpl-9",
    "object": "chat.completion",
    "created": 1793606400,
    "model": "gpt-4o",
    "usage": {"prompt_tokens": 1000, "completion_tokens": 1},
}


@pytest.mark.parametrize("name", ["lesson_jsonl", "claude_code", "codex_rollout"])
def test_a_record_far_behind_the_beginning_is_read_by_its_own_format(name, tmp_path, run):
    lines = lines_of(name)

    def total(pad: int, *last: str) -> dict[str, int]:
        """Return what the log with such a last line holds, whose other lines are that long."""
        told = json.dumps({"note": "x" * pad})
        rest = [told] * 220 if name != "lesson_jsonl" else lines * 20
        rest += [json.dumps({"request_id": "p", **json.loads(lines[0]), "pad": "x" * pad})] * 200
        log = tmp_path / "log.jsonl"
        log.write_text("\n".join([*lines, *rest, *last]) + "\n", "utf-8")
        found = json.loads(run("breakdown", "log.jsonl", "--json").stdout)["result"]["total"]
        return {"requests": found["requests"], **found["tokens"]}

    more = {"requests": 1, "input_uncached": 1000, "output": 1, "total": 1001}
    before = total(0)
    for pad in (0, 8000):
        after = total(pad, json.dumps(ANSWER))
        assert {k: n - before[k] for k, n in after.items() if n != before[k]} == more


def test_a_record_of_another_format_may_be_appended_later(tmp_path, run):
    log = tmp_path / "log.jsonl"
    lines = [line for line in lines_of("claude_code") if '"assistant"' in line]
    filler = [json.dumps({"note": "x" * 8000})] * 220
    log.write_text("\n".join([*lines, *filler]) + "\n", "utf-8")
    run("ingest", "log.jsonl")
    before = json.loads(run("breakdown", "--json").stdout)["result"]["total"]
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(ANSWER) + "\n")
    told = json.loads(run("ingest", "log.jsonl", "--json").stdout)["result"]["files"][0]
    after = json.loads(run("breakdown", "--json").stdout)["result"]["total"]
    assert told["new_rows"] == 1
    assert after["tokens"]["input_uncached"] == before["tokens"]["input_uncached"] + 1000
    again = json.loads(run("ingest", "log.jsonl", "--json").stdout)["result"]["total"]
    assert again["new_rows"] == 0


def test_records_of_azure_are_told_apart_by_their_category(tmp_path, run):
    def row(category: str, **properties: object) -> dict[str, object]:
        return {
            "time": "2026-11-02T09:00:00Z",
            "category": category,
            "correlationId": f"c-{category}",
            "properties": properties,
        }

    body = json.dumps(ANSWER)
    url = "https://a.openai.azure.com/openai/deployments/d/chat/completions"
    rows = [
        row("GatewayLogs", backendUrl=url, responseCode=200, responseBody=body),
        row("RequestResponse", modelDeploymentName="d", modelName="gpt-4o"),
        row("GatewayLlmLogs", promptTokens=20, completionTokens=3, deploymentName="d")
        | {"correlationId": "c-3"},
    ]
    (tmp_path / "PT1H.json").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    found = json.loads(run("breakdown", "PT1H.json", "--json").stdout)["result"]["total"]
    assert (found["requests"], found["tokens"]["input_uncached"]) == (3, 1020)
