"""`costctl baseline`, and budgets that compare with one."""

import json
import shutil
from textwrap import dedent

import pytest

from tests.cli.ledger import call, fill

NOW = "2026-11-22T12:00"
BUDGET = """
version: 1
budgets:
  - name: no-regression
    compare:
      baseline: base.json
      metric: cost_per_1k_requests
      by: [endpoint]
      warn: {rel: "5%", abs: 50}
      fail: {rel: "15%", abs: 200}
      ignore_below: 0.5
"""


@pytest.fixture
def ledger(run, tmp_path, cache):
    """Replace the usage of November; October is the baseline, which a worker saves once for all tests."""

    def _with(*rows: object) -> None:
        fill(tmp_path / "costctl.duckdb", *[call("2026-10-22T12:00", 1) for _ in range(10)], *rows)

    _with()
    kept = cache / "october.json"
    if not kept.exists():
        assert run("baseline", "save", "--period", "2026-10", "-o", kept).code == 0
    shutil.copy(kept, tmp_path / "base.json")
    (tmp_path / "budgets.yaml").write_text(dedent(BUDGET))
    return _with


def judged(run, *flags: str):
    result = run("check", "--json", *flags)
    document = json.loads(result.stdout)
    return result.code, document["result"]["budgets"][0]


@pytest.mark.parametrize(
    ("usd", "code", "status"),
    [(1.05, 0, "pass"), (1.06, 0, "warn"), (1.2, 0, "warn"), (1.21, 1, "fail"), (0.1, 0, "pass")],
)
def test_both_thresholds_must_be_exceeded(ledger, run, usd, code, status):
    ledger(*[call(NOW, usd) for _ in range(10)])
    found = judged(run)
    assert (found[0], found[1]["status"]) == (code, status)


def test_any_threshold_is_enough_where_the_file_says_so(ledger, run, tmp_path):
    text = BUDGET.replace("ignore_below", "require: any\n      ignore_below")
    (tmp_path / "budgets.yaml").write_text(text)
    ledger(*[call(NOW, 1.16) for _ in range(10)])
    assert judged(run)[0] == 1


def test_a_drop_fails_only_where_the_file_says_so(ledger, run, tmp_path):
    ledger(*[call(NOW, 0.5) for _ in range(10)])
    assert judged(run)[0] == 0
    (tmp_path / "budgets.yaml").write_text(BUDGET + "      fail_on_drop: true\n")
    assert judged(run)[0] == 1


def test_new_groups_have_no_percentage_and_removed_ones_never_fail(ledger, run):
    ledger(call(NOW, 1, endpoint="fresh"))
    code, budget = judged(run)
    changes = {c["endpoint"]: c for c in budget["changes"]}
    assert code == 1
    assert (changes["fresh"]["label"], changes["fresh"]["rel"]) == ("new", None)
    assert (changes["rag_query"]["label"], changes["rag_query"]["status"]) == ("removed", "pass")


def test_small_groups_do_not_count(ledger, run):
    rows = [call(NOW, 1) for _ in range(10)]
    ledger(*rows, call(NOW, 0.4, endpoint="tiny"))
    code, budget = judged(run)
    assert code == 0
    assert [c["endpoint"] for c in budget["changes"]] == ["rag_query"]


@pytest.mark.parametrize(("policy", "code"), [("warn", 0), ("inconclusive", 3), ("pass", 0)])
def test_a_missing_baseline_is_never_guessed(ledger, run, tmp_path, policy, code):
    (tmp_path / "base.json").unlink()
    text = BUDGET.replace("ignore_below: 0.5", f"on_missing: {policy}")
    (tmp_path / "budgets.yaml").write_text(text)
    ledger(call(NOW))
    found = judged(run)
    assert (found[0], found[1]["status"]) == (code, policy)
    assert "no baseline" in found[1]["reasons"][0]


@pytest.mark.parametrize("change", [{"schema": "costctl.baseline/2"}, {"currency": "EUR"}])
def test_a_baseline_of_another_kind_is_a_wrong_file(ledger, run, tmp_path, change):
    path = tmp_path / "base.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    ledger(call(NOW))
    assert run("check").code == 2


def test_other_prices_are_applied_to_the_baseline_and_shown_apart(ledger, run, tmp_path):
    path = tmp_path / "base.json"
    values = json.loads(path.read_text())
    values["pricing"]["sha256"] = "000000000000"
    for row in values["rows"]:
        row["cost_usd"] = row["cost_usd"] / 2
    path.write_text(json.dumps(values))
    ledger(*[call(NOW, 1.1) for _ in range(10)])
    code, budget = judged(run)
    change = budget["changes"][0]
    assert (code, budget["status"]) == (0, "warn")
    assert (change["base"], change["price_effect"]) == (1000, 500)


def test_a_baseline_that_cannot_be_priced_again_says_so(ledger, run, tmp_path):
    path = tmp_path / "base.json"
    values = json.loads(path.read_text())
    values["pricing"]["sha256"] = "000000000000"
    values["rows"][0]["model"] = "gone-from-the-table"
    path.write_text(json.dumps(values))
    ledger(*[call(NOW, 1) for _ in range(10)])
    assert "price change included" in judged(run)[1]["reasons"][0]


def test_a_baseline_holds_sums_and_nothing_private(ledger, run, tmp_path):
    ledger(call(NOW, 1, user_id="ann@example.org", trace_id="trace-77"))
    assert run("baseline", "save", "-o", "all.json").code == 0
    text = (tmp_path / "all.json").read_text()
    values = json.loads(text)
    assert "ann@" not in text
    assert "trace-77" not in text
    assert values["schema"] == "costctl.baseline/1"
    assert values["period"] == {"since": "2026-10-22T12:00:00Z", "until": "2026-11-23T00:00:00Z"}
    assert values["rows"][0]["cost_usd"] == 11
    assert values["rows"][0]["tokens"]["input_uncached"] == 2_200_000
    assert set(values["pricing"]) == {"version", "sha256"}


def test_a_baseline_is_shown_and_printed(ledger, run):
    del ledger
    assert run("baseline", "save", "-o", "-", "--period", "2026-10").stdout.startswith("{")
    shown = run("baseline", "show", "base.json")
    assert "rag_query" in shown.stdout
    assert "$10.00" in shown.stdout
    assert json.loads(run("baseline", "show", "base.json", "--json").stdout)["result"]["rows"]


def test_no_usage_makes_no_baseline(ledger, run, tmp_path):
    del ledger
    assert run("baseline", "save", "--period", "2020-01", "-o", "none.json").code == 3
    assert not (tmp_path / "none.json").exists()
    assert run("baseline", "show", "none.json").code == 2
    (tmp_path / "none.json").mkdir()
    assert run("baseline", "show", "none.json").code == 2
