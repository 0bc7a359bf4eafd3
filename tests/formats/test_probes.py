"""The traps on which log readers differ: repeats, broken lines, tiers, names."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

BASE = {
    "type": "assistant",
    "timestamp": "2026-11-01T12:00:00.000Z",
    "sessionId": "s1",
    "requestId": "req_1",
    "uuid": "u1",
}


def line(model: str, given: int, made: int, *, key: str = "msg_1", **more: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": given,
        "output_tokens": made,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "service_tier": "standard",
    } | more
    message = {"id": key, "type": "message", "role": "assistant", "model": model, "usage": usage}
    return BASE | {"message": message}


SONNET = "claude-sonnet-4-5-20250929"
LONG = {"cache_creation_input_tokens": 100_000} | {
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 100_000}
}
PROBES: dict[str, tuple[list[dict[str, Any]], str, int]] = {
    "partial streams": ([line(SONNET, 100, n) for n in (900, 900, 15_900)], "0.2388", 1),
    "1-hour cache write": ([line(SONNET, 100, 0, **LONG)], "0.6003", 1),
    "batch tier": ([line(SONNET, 100_000, 10_000, service_tier="batch")], "0.225", 1),
    "long context": ([line("gemini-2.5-pro", 300_000, 1_000)], "0.765", 1),
    "Azure name": ([line("azure/gpt-4o", 1_000, 1_000)], "0.0125", 1),
    "embedding": ([line("text-embedding-3-large", 1_000_000, 0)], "0.13", 1),
}


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines), "utf-8")
    return path


def total(result: Any) -> dict[str, Any]:
    assert result.stdout, result.stderr
    found: dict[str, Any] = json.loads(result.stdout, parse_float=Decimal)["result"]["total"]
    return found


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_costs_what_it_must(name: str, run: Callable[..., Any], tmp_path: Path):
    lines, cost, requests = PROBES[name]
    found = total(run("breakdown", write(tmp_path / "p.jsonl", lines), "--json"))
    assert (found["cost_usd"], found["requests"]) == (Decimal(cost), requests)


def test_a_repeat_without_a_request_id_counts_once(run: Callable[..., Any], tmp_path: Path):
    twice = line(SONNET, 100, 1_000)
    del twice["requestId"]
    found = total(run("breakdown", write(tmp_path / "p.jsonl", [twice, twice]), "--json"))
    assert (found["cost_usd"], found["requests"]) == (Decimal("0.0153"), 1)


def test_broken_lines_cost_nothing_but_themselves(run: Callable[..., Any], tmp_path: Path):
    good = [json.dumps(line(SONNET, 100, 1_000, key=key)) for key in ("m1", "m2")]
    log = tmp_path / "broken.jsonl"
    log.write_text("\n".join([good[0], good[0][:90], "", "[]", "null", good[1]]) + "\n", "utf-8")
    found = total(run("breakdown", log, "--json"))
    assert (found["cost_usd"], found["requests"]) == (Decimal("0.0306"), 2)
    file = json.loads(run("ingest", log, "--json").stdout)["result"]["files"][0]
    assert (file["rejected"], file["blank"]) == (3, 1)


@pytest.mark.parametrize("model", ["my-deploy-gpt4o", "gpt-4.99-turbo-future"])
def test_an_unknown_name_is_unpriced_and_named(model: str, run: Callable[..., Any], tmp_path: Path):
    result = run("breakdown", write(tmp_path / "p.jsonl", [line(model, 1_000, 1_000)]), "--json")
    found = json.loads(result.stdout)["result"]
    assert found["total"]["cost_usd"] is None
    assert found["total"]["unpriced_requests"] == 1
    assert [one["model"] for one in found["unpriced"]] == [model]


def test_the_order_of_files_changes_nothing(run: Callable[..., Any], tmp_path: Path):
    whole = [line(SONNET, 100, n) for n in (1, 900)]
    late, early = write(tmp_path / "a.jsonl", whole[1:]), write(tmp_path / "b.jsonl", whole[:1])
    one = total(run("breakdown", late, early, "--json"))
    other = total(run("breakdown", early, late, "--json"))
    assert one == other
    assert one["tokens"]["output"] == 900


@pytest.mark.parametrize(
    ("more", "whole", "part"),
    [
        (LONG, "cache_write", "cache_write_long"),
        ({"output_tokens_details": {"thinking_tokens": 1_000}}, "output", "reasoning"),
    ],
)
def test_a_class_that_is_all_one_part_is_still_counted(
    run: Callable[..., Any], tmp_path: Path, more: dict[str, Any], whole: str, part: str
):
    log = write(tmp_path / "p.jsonl", [line(SONNET, 100, 1_000, **more)])
    found = total(run("breakdown", log, "--json"))["tokens"]
    written = more.get("cache_creation_input_tokens", 0)
    assert found[whole] == found[part] == (written or 1_000)
    assert found["total"] == 100 + 1_000 + written
