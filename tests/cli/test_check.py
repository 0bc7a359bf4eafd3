"""`costctl check` as a pipeline meets it."""

import json
from textwrap import dedent

import pytest

from tests.cli.ledger import call, daily, fill
from tests.conftest import Result

TOTAL = """
budgets:
  - name: total
    limit: 100.00
    checks:
      - {basis: actual, warn: "80%", fail: "100%"}
"""
NOW = "2026-11-22T12:00"


@pytest.fixture
def check(run, tmp_path):
    """Judge a budget text over calls."""

    def _check(text, *rows: object, flags=(), name="budgets.yaml", **kwargs: object) -> Result:
        (tmp_path / name).write_text("version: 1\n" + dedent(text))
        if rows:
            fill(tmp_path / "costctl.duckdb", *rows)
        return run("check", *flags, **kwargs)

    return _check


@pytest.mark.parametrize(
    ("usd", "flags", "code", "word"),
    [
        (50, (), 0, "PASS"),
        (80, (), 0, "PASS"),
        (90, (), 0, "WARN"),
        (90, ("--fail-on", "warn"), 1, "WARN"),
        (101, (), 1, "FAIL"),
        (101, ("--exit-zero",), 0, "FAIL"),
        (101, ("--allow-inconclusive",), 1, "FAIL"),
    ],
)
def test_the_exit_code_is_the_verdict(check, usd, flags, code, word):
    result = check(TOTAL, call(NOW, usd), flags=flags)
    assert result.code == code
    assert word in result.stdout
    assert result.stderr.splitlines()[-1].startswith(f"{word}: 1 {word}")


def test_an_unknown_model_is_inconclusive_and_never_green(check):
    rows = [call(NOW, 1), call(NOW, 1, requested_model="mystery-9")]
    result = check(TOTAL, *rows)
    assert result.code == 3
    assert "INCONCLUSIVE" in result.stdout
    assert "mystery-9" in result.stdout
    assert check(TOTAL, flags=("--allow-inconclusive",)).code == 0
    assert check(TOTAL, flags=("--exit-zero",)).code == 0
    assert check("defaults: {on_unpriced: fail}\n" + TOTAL).code == 1
    assert check("defaults: {on_unpriced: ignore}\n" + TOTAL).code == 0


def test_an_unknown_model_may_be_priced_as_another(check):
    rows = [call(NOW, 60), call(NOW, 60, requested_model="mystery-9")]
    result = check(TOTAL, *rows, flags=("--fallback-model", "gpt-4o-2024-05-13", "--json"))
    assert result.code == 1
    assert json.loads(result.stdout)["result"]["budgets"][0]["value"] == 120


def test_old_data_is_inconclusive(check):
    result = check(TOTAL, call("2026-11-20T12:00", 1))
    assert result.code == 3
    assert "newest usage is of 2026-11-20 12:00 UTC" in result.stdout


def test_no_usage_is_inconclusive(check):
    result = check(TOTAL, call("2026-10-20T12:00", 1))
    assert result.code == 3
    assert "no usage in scope" in result.stdout
    assert check("defaults: {on_no_data: pass}\n" + TOTAL).code == 0


def test_a_missing_database_is_a_wrong_command_and_creates_none(check, tmp_path):
    assert check(TOTAL).code == 2
    assert not (tmp_path / "costctl.duckdb").exists()


@pytest.mark.parametrize("flags", [("--since", "2026-11-01"), ("--by", "model"), ("--top", "3")])
def test_check_takes_no_scope_of_its_own(check, flags):
    assert check(TOTAL, call(NOW), flags=flags).code == 2


