"""What the words of a budget file mean, through the command line, in zones whose clocks change."""

import json
from textwrap import dedent

import pytest

from tests.cli.ledger import call, daily, fill
from tests.conftest import Result

NOW = "2026-11-22T12:00"


@pytest.fixture
def judge(run, tmp_path):
    """Judge a budget text over calls."""

    def _judge(text, *rows: object, flags=()) -> Result:
        (tmp_path / "budgets.yaml").write_text("version: 1\n" + dedent(text))
        fill(tmp_path / "costctl.duckdb", *rows)
        return run("check", *flags)

    return _judge


def budgets_of(result):
    return {b["name"]: b for b in json.loads(result.stdout)["result"]["budgets"]}


def test_every_period_is_half_open_where_clocks_go_forward(judge):
    """In Sydney clocks went from 2:00 to 3:00 on Sunday 4 October 2026; Monday 5 October began at 13:00 UTC."""
    text = """
    timezone: Australia/Sydney
    defaults: {max_data_age: 400d}
    budgets:
      - {name: day, limit: 9999, period: day}
      - {name: week, limit: 9999, period: week}
      - {name: month, limit: 9999, period: month}
      - {name: quarter, limit: 9999, period: quarter}
      - {name: year, limit: 9999, period: year}
      - {name: stretch, limit: 9999, period: {from: "2026-10-03", to: "2026-10-04T12:00"}}
    """
    rows = [
        call("2025-12-31T12:59:59", 2000),  # the last second of 2025
        call("2025-12-31T13:00:00", 1000),  # 2026, summer time
        call("2026-09-30T13:59:59", 200),  # the last second of September, standard time
        call("2026-09-30T14:00:00", 100),  # October and its quarter
        call("2026-10-02T13:59:59", 64),  # the last second of 2 October
        call("2026-10-02T14:00:00", 32),  # 3 October
        call("2026-10-04T01:00:00", 16),  # 4 October, 12:00 summer time: the end of the stretch
        call("2026-10-04T12:59:59", 8),  # the last second of a Sunday of 23 hours
        call("2026-10-04T13:00:00", 4),  # Monday 5 October
        call("2026-10-05T13:00:00", 2),  # Tuesday
    ]
    found = budgets_of(judge(text, *rows, flags=["--json", "--as-of", "2026-10-05T23:00Z"]))
    assert {name: budget["value"] for name, budget in found.items()} == {
        "day": 2,
        "week": 4 + 2,
        "month": 100 + 64 + 32 + 16 + 8 + 4 + 2,
        "quarter": 226,
        "year": 1000 + 200 + 226,
        "stretch": 32,
    }
    assert found["day"]["since"] == "2026-10-05T13:00:00Z"
    assert (found["stretch"]["since"], found["stretch"]["until"]) == (
        "2026-10-02T14:00:00Z",
        "2026-10-04T01:00:00Z",
    )


def test_a_tag_with_several_values_matches_by_any_of_them_and_counts_once(judge):
    text = """
    budgets:
      - {name: red, limit: 9, match: {"tag.team": red}}
      - {name: either, limit: 9, match: {"tag.team": [red, blue]}}
      - {name: whole, limit: 9}
    """
    rows = [call(NOW, 1, tags={"team": "blue,red"}), call(NOW, 2, tags={"team": "blue"})]
    found = budgets_of(judge(text, *rows, flags=["--json"]))
    assert [budget["value"] for budget in found.values()] == [1, 3, 3]


def test_a_tag_that_no_usage_has_is_told(judge):
    text = 'budgets: [{name: a, limit: 9, match: {"tag.taem": red, team: "*"}}]'
    result = judge(text, call(NOW, 1, tags={"team": "red"}))
    assert result.code == 3
    said = "warning: budget a: match tag.taem: 'red' matches nothing: no usage has any tag.taem\n"
    assert said in result.stderr
    assert result.stderr.count("matches nothing") == 1


