"""What a budget says about hand-made usage."""

from datetime import timedelta
from decimal import Decimal

import pytest

from costctl.budgets.evidence import FixedCost
from costctl.budgets.verdict import Run, Status, tally, worst
from costctl.errors import ExitCode
from tests.budgets.judging import run_of, statuses
from tests.budgets.ledger import Call, when

TOTAL = """
budgets:
  - name: total
    limit: 100.00
    checks: [{basis: actual, warn: "80%", fail: "100%"}]
"""
NOW = when("2026-11-22T12:00")


def spend(*usd: object, at=NOW):
    return [Call(at, Decimal(str(value))) for value in usd]


@pytest.mark.parametrize(
    ("usd", "status"),
    [
        ("79.99", "PASS"),
        ("80", "PASS"),
        ("80.000000000001", "WARN"),
        ("100", "WARN"),
        ("100.000000000000000001", "FAIL"),
    ],
)
def test_equality_at_a_threshold_passes(tmp_path, usd, status):
    assert statuses(run_of(tmp_path, TOTAL, *spend(usd))) == [status]


def test_a_breach_says_how_far(tmp_path):
    outcome = run_of(tmp_path, TOTAL, *spend(60, 65)).outcomes[0]
    assert outcome.value == 125
    assert outcome.pct == 125
    assert outcome.reasons == ("above 100% of the limit",)
    assert outcome.line == 6


def test_only_the_period_around_the_moment_counts(tmp_path):
    calls = [Call(when("2026-10-31T23:59:59.999999"), Decimal(500)), *spend(50)]
    assert run_of(tmp_path, TOTAL, *calls).outcomes[0].value == 50


def test_a_row_on_the_border_belongs_to_the_later_period(tmp_path):
    calls = spend(7, at=when("2026-11-01T00:00"))
    assert run_of(tmp_path, TOTAL, *calls, as_of="2026-11-01T06:00").outcomes[0].value == 7
    calls += spend(1, at=when("2026-10-31T23:00"))
    october = run_of(tmp_path, TOTAL, *calls, as_of="2026-10-31T23:59:59")
    assert october.outcomes[0].value == 1


def test_a_moment_on_the_border_judges_the_new_empty_period(tmp_path):
    run = run_of(tmp_path, TOTAL, *spend(500, at=when("2026-10-31T12:00")), as_of="2026-11-01")
    assert statuses(run) == ["INCONCLUSIVE"]
    assert run.outcomes[0].reasons == ("no usage in scope",)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", 1),
        ("week", 11),
        ("month", 111),
        ("quarter", 1111),
        ("year", 11111),
        ('{from: "2026-11-03", to: "2026-11-19"}', 100),
    ],
)
def test_each_period_has_its_own_borders(tmp_path, period, expected):
    text = f"""
    timezone: Europe/Berlin
    defaults: {{max_data_age: 400d}}
    budgets: [{{name: a, limit: 99999, period: {period}}}]
    """
    calls = [
        *spend(1, at=when("2026-11-21T23:00")),  # Sunday 22 November, 00:00 in Berlin
        *spend(10, at=when("2026-11-15T23:00")),  # Monday 16 November, 00:00
        *spend(90, at=when("2026-11-02T23:00")),  # Tuesday 3 November, 00:00
        *spend(10, at=when("2026-10-31T23:00")),  # 1 November, 00:00
        *spend(1000, at=when("2026-09-30T22:00")),  # 1 October, 00:00, summer time
        *spend(10000, at=when("2025-12-31T23:00")),  # 1 January, 00:00
        *spend(5, at=when("2025-12-31T22:59:59")),
    ]
    assert run_of(tmp_path, text, *calls, as_of="2026-11-22T12:00").outcomes[0].value == expected


def test_month_borders_follow_daylight_saving(tmp_path):
    text = "timezone: America/New_York\nbudgets: [{name: a, limit: 1, period: day}]"
    calls = [
        *spend(1, at=when("2026-11-01T03:59:59")),  # 31 October, 23:59:59 summer time
        *spend(2, at=when("2026-11-01T04:00")),  # 1 November, 00:00 summer time
        *spend(4, at=when("2026-11-02T04:59:59")),  # 1 November, 23:59:59 winter time: a 25th hour
        *spend(8, at=when("2026-11-02T05:00")),
    ]
    run = run_of(tmp_path, text, *calls, as_of="2026-11-02T04:59:59.5")
    assert run.outcomes[0].value == 6
    assert run.outcomes[0].window.until - run.outcomes[0].window.since == timedelta(hours=25)


