"""Tables of sums that nobody declares: a day, a model, a number of calls."""

import json
from decimal import Decimal

import pytest

from tests.ingest.records import WEEK, WEEK_USD

HEADER = "day,endpoint,model,requests,input_tokens,output_tokens"


def warnings(found: dict) -> list[str]:
    return [warning["message"] for warning in found["warnings"]]


def breakdown(run, log, *flags: str) -> dict:
    return json.loads(run("breakdown", log, *flags, "--json").stdout)


def test_a_table_with_a_number_of_calls_costs_what_its_calls_do(run, tmp_path):
    lines = [
        f"2026-11-01,{name},{model},{n},{n * given},{n * made}"
        for name, model, n, given, made in WEEK
    ]
    (tmp_path / "week.csv").write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    rows = breakdown(run, "week.csv")["result"]["rows"]
    calls = {name: n for name, _, n, _, _ in WEEK}
    assert {row["endpoint"]: row["requests"] for row in rows} == calls
    found = {row["endpoint"]: Decimal(str(row["cost_usd"])) for row in rows}
    assert found == {name: Decimal(usd) for name, usd in WEEK_USD.items()}


def test_the_size_of_a_sum_is_that_of_no_prompt(run, tmp_path):
    """Three calls of 100,000 tokens each do not reach the price of prompts above 200,000."""
    line = "2026-10-01,chat,gemini-2.5-pro,3,300000,0"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    found = breakdown(run, "a.csv")
    total = found["result"]["total"]
    assert Decimal(str(total["cost_usd"])) == Decimal("1.25") * 300_000 / 1_000_000
    assert any("a sum without a prompt size" in text for text in warnings(found))


def test_what_was_guessed_can_be_stated(run, tmp_path):
    line = "2026-10-01,chat,gemini-2.5-pro,3,300000,0"
    (tmp_path / "a.csv").write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    guessed = breakdown(run, "a.csv")
    (flags,) = [text for text in warnings(guessed) if "--map requests=requests" in text]
    stated = breakdown(run, "a.csv", *flags.partition("fields: ")[2].split())
    assert not any("guessed" in text for text in warnings(stated))
    assert stated["result"]["total"] == {**guessed["result"]["total"], "assumed": []}


@pytest.mark.parametrize("odd", [{"requests": "GET /v1"}, {"requests": ["a"]}, {"day": "Monday"}])
def test_a_name_that_means_something_else_costs_no_call(run, tmp_path, odd):
    call = {"model": "gpt-4o", "input_tokens": 1000, "output_tokens": 10, **odd}
    (tmp_path / "a.jsonl").write_text(json.dumps(call) + "\n", encoding="utf-8")
    total = breakdown(run, "a.jsonl")["result"]["total"]
    assert (total["requests"], total["tokens"]["input_uncached"]) == (1, 1000)