def test_each_budget_may_have_its_own_word_on_doubts(judge):
    text = """
    defaults: {on_unpriced: fail, max_data_age: 1h}
    budgets:
      - {name: strict, limit: 9}
      - {name: lenient, limit: 9, on_unpriced: warn, max_data_age: 3d}
      - {name: tolerant, limit: 9, unpriced_tolerance: 50%, max_data_age: 3d}
      - {name: resting, limit: 9, match: {endpoint: xmas}, on_no_data: pass}
    """
    rows = [call(NOW, 1), call(NOW, 1, requested_model="mystery-9")]
    found = budgets_of(judge(text, *rows, flags=["--json"]))
    statuses = {name: budget["status"] for name, budget in found.items()}
    assert statuses == {
        "strict": "fail",
        "lenient": "warn",
        "tolerant": "pass",
        "resting": "pass",
    }
    assert "12 h old (at most 1 h)" in " ".join(found["strict"]["reasons"])


@pytest.mark.parametrize(
    ("at", "status", "code"), [(NOW, "skip", 0), ("2026-11-20T12:00", "inconclusive", 3)]
)
def test_too_few_requests_are_neutral_unless_the_log_has_stopped(judge, at, status, code):
    text = "budgets: [{name: u, unit: {metric: cost_per_request, fail: 1, min_requests: 5}}]"
    result = judge(text, call(at, 9), flags=["--json"])
    assert (result.code, budgets_of(result)["u"]["status"]) == (code, status)
    assert "not evaluated: 1 request, 5 needed" in budgets_of(result)["u"]["reasons"]


RATIOS = {
    "cost_per_request": ("0.00005", "$0.00006, above $0.00005"),
    "cost_per_1k_requests": ("0.01", "$0.06, above $0.01"),
    "cost_per_1m_tokens": ("4.5", "$5.00, above $4.50"),
    "tokens_per_request": ("11.5", "12 tokens, above 11.5 tokens"),
    "unpriced_share": ("5%", "10%, above 5%"),
}


def test_a_ratio_is_told_with_digits_that_count_and_its_definition(judge):
    """12 tokens at 5 USD per million are 0.00006 USD."""
    text = "budgets:\n" + "".join(
        f"  - {{name: {metric}, on_unpriced: ignore, unit: {{metric: {metric}, fail: {limit}}}, "
        f"match: {{endpoint: {'odd' if metric == 'unpriced_share' else 'rag_query'}}}}}\n"
        for metric, (limit, _) in RATIOS.items()
    )
    small = 12 / 200_000
    rows = [call(NOW, small) for _ in range(10)]
    rows += [call(NOW, small, endpoint="odd") for _ in range(9)]
    rows.append(call(NOW, small, endpoint="odd", requested_model="mystery-9"))
    result = judge(text, *rows)
    assert result.code == 1
    for metric, (_, said) in RATIOS.items():
        assert f"FAIL {metric}, unit {metric}: {said}\n" in result.stdout
        assert f"\n{metric}: " in result.stdout


def test_drivers_are_what_grew_and_not_what_shrank_or_stood(judge):
    text = "budgets: [{name: total, limit: 50}]"
    rows = [
        call("2026-10-10T12:00", 40, endpoint="steady"),
        call("2026-10-10T12:00", 9, endpoint="shrinking"),
        call("2026-10-10T12:00", 1, endpoint="growing"),
        call(NOW, 40, endpoint="steady"),
        call(NOW, 2, endpoint="shrinking"),
        call(NOW, 21.5, endpoint="growing"),
    ]
    result = judge(text, *rows)
    model = rows[0]["requested_model"]
    assert result.stdout.endswith(
        "FAIL total, actual month: $63.50 of $50.00, above 100% of the limit; "
        f"driven by growing {model} $21.50 (+$20.50 on the period before)\n"
    )


def test_where_nothing_grew_the_largest_is_named(judge):
    text = "budgets: [{name: total, limit: 5}]"
    rows = [
        call("2026-10-10T12:00", 10, endpoint="large"),
        call("2026-10-10T12:00", 3, endpoint="small"),
        call(NOW, 8, endpoint="large"),
        call(NOW, 3, endpoint="small"),
    ]
    drivers = judge(text, *rows).stdout.split("driven by ")[1]
    assert drivers.startswith("large gpt-4o-2024-05-13 $8.00 (-$2.00 on the period before), small ")


def test_a_projection_says_how_it_was_made(judge):
    text = """
    budgets: [{name: total, limit: 250, checks: [{basis: forecast, fail: "100%"}]}]
    """
    rows = daily("2026-09-01", 83, 10)
    result = judge(text, *rows)
    assert "FAIL total, forecast month p50: $300.00 of $250.00, above 100% of the limit; by " in (
        result.stdout
    )
    assert ", past error 0%" in result.stdout
    assert "limit crossed on 2026-11-26" in result.stdout