def test_json_is_one_document_with_the_verdict(check):
    rows = [call(NOW, 125), call("2026-10-10T12:00", 25, endpoint="chat")]
    result = check(TOTAL, *rows, flags=("--json",))
    document = json.loads(result.stdout)
    assert result.code == 1
    assert result.stderr == ""
    assert document["schema"] == "costctl.check/1"
    assert document["data"]["rows"] == 2
    assert document["result"]["verdict"] == "fail"
    budget = document["result"]["budgets"][0]
    assert (budget["value"], budget["limit"], budget["pct"]) == (125, 100, 125)
    assert (budget["since"], budget["until"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert budget["drivers"][0]["delta"] == 125
    assert budget["line"] == 7


def test_the_zone_of_the_file_moves_the_border_and_a_flag_outweighs_it(check):
    rows = [call("2026-10-31T23:30", 40), call("2026-11-01T05:00", 2), call(NOW, 1)]
    text = "timezone: Europe/Berlin\n" + TOTAL

    def value(*flags: str) -> tuple[str, float]:
        document = json.loads(check(text, *rows, flags=("--json", *flags)).stdout)
        return document["tz"], document["result"]["budgets"][0]["value"]

    assert value() == ("Europe/Berlin", 43)
    assert value("--tz", "UTC") == ("UTC", 3)
    assert value("--tz", "America/Chicago") == ("America/Chicago", 1 + 2)


def test_a_month_with_a_change_of_clocks_is_exact(check):
    text = "timezone: America/New_York\n" + TOTAL
    rows = [
        call("2026-11-01T03:59:59.999999", 1),  # 23:59 of 31 October, summer time
        call("2026-11-01T04:00:00", 2),
        call("2026-12-01T04:59:59.999999", 4),
        call("2026-12-01T05:00:00", 8),
    ]
    for as_of, expected in (
        ("2026-11-01T03:59:59.999999Z", 0),  # October, whose last call is at this very moment
        ("2026-11-01T04:00:00Z", 0),  # November has just begun
        ("2026-11-01T04:00:00.000001Z", 2),
        ("2026-12-01T04:59:59.999999Z", 2),
        ("2026-12-01T05:00:00Z", 0),
        ("2026-12-01T05:00:00.000001Z", 8),
    ):
        result = check(text, *rows, flags=("--json", "--as-of", as_of))
        (budget,) = json.loads(result.stdout)["result"]["budgets"]
        assert budget["value"] == expected, as_of
    assert (budget["since"], budget["until"]) == ("2026-12-01T05:00:00Z", "2027-01-01T05:00:00Z")


def test_rows_after_the_moment_are_left_out_and_counted(check):
    result = check(TOTAL, call(NOW, 1), call("2026-11-25T00:00", 500), flags=("--json",))
    document = json.loads(result.stdout)
    assert document["result"]["budgets"][0]["value"] == 1
    assert "future_rows" in [w["code"] for w in document["warnings"]]


def test_a_tag_with_several_budgets_counts_each_request_once(check):
    text = """
    budgets:
      - {name: search, limit: 5, match: {"tag.team": search}}
      - {name: whole, limit: 5}
    """
    rows = [
        call(NOW, 1, tags={"team": "search", "env": "prod"}),
        call(NOW, 1, tags={"team": "ads"}),
        call(NOW, 1),
    ]
    document = json.loads(check(text, *rows, flags=("--json",)).stdout)
    assert [b["value"] for b in document["result"]["budgets"]] == [1, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "budgets: [{name: a, limit: '3,200'}]",
            "budgets.yaml:2: budgets[0].limit: '3,200' is no number",
        ),
        ("budgets: [{name: a, limit: 1, chekcs: []}]", "did you mean checks?"),
        ("currency: EUR\nbudgets: [{name: a, limit: 1}]", "budgets.yaml:2: currency"),
        ("budgets: [{name: a, limit: 1}, {name: a, limit: 2}]", "stands twice"),
        (
            "budgets: [{name: a, limit: 1}]\nwaivers: [{budget: a, until: '2026-11-23', reason: x}]",
            "the waiver of a ended on 2026-11-23",
        ),
    ],
)
def test_a_wrong_file_ends_with_2_and_names_the_line(check, text, said):
    for flags in ((), ("--validate-only",)):
        result = check(text, call(NOW), flags=flags)
        assert result.code == 2
        assert result.stdout == ""
        assert said in result.stderr


def test_a_missing_file_says_how_to_create_it(run):
    result = run("check", "--budgets", "absent.yaml")
    assert result.code == 2
    assert "absent.yaml" in result.stderr
    assert "costctl init" in result.stderr


def test_validation_needs_no_data(check):
    result = check(TOTAL, flags=("--validate-only",))
    assert result.code == 0
    assert result.stderr == "budgets.yaml: 1 budget, no problems\n"


def test_one_budget_can_be_chosen(check):
    text = TOTAL + "  - {name: other, limit: 1}\n"
    assert check(text, call(NOW, 50), flags=("--budget", "total")).code == 0
    assert check(text, flags=("--budget", "total", "--budget", "other")).code == 1
    result = check(text, flags=("--budget", "totl"))
    assert result.code == 2
    assert "did you mean total" in result.stderr


def test_the_settings_name_the_budget_file(check, run, tmp_path):
    (tmp_path / "ops").mkdir()
    check(TOTAL, call(NOW, 101), name="ops/limits.yaml")
    (tmp_path / "costctl.yaml").write_text("version: 1\nbudgets: ops/limits.yaml\n")
    assert run("check").code == 1


def test_a_name_that_matches_nothing_is_warned_about(check):
    text = """
    budgets: [{name: rag, limit: 5, match: {endpoint: rag_qury}}]
    """
    result = check(text, call(NOW))
    assert result.code == 3
    assert "did you mean rag_query?" in result.stderr