def test_a_scope_counts_what_it_matches(tmp_path):
    text = """
    budgets:
      - {name: rag, limit: 10, match: {endpoint: "rag_*", model: [gpt-4o, gpt-4o-mini]}}
      - {name: not-mini, limit: 10, match: {model: "!gpt-4o-mini"}}
    """
    calls = [
        Call(NOW, Decimal(1), "rag_query", "gpt-4o"),
        Call(NOW, Decimal(2), "rag_query", "gpt-4o-mini"),
        Call(NOW, Decimal(4), "rag_query", "o3"),
        Call(NOW, Decimal(8), "chat", "gpt-4o"),
        Call(NOW, Decimal(16), "chat", None),
    ]
    run = run_of(tmp_path, text, *calls)
    assert [o.value for o in run.outcomes] == [3, 29]


def test_usage_without_a_price_is_never_green(tmp_path):
    calls = [*spend(1), Call(NOW, None, model="mystery-1", requests=9)]
    run = run_of(tmp_path, TOTAL, *calls)
    assert statuses(run) == ["INCONCLUSIVE"]
    assert run.outcomes[0].reasons == ("90% of requests have no price: mystery-1",)
    assert run.exit_code() == ExitCode.INCONCLUSIVE


def test_usage_without_a_price_does_not_hide_a_failure(tmp_path):
    run = run_of(tmp_path, TOTAL, *spend(101), Call(NOW, None))
    assert statuses(run) == ["FAIL"]
    assert len(run.outcomes[0].reasons) == 2


@pytest.mark.parametrize(
    ("policy", "status"),
    [("fail", "FAIL"), ("warn", "WARN"), ("ignore", "PASS"), ("inconclusive", "INCONCLUSIVE")],
)
def test_the_file_says_what_unpriced_usage_means(tmp_path, policy, status):
    text = f"defaults: {{on_unpriced: {policy}}}\n" + TOTAL
    assert statuses(run_of(tmp_path, text, *spend(1), Call(NOW, None))) == [status]


def test_a_share_equal_to_the_tolerance_is_tolerated(tmp_path):
    text = "defaults: {unpriced_tolerance: 10%}\n" + TOTAL
    calls = [Call(NOW, Decimal(1), requests=9), Call(NOW, None)]
    assert statuses(run_of(tmp_path, text, *calls)) == ["PASS"]
    assert statuses(run_of(tmp_path, text, *calls, Call(NOW, None))) == ["INCONCLUSIVE"]


def test_no_usage_is_inconclusive_unless_the_file_allows_it(tmp_path):
    assert statuses(run_of(tmp_path, TOTAL)) == ["INCONCLUSIVE"]
    text = "defaults: {on_no_data: pass}\n" + TOTAL
    assert statuses(run_of(tmp_path, text)) == ["PASS"]


def test_old_data_is_inconclusive(tmp_path):
    fresh = spend(1, at=when("2026-11-21T00:00"))
    assert statuses(run_of(tmp_path, TOTAL, *fresh)) == ["PASS"]
    stale = spend(1, at=when("2026-11-20T23:59:59"))
    run = run_of(tmp_path, TOTAL, *stale)
    assert statuses(run) == ["INCONCLUSIVE"]
    assert run.outcomes[0].reasons == (
        "the newest usage is of 2026-11-20 23:59 UTC, 2 d old (at most 2 d)",
    )


def test_a_finished_period_is_not_stale(tmp_path):
    text = 'budgets: [{name: a, limit: 5, period: {from: "2026-10-01", to: "2026-11-01"}}]'
    assert statuses(run_of(tmp_path, text, *spend(1, at=when("2026-10-31T20:00")))) == ["PASS"]


def test_a_scope_that_rests_is_stale_unless_it_may(tmp_path):
    text = """
    budgets:
      - {name: a, limit: 5, match: {endpoint: xmas}}
      - {name: b, limit: 5, match: {endpoint: xmas}, on_no_data: pass}
    """
    calls = [Call(when("2026-11-10T00:00"), endpoint="xmas"), *spend(1)]
    assert statuses(run_of(tmp_path, text, *calls)) == ["INCONCLUSIVE", "PASS"]


def test_rows_after_the_moment_do_not_count(tmp_path):
    calls = [*spend(1), *spend(1000, at=when("2026-11-23T00:00"))]
    assert run_of(tmp_path, TOTAL, *calls).outcomes[0].value == 1


def test_a_waiver_turns_a_failure_into_a_warning_and_stays_visible(tmp_path):
    text = TOTAL + 'waivers: [{budget: total, until: "2026-12-05", reason: "migration"}]'
    over = run_of(tmp_path, text, *spend(101))
    assert statuses(over) == ["WARN"]
    assert over.outcomes[0].reasons[-1] == "waived until 2026-12-05: migration"
    within = run_of(tmp_path, text, *spend(1))
    assert statuses(within) == ["PASS"]
    assert within.outcomes[0].waiver.reason == "migration"