def test_a_log_that_ends_early_makes_no_anomaly_of_its_last_day(judge):
    """Yesterday's log is cut off at nine: the day before is the last one to judge."""
    text = "budgets: [{name: total, limit: 9999}]"
    rows = [*daily("2026-09-01", 82, 10), call("2026-11-22T09:00", 0.5)]
    whole = judge(text, *rows, flags=["--json"])
    assert json.loads(whole.stdout)["result"]["anomalies"] == []
    rows[-2] = call("2026-11-21T23:50", 100)
    found = json.loads(judge(text, *rows, flags=["--json"]).stdout)["result"]["anomalies"]
    assert [(a["day"], a["usd"], a["usual_usd"]) for a in found] == [("2026-11-21", 100, 10)]


def test_exit_zero_never_hides_a_wrong_file(run, judge):
    judge("budgets: [{name: a, limit: 1}]", call(NOW, 5))
    assert run("check", "--exit-zero").code == 0
    assert run("check", "--exit-zero", "--budgets", "absent.yaml").code == 2
    assert run("check", "--exit-zero", "--db", "absent.duckdb").code == 2


def test_two_checks_of_one_kind_are_refused_also_on_one_line(judge):
    text = """
    budgets: [{name: a, limit: 9, checks: [{basis: actual, warn: 1}, {basis: actual, fail: 2}]}]
    """
    result = judge(text, call(NOW))
    assert result.code == 2
    assert "a second actual check" in result.stderr


def test_a_waiver_is_part_of_every_file(judge, tmp_path):
    text = """
    budgets: [{name: a, limit: LIMIT}]
    waivers: [{budget: a, until: "2026-12-05", reason: "FIN-12"}]
    """
    flags = ["--junit=j.xml", "--comment=c.md", "--summary=s.md", "--ci=github"]
    for limit, status in ((1, "WARN"), (9, "PASS")):
        (tmp_path / "s.md").unlink(missing_ok=True)
        result = judge(text.replace("LIMIT", str(limit)), call(NOW, 5), flags=flags)
        assert result.code == 0
        for name in ("j.xml", "c.md", "s.md"):
            assert "waived until 2026-12-05: FIN-12" in (tmp_path / name).read_text()
        assert f"{status} a, actual month: " in result.stdout


def test_usage_without_a_time_is_in_no_period_and_never_green(judge):
    text = """
    defaults: {unpriced_tolerance: 25%}
    budgets:
      - {name: whole, limit: 9}
      - {name: tolerant, limit: 9, match: {endpoint: chat}}
      - {name: lenient, limit: 9, on_unpriced: warn}
      - {name: unit, unit: {metric: tokens_per_request, fail: 9999999}}
      - {name: only-undated, limit: 9, match: {endpoint: lost}, on_no_data: pass}
    """
    rows = [call(NOW, 1, endpoint="chat") for _ in range(3)]
    rows += [call(None, 500, endpoint="chat"), call(None, 500, endpoint="lost")]
    result = judge(text, *rows, flags=["--json"])
    found = budgets_of(result)
    assert result.code == 3
    assert {name: budget["status"] for name, budget in found.items()} == {
        "whole": "inconclusive",  # 2 of 5
        "tolerant": "pass",  # 1 of 4 is 25 %
        "lenient": "warn",
        "unit": "inconclusive",
        "only-undated": "inconclusive",
    }
    assert found["whole"]["reasons"] == ["40% of requests have no time and are in no period"]


def test_a_change_is_not_judged_without_the_times(judge, run):
    text = "budgets: [{name: c, compare: {baseline: b.json, metric: cost, fail: {abs: 1}}}]"
    judge(text, call("2026-10-22T12:00", 5))
    assert run("baseline", "save", "--period", "2026-10", "-o", "b.json").code == 0
    assert judge(text, call(NOW, 5), call(None, 500)).code == 3


def test_questions_about_periods_say_what_has_no_time(judge, run):
    judge("budgets: [{name: a, limit: 9}]", *daily("2026-10-01", 53, 1), call(None, 500))
    baseline = ("baseline", "save", "-o", "b.json")
    for args in (("forecast",), ("compare", "last-month", "this-month"), baseline):
        result = run(*args)
        assert result.code == 0
        assert "warning: 1 request without a time: in no period, left out\n" in result.stderr
