"""`costctl forecast` as a user meets it."""

import json

import pytest

from tests.cli.ledger import call, daily, fill
from tests.conftest import Result


@pytest.fixture
def project(run, tmp_path):
    def _project(*flags: str, rows=(), **kwargs: object) -> Result:
        if rows:
            fill(tmp_path / "costctl.duckdb", *rows)
        return run("forecast", *flags, **kwargs)

    return _project


def result_of(result):
    return json.loads(result.stdout)["result"]


def test_an_even_month_is_projected_with_its_real_length(project):
    rows = daily("2026-09-01", 83, 10)
    document = json.loads(project("--json", "--target", "250", rows=rows).stdout)
    assert document["schema"] == "costctl.forecast/1"
    found = document["result"]
    assert (found["first_day"], found["last_day_excluded"]) == ("2026-11-01", "2026-12-01")
    total = found["total"]
    assert total["spent_usd"] == 220
    assert total["p50_usd"] == pytest.approx(300, rel=1e-9)
    assert total["p10_usd"] == pytest.approx(300, rel=1e-9)
    assert total["run_rate_usd"] == pytest.approx(300)
    assert (total["history_days"], total["period_days"]) == (83, 22)
    assert found["target"] == {"usd": 250, "met": False, "crossed_on": "2026-11-26"}


def test_the_method_and_its_past_error_are_always_shown(project):
    shown = project(rows=daily("2026-09-01", 83, 10)).stdout
    for word in ("Run rate", "Past error", "80 % of past errors", "$300.00"):
        assert word in shown
    for width in ("80", "120"):
        narrow = project(env={"COLUMNS": width}).stdout
        assert (
            "\nMethod: seasonal, from 83 complete days; over as many days ahead it erred by"
            in narrow
        )
        assert max(map(len, narrow.splitlines())) <= int(width)
    assert project("--target", "400").stdout.count("stays within $400.00") == 1
    assert "At this pace $250.00 is crossed on 2026-11-26" in project("--target", "250").stdout
    assert "$100.00 was crossed on 2026-11-11" in project("--target", "100").stdout


@pytest.mark.parametrize("method", ["run-rate", "trailing7", "seasonal", "auto"])
def test_the_method_can_be_chosen(project, method):
    rows = daily("2026-09-01", 83, 10)
    total = result_of(project("--json", "--method", method, rows=rows))["total"]
    assert total["p50_usd"] == pytest.approx(300)
    assert method in {"auto", total["method"]}


def test_one_day_is_no_history(project):
    result = project(rows=daily("2026-11-22", 1, 10))
    assert result.code == 3
    assert "too little history" in result.stdout
    assert "at least 3 complete days" in result.stderr
    assert result_of(project("--json"))["total"]["p50_usd"] is None


def test_three_days_give_a_rough_figure(project):
    result = project("--json", rows=daily("2026-11-20", 3, 10))
    total = result_of(result)["total"]
    assert result.code == 0
    assert total["rough"] is True
    assert total["p50_usd"] == pytest.approx(300)
    assert total["p90_usd"] is None


def test_groups_are_projected_on_their_own(project):
    rows = [
        *daily("2026-09-01", 83, 10, endpoint="chat"),
        *daily("2026-11-21", 2, 1, endpoint="young"),
    ]
    found = result_of(project("--json", "--by", "endpoint", rows=rows))
    chat, young = found["rows"]
    assert (chat["endpoint"], chat["p50_usd"]) == ("chat", pytest.approx(300))
    assert (young["endpoint"], young["p50_usd"], young["method"]) == ("young", None, None)
    assert "too little history" in project("--by", "endpoint").stdout


def test_a_condition_limits_what_is_projected(project):
    rows = [*daily("2026-09-01", 83, 10), *daily("2026-09-01", 83, 1, endpoint="chat")]
    total = result_of(project("--json", "--where", "endpoint=chat", rows=rows))["total"]
    assert total["p50_usd"] == pytest.approx(30)


def test_a_day_whose_log_is_cut_off_is_projected_and_told(project):
    rows = [*daily("2026-09-01", 82, 10), call("2026-11-22T09:00", 2)]
    document = json.loads(project("--json", rows=rows).stdout)
    assert document["result"]["total"]["p50_usd"] == pytest.approx(300)
    assert "partial_day_excluded" in [w["code"] for w in document["warnings"]]


def test_usage_without_a_price_is_told(project):
    rows = [*daily("2026-09-01", 83, 10), call("2026-11-22T09:00", requested_model="mystery")]
    assert "1 request of the period without a price" in project(rows=rows).stderr


def test_the_same_input_gives_the_same_bytes(project):
    rows = [*daily("2026-09-01", 83, 10), *daily("2026-09-01", 60, 1, endpoint="chat")]
    first = project("--json", "--by", "endpoint", rows=rows).stdout
    assert project("--json", "--by", "endpoint", rows=rows[::-1]).stdout == first


def test_days_follow_the_zone(project):
    rows = [call(f"2026-10-{day:02}T23:30", 10) for day in range(1, 32)]
    rows += [call(f"2026-11-{day:02}T23:30", 10) for day in range(1, 22)]
    utc = result_of(project("--json", rows=rows))["total"]
    berlin = result_of(project("--json", "--tz", "Europe/Berlin"))["total"]
    assert (utc["spent_usd"], berlin["spent_usd"]) == (210, 220)


@pytest.mark.parametrize("target", ["3,200", "$3200", "1e3", "nan", "-5"])
def test_a_target_is_a_plain_number(project, target):
    result = project("--target", target, rows=daily("2026-11-01", 20))
    assert result.code == 2
    assert target in result.stderr


def test_a_period_needs_both_ends(project):
    assert project("--since", "2026-11-01", rows=daily("2026-11-01", 20)).code == 2


def test_another_period_can_be_asked_about(project):
    rows = daily("2026-09-01", 83, 10)
    found = result_of(project("--json", "--period", "2026-Q4", rows=rows))
    assert found["total"]["p50_usd"] == pytest.approx(920)


def test_days_without_usage_are_told_for_they_are_projected(project):
    rows = [*daily("2026-11-01", 4, 10), *daily("2026-11-20", 3, 10)]
    shown = project(rows=rows).stdout
    assert "15 days of the period without any usage: unknown, not zero" in shown
    assert "$300.00" in shown
    assert "without any usage" not in project(rows=daily("2026-11-01", 22, 10)).stdout
