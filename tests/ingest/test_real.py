"""Real logs that stay outside the repository: what was computed from them by other means, to the last digit."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costctl.cli import main

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"
AZURE = REAL / "azure_llm_2023"
AIDER = REAL / "aider_analytics"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real usage data is not here")

TRACE = ("--map", "occurred_at=TIMESTAMP", "--map", "input=ContextTokens")
TRACE += ("--map", "output=GeneratedTokens", "--set", "model=gpt-4o", "--set", "provider=openai")
SERVICES = {
    "code": (8_819, 18_059_974, 245_896),
    "conv": (19_366, 22_361_870, 4_088_665),
}
AT = {"gpt-4o at 2.50/10.00": "2025-01-01", "gpt-4o at 5.00/15.00": "2024-06-01"}
COSTS = {
    "gpt-4o at 2.50/10.00": {"code": "47.608895", "conv": "96.791325", "all": "144.40022"},
    "gpt-4o at 5.00/15.00": {"code": "93.98831", "conv": "173.139325", "all": "267.127635"},
}
MINUTES = {
    ("code", "18:10"): (63, 147_578, 1_478, "0.383725"),
    ("code", "18:40"): (2_022, 4_087_510, 53_243, "10.751205"),
    ("code", "19:10"): (410, 824_547, 13_818, "2.1995475"),
    ("conv", "18:10"): (1_197, 1_236_592, 294_097, "6.03245"),
    ("conv", "18:40"): (4_419, 6_099_358, 629_381, "21.542205"),
    ("conv", "19:10"): (951, 895_870, 266_697, "4.906645"),
}


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """Both services in one store, a run each."""
    db = tmp_path_factory.mktemp("trace") / "trace.duckdb"
    for service in SERVICES:
        log = AZURE / f"AzureLLMInferenceTrace_{service}.csv"
        step = ("ingest", str(log), "--db", str(db), *TRACE, "--set", f"endpoint={service}")
        assert main(list(step)) == 0
    return db


def rows(run, db: Path, *flags: str) -> dict[str | None, dict]:
    done = run(
        "breakdown", "--db", db, "--by", "endpoint", "--json", *flags, "--as-of", "2026-01-01"
    )
    result = json.loads(done.stdout, parse_float=Decimal)["result"]
    return {row["endpoint"]: row for row in result["rows"]} | {"all": result["total"]}


def test_the_trace_has_its_requests_and_tokens(run, trace):
    found = rows(run, trace)
    for service, (requests, given, made) in SERVICES.items():
        tokens = found[service]["tokens"]
        assert found[service]["requests"] == requests
        assert (tokens["input_uncached"], tokens["output"]) == (given, made)


def test_the_trace_has_its_percentiles(run, trace):
    found = rows(run, trace, "--percentiles")
    wanted = {
        "code": ((1_469, 5_194, 7_436), (13, 55, 252)),
        "conv": ((1_020, 2_735, 4_142), (129, 424, 601)),
    }
    for service, (given, made) in wanted.items():
        percentiles = found[service]["percentiles"]
        assert tuple(percentiles["input_tokens"].values()) == given
        assert tuple(percentiles["output_tokens"].values()) == made


@pytest.mark.parametrize("price", AT)
def test_the_trace_costs_what_its_tokens_say(run, trace, price):
    found = rows(run, trace, "--prices-at", AT[price])
    for name, cost in COSTS[price].items():
        assert found[name]["cost_usd"] == Decimal(cost)


@pytest.mark.parametrize(("service", "start"), MINUTES)
def test_ten_minutes_of_the_trace_are_cut_exactly(run, trace, service, start):
    since = datetime.fromisoformat(f"2023-11-16T{start}")
    until = since + timedelta(minutes=10)
    window = ("--since", since.isoformat(), "--until", until.isoformat())
    row = rows(run, trace, *window, "--prices-at", AT["gpt-4o at 2.50/10.00"])[service]
    requests, given, made, cost = MINUTES[service, start]
    assert row["requests"] == requests
    assert (row["tokens"]["input_uncached"], row["tokens"]["output"]) == (given, made)
    assert row["cost_usd"] == Decimal(cost)


def test_an_assumed_model_is_marked(run, trace):
    done = run("breakdown", "--db", trace, "--as-of", "2026-01-01")
    assert "assumed, not logged:" in done.stdout
    assert "requested_model" in done.stdout


CALLS = ("--map", "occurred_at=time", "--map", "endpoint=edit_format", "--map", "model=main_model")
CALLS += ("--map", "input=prompt_tokens", "--map", "output=completion_tokens")
CALLS += ("--map", "logged_cost_usd=cost")


def test_the_call_log_keeps_the_cost_it_recorded(run, tmp_path):
    log, db = AIDER / "aider_message_send.until_2025-02-28.jsonl.gz", tmp_path / "calls.duckdb"
    assert run("ingest", log, "--db", db, *CALLS).code == 0
    found = rows(run, db)
    total = found["all"]
    assert (total["requests"], total["tokens"]["input_uncached"]) == (2_668, 27_389_305)
    assert total["tokens"]["output"] == 896_078
    assert total["logged_cost_usd"] == Decimal("75.619227896000")
    assert (found["diff"]["requests"], found[None]["requests"]) == (1_788, 9)
    assert found["ask"]["logged_cost_usd"] == Decimal("18.922723300000")
    shown = run("breakdown", "--db", db, "--as-of", "2026-01-01", "--format", "plain").stdout
    # What was recorded and what the table computes stand side by side, with their difference.
    assert {"cost_usd", "logged_cost_usd"} <= set(shown.splitlines()[0].split("\t"))
    assert "logged - cost" in run("breakdown", "--db", db, "--as-of", "2026-01-01").stdout


def test_overlapping_exports_are_counted_once(run, tmp_path):
    db, nested = tmp_path / "exports.duckdb", []
    for flag in CALLS[1::2]:
        column, path = flag.split("=")
        outer = path if path == "time" else f"properties.{path}"
        nested += ["--map", f"{column}={outer}"]
    exports = sorted((AIDER / "snapshots").glob("*.jsonl.gz"))
    news = []
    for _ in range(2):
        for export in exports:
            done = run("ingest", export, "--db", db, *nested, "--json")
            news.append(json.loads(done.stdout)["result"]["total"]["new_rows"])
    assert news == [176, 34, 11, 10, 47, 13] + [0] * 6
    total = rows(run, db)["all"]
    assert total["requests"] == 291
    assert total["tokens"]["input_uncached"] == 2_256_645
    assert total["tokens"]["output"] == 70_253
    assert total["logged_cost_usd"] == Decimal("7.482299110000")