def test_drivers_are_the_groups_that_grew(tmp_path):
    calls = [
        Call(when("2026-10-10T00:00"), Decimal(50), "chat"),
        Call(when("2026-10-10T00:00"), Decimal(5), "rag"),
        Call(when("2026-10-31T00:00"), Decimal(99), "rag"),  # later in its month than today
        Call(NOW, Decimal(51), "chat"),
        Call(NOW, Decimal(25), "rag"),
    ]
    first, second = run_of(tmp_path, TOTAL, *calls).outcomes[0].drivers
    assert (dict(first.key)["endpoint"], first.delta_usd) == ("rag", 20)
    assert (dict(second.key)["endpoint"], second.delta_usd) == ("chat", 1)


def test_without_an_earlier_period_no_change_is_claimed(tmp_path):
    assert run_of(tmp_path, TOTAL, *spend(5)).outcomes[0].drivers[0].delta_usd is None


def test_fixed_lines_count_in_the_whole_and_never_in_a_scope(tmp_path):
    text = TOTAL + "  - {name: scoped, limit: 100, match: {endpoint: rag_query}}\n"

    def fixed(window) -> list[FixedCost]:
        days = (window.until - window.since).days
        return [FixedCost("provisioned units", Decimal(days))]

    run = run_of(tmp_path, text, *spend(79), fixed=fixed)
    assert [o.value for o in run.outcomes] == [79 + 22, 79]
    assert dict(run.outcomes[0].drivers[0].key) == {"line": "provisioned units"}


def test_a_pattern_that_never_matched_is_told_with_the_nearest_name(tmp_path):
    text = """
    budgets: [{name: a, limit: 5, match: {endpoint: [rag_qury, "rag_*", "!zzz"]}}]
    """
    warnings = run_of(tmp_path, text, *spend(1)).warnings
    assert [w.code for w in warnings] == ["matches_nothing"]
    assert "did you mean rag_query?" in warnings[0].message


def test_the_gravest_status_is_the_verdict():
    assert worst([]) is Status.SKIP
    assert worst([Status.SKIP, Status.PASS]) is Status.PASS
    assert worst([Status.PASS, Status.WARN]) is Status.WARN
    assert worst([Status.WARN, Status.INCONCLUSIVE]) is Status.INCONCLUSIVE
    assert worst([Status.INCONCLUSIVE, Status.FAIL]) is Status.FAIL


def run_with(tmp_path, *wanted: Status):
    run = run_of(tmp_path, TOTAL, *spend(1))
    outcome = run.outcomes[0]
    found = tuple(type(outcome)("b", "actual", "cost", status, 1) for status in wanted)
    return Run(run.file, found)


def test_exit_codes_follow_the_verdict(tmp_path):
    fail = run_with(tmp_path, Status.PASS, Status.FAIL, Status.INCONCLUSIVE)
    unsure = run_with(tmp_path, Status.WARN, Status.INCONCLUSIVE)
    warn = run_with(tmp_path, Status.WARN, Status.SKIP)
    assert fail.exit_code() == 1
    assert unsure.exit_code() == 3
    assert warn.exit_code() == 0
    assert warn.exit_code(fail_on="warn") == 1
    assert unsure.exit_code(allow_inconclusive=True) == 0
    assert fail.exit_code(allow_inconclusive=True) == 1
    assert fail.exit_code(exit_zero=True) == unsure.exit_code(exit_zero=True) == 0
    assert tally(fail.outcomes) == "1 FAIL, 1 INCONCLUSIVE, 1 PASS"


def test_a_projection_adds_fixed_lines_and_fills_a_minimum_with_usage_to_come(tmp_path):
    text = """
    budgets: [{name: a, limit: 1000, checks: [{basis: forecast, fail: "100%"}]}]
    """
    calls = [Call(when("2026-09-01T23:50") + timedelta(days=n), Decimal(10)) for n in range(83)]

    def lines(*found: FixedCost) -> Decimal:
        outcome = run_of(tmp_path, text, *calls, fixed=lambda _: found).outcomes[0]
        return round(outcome.value, 6)

    assert lines() == 300
    assert lines(FixedCost("units", Decimal(90))) == 390
    assert lines(FixedCost("minimum", Decimal(70), tops_up=True)) == 300
    assert lines(FixedCost("minimum", Decimal(100), tops_up=True)) == 320