def test_a_limit_of_zero_means_must_not_be_used(check):
    text = "budgets: [{name: old, limit: 0, match: {model: 'gpt-4o*'}}]"
    result = check(text, call(NOW, 0.01))
    assert result.code == 1
    assert "must not be used" in result.stderr


FORECAST = """
budgets:
  - name: total
    limit: {limit}
    checks:
      - {{basis: forecast, warn: "100%", fail: "110%", min_days: 7, on_too_early: {early}}}
"""


def test_a_projected_month_is_judged(check):
    rows = daily("2026-10-01", 53, 10)
    limits = {300: (0, "PASS"), 299: (0, "WARN"), 272: (1, "FAIL")}
    for limit, (code, word) in limits.items():
        result = check(FORECAST.format(limit=limit, early="skip"), *rows)
        assert (result.code, result.stdout.split(word)[0] != result.stdout) == (code, True)
        assert "limit crossed on" in result.stdout or word == "PASS"


def test_an_early_projection_is_not_made_up(check):
    rows = daily("2026-11-17", 6, 10)
    policies = {"skip": (0, "SKIP"), "warn": (0, "WARN"), "inconclusive": (3, "INCONCLUSIVE")}
    for early, (code, word) in policies.items():
        result = check(FORECAST.format(limit=1, early=early), *rows)
        assert result.code == code
        told = f"{word} total, forecast month p50: too early: 6 days of history"
        assert told in result.stdout


def test_a_waiver_is_shown_and_ends(check):
    text = TOTAL + "waivers: [{budget: total, until: '2026-11-24', reason: 'FIN-12'}]\n"
    result = check(text, call(NOW, 500))
    assert result.code == 0
    assert "waived until 2026-11-24: FIN-12" in result.stdout
    assert check(text, flags=("--as-of", "2026-11-24")).code == 2


def test_files_for_the_pipeline_are_written_whatever_the_verdict(check, tmp_path):
    flags = [
        "--junit=j.xml",
        "--comment=c.md",
        "--summary=s.md",
        "--gitlab-codequality=q.json",
        "--metrics=m.txt",
    ]
    assert check(TOTAL, call(NOW, 500), flags=flags).code == 1
    assert "<failure " in (tmp_path / "j.xml").read_text()
    assert (tmp_path / "c.md").read_text().startswith("<!-- costctl:check -->")
    assert "FAIL" in (tmp_path / "s.md").read_text()
    assert json.loads((tmp_path / "q.json").read_text())[0]["severity"] == "critical"
    assert (tmp_path / "m.txt").read_text().endswith("# EOF\n")


def test_on_github_annotations_summary_and_outputs_come_unasked(check, tmp_path):
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "out.txt"),
    }
    (tmp_path / "out.txt").write_text("earlier=1\n")
    result = check(TOTAL, call(NOW, 500), env=env)
    assert result.code == 1
    assert result.stdout.splitlines()[-1].startswith("::error file=budgets.yaml,line=7,")
    assert "FAIL" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "out.txt").read_text() == (
        "earlier=1\nverdict=fail\nactual=500\nforecast=\nfailed=1\nshould_comment=true\n"
    )


def test_on_github_machine_output_stays_clean(check):
    result = check(TOTAL, call(NOW, 500), flags=("--json",), env={"GITHUB_ACTIONS": "true"})
    document = json.loads(result.stdout)
    assert "no_annotations" in [w["code"] for w in document["warnings"]]
    plain = check(TOTAL, flags=("--ci", "none"), env={"GITHUB_ACTIONS": "true"})
    assert "::error" not in plain.stdout


def test_an_unwritable_file_is_an_error_and_not_a_verdict(check):
    result = check(TOTAL, call(NOW, 500), flags=("--junit", "no/such/folder/j.xml"))
    assert result.code == 2


def test_a_second_comment_is_due_only_for_news(check, tmp_path):
    env = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "out.txt")}
    flags = ("--comment", "c.md")
    check(TOTAL, call(NOW, 50), flags=flags, env=env)
    check(TOTAL, call(NOW, 50.5), flags=flags, env=env)
    check(TOTAL, call(NOW, 500), flags=flags, env=env)
    words = [line for line in (tmp_path / "out.txt").read_text().splitlines() if "should" in line]
    assert words == ["should_comment=true", "should_comment=false", "should_comment=true"]


def test_a_day_unlike_its_weekdays_is_warned_about_and_fails_nothing(check):
    rows = [*daily("2026-09-01", 82, 1), call("2026-11-22T23:50", 30)]
    result = check(TOTAL.replace("100.00", "1000.00"), *rows, flags=("--json",))
    document = json.loads(result.stdout)
    assert result.code == 0
    assert document["result"]["anomalies"][0]["day"] == "2026-11-22"
    assert "anomaly" in [w["code"] for w in document["warnings"]]
