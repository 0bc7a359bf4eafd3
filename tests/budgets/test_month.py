"""A month, day by day: the right exit code and the right words on each."""

import json
from datetime import date, timedelta
from textwrap import dedent

import pytest

BUDGETS = """
version: 1
timezone: Europe/Berlin
budgets:
  - name: total
    limit: 100
    checks: [{basis: actual, warn: "80%", fail: "100%"}]
  - name: daily
    limit: 8
    period: day
    checks: [{basis: actual, fail: "100%"}]
"""
WAIVERS = """
waivers:
  - {budget: total, until: "2026-11-24", reason: "launch, FIN-12"}
  - {budget: daily, until: "2026-11-24", reason: "launch, FIN-12"}
"""
PRICE = """
schema: 1
provider: openai
currency: USD
unit: per_million_tokens
models:
  - id: brand-new
    kind: chat
    prices:
      - from: 2026-11-01
        standard: {input: "5", output: "15"}
        source: {url: "https://example.org/prices", retrieved: 2026-11-14, confidence: high}
"""
FIRST = date(2026, 11, 7)
MODEL = "gpt-4o-2024-05-13"


class Diary:
    """A team that logs all day, and whose pipeline reads the whole log and judges it every evening."""

    def __init__(self, run, folder) -> None:
        self.run = run
        self.folder = folder
        self.day = FIRST
        self.write(BUDGETS)

    def write(self, text) -> None:
        (self.folder / "budgets.yaml").write_text(dedent(text))

    def spends(self, usd, model=MODEL, requests=4) -> None:
        """Log a day's calls; Berlin's evening is still the same UTC day."""
        tokens = round(usd * 200_000 / requests)
        with (self.folder / "calls.jsonl").open("a") as file:
            for number in range(requests):
                record = {
                    "timestamp": f"{self.day}T{8 + number:02}:00:00Z",
                    "endpoint": "rag_query",
                    "model": model,
                    "input_tokens": tokens,
                    "output_tokens": 0,
                }
                file.write(json.dumps(record) + "\n")

    def goes_by(self, days, usd) -> None:
        """Spend as much on each of some days, and judge none of them."""
        for _ in range(days):
            self.spends(usd)
            self.day += timedelta(days=1)

    def checks(self, *flags: str):
        """Judge at 22:00 UTC, and go to the next day."""
        result = self.run("check", "calls.jsonl", *flags, "--as-of", f"{self.day}T22:00:00Z")
        self.day += timedelta(days=1)
        return result

    def verdicts(self, *flags: str) -> tuple[int, str, str]:
        result = self.checks("--json", *flags)
        found = {b["name"]: b["status"] for b in json.loads(result.stdout)["result"]["budgets"]}
        return result.code, found["total"], found["daily"]


@pytest.fixture
def diary(run, tmp_path):
    return Diary(run, tmp_path)


def test_a_month_is_green_warned_failed_unsure_waived_and_green_again(diary):
    # 7 to 11 November: each day exactly at its limit, which is within it.
    diary.spends(8)
    assert diary.verdicts() == (0, "pass", "pass")
    diary.goes_by(3, 8)
    diary.spends(8)
    assert diary.verdicts() == (0, "pass", "pass")

    # 12 November: a model that nobody has a price for.
    diary.spends(4)
    diary.spends(0.5, model="brand-new", requests=1)
    result = diary.checks()
    assert result.code == 3
    assert "INCONCLUSIVE total" in result.stdout
    assert "requests have no price: brand-new" in result.stdout
    assert result.stderr.splitlines()[-1] == "INCONCLUSIVE: 2 INCONCLUSIVE"

    # 13 November: somebody adds the price, and the same log is judged again.
    (diary.folder / "prices.yaml").write_text(dedent(PRICE))
    diary.spends(4)
    priced = ("--pricing", "prices.yaml")
    assert diary.verdicts(*priced) == (0, "pass", "pass")
    diary.goes_by(3, 6.5)
    diary.spends(6.5)
    assert diary.verdicts(*priced) == (0, "pass", "pass")

    # 18 November: 48 + 0.5 + 26 + 8 is above 80.
    diary.spends(8)
    result = diary.checks(*priced)
    assert result.code == 0
    assert "WARN total, actual month: $82.50 of $100.00, above 80% of the limit" in result.stdout
    assert "driven by rag_query" in result.stdout

    # 19 November: one day costs too much; the month does not yet.
    diary.spends(12)
    assert diary.verdicts(*priced) == (1, "warn", "fail")

    # 20 November: now the month as well.
    diary.spends(9)
    result = diary.checks(*priced)
    assert result.code == 1
    assert "FAIL total, actual month: $103.50 of $100.00" in result.stdout
    assert result.stderr.splitlines()[-1] == "FAIL: 2 FAIL"

    # 21 to 23 November: known, accepted, and said in every output.
    diary.write(BUDGETS + WAIVERS)
    for _ in range(3):
        diary.spends(9)
        result = diary.checks(*priced)
        assert result.code == 0
        assert result.stdout.count("waived until 2026-11-24: launch, FIN-12") == 2

    # 24 November: the waiver has ended, which is an error until somebody decides.
    diary.spends(1)
    result = diary.checks(*priced)
    assert result.code == 2
    assert "the waiver of total ended on 2026-11-24" in result.stderr
    diary.write(BUDGETS)
    diary.spends(1)
    assert diary.verdicts(*priced) == (1, "fail", "pass")

    # 26 to 29 November: the log stops coming; what is over stays over, what is unknown is unknown.
    assert diary.verdicts(*priced) == (1, "fail", "inconclusive")
    diary.day += timedelta(days=2)
    assert diary.verdicts(*priced) == (1, "fail", "inconclusive")

    # December: a new month, and the log is back.
    diary.day = date(2026, 12, 1)
    assert diary.verdicts(*priced) == (3, "inconclusive", "inconclusive")
    diary.spends(3)
    assert diary.verdicts(*priced) == (0, "pass", "pass")
