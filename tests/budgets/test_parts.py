"""Rules with a home of their own: periods, days, trust, plans."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from costctl.budgets.days import as_day, histories
from costctl.budgets.evidence import Case, Evidence, Projected
from costctl.budgets.model import Period
from costctl.budgets.periods import add_months, before, bounds, local_days, window_of
from costctl.budgets.propose import Proposal, budget_text
from costctl.budgets.trust import unpriced_share
from costctl.vocabulary import Spent, Tokens, Window
from costctl.words import counted, length
from tests.budgets.judging import run_of, statuses
from tests.budgets.ledger import Call, Ledger, when

NOW = when("2026-11-22T12:00")
BERLIN = ZoneInfo("Europe/Berlin")


def test_the_period_before_a_month_is_the_whole_month_before():
    march = window_of(Period("month"), when("2026-03-15"), BERLIN)
    assert before(Period("month"), march, BERLIN) == Window(
        when("2026-01-31T23:00"), when("2026-02-28T23:00")
    )


def test_the_period_before_a_stretch_is_as_long():
    stretch = Period("from-to", when("2026-11-10"), when("2026-11-13"))
    window = window_of(stretch, NOW, BERLIN)
    assert before(stretch, window, BERLIN).until == window.since
    assert bounds(before(stretch, window, BERLIN))[0] == when("2026-11-06T23:00")


def test_months_roll_over_the_year():
    assert add_months(date(2026, 11, 1), 2) == date(2027, 1, 1)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_an_open_window_has_no_ends():
    with pytest.raises(ValueError, match="open"):
        local_days(Window(), BERLIN)


@pytest.mark.parametrize(
    "value", [date(2026, 11, 1), when("2026-11-01T00:00"), "2026-11-01", "2026-11-01T00:00:00"]
)
def test_a_day_is_a_day_in_any_form(value):
    assert as_day(value) == date(2026, 11, 1)


def test_without_counts_of_requests_tokens_say_how_much_has_no_price():
    spent = Spent((), requests=None, tokens=Tokens(output=80), unpriced_tokens=20)
    assert unpriced_share([spent]) == Decimal("0.25")
    assert unpriced_share([Spent(())]) == 0


def test_lengths_of_time_are_told_in_their_two_largest_units():
    assert [length(timedelta(hours=h)) for h in (5, 48, 49)] == ["5 h", "2 d", "2 d 1 h"]
    minutes = (-5, 0, 59, 61, 24 * 60 + 1)
    told = [length(timedelta(minutes=m)) for m in minutes]
    assert told == ["0 min", "0 min", "59 min", "1 h 1 min", "1 d"]


def test_one_is_told_without_an_s():
    assert [counted(n, "row") for n in (0, 1, 2, 1200)] == [
        "0 rows",
        "1 row",
        "2 rows",
        "1,200 rows",
    ]
    assert [counted(n, "line was", "lines were") for n in (1, 2)] == ["1 line was", "2 lines were"]


def test_a_young_month_waits_for_its_days(tmp_path):
    text = """
    budgets: [{name: a, limit: 1, checks: [{basis: forecast, fail: "100%", min_days: 7}]}]
    """
    calls = [Call(when("2026-10-01T23:50") + timedelta(days=n)) for n in range(35)]
    run = run_of(tmp_path, text, *calls, as_of="2026-11-05")
    assert run.outcomes[0].reasons == ("too early: 4 complete days of the period, 7 needed",)


def test_an_amount_as_threshold_is_named_in_the_reason(tmp_path):
    text = "budgets: [{name: a, limit: 10, checks: [{basis: actual, warn: 4, fail: 5}]}]"
    assert run_of(tmp_path, text, Call(NOW, Decimal(6))).outcomes[0].reasons == ("above $5.00",)


PLAN = "budgets: [{name: p, simulate: {scenario: s.yaml, limit: 100, use: USE}}]"


@pytest.mark.parametrize(
    ("use", "bill", "status", "value"),
    [
        ("p50", Projected(100.0, 120.0), "PASS", 100),
        ("p90", Projected(100.0, 120.0), "FAIL", 120),
        ("p90", Projected(90.0), "PASS", 90),
        ("p50", Projected(100.5, None, ("cache: not applicable",)), "FAIL", Decimal("100.5")),
    ],
)
def test_a_plan_is_judged_by_the_statistic_it_names(tmp_path, use, bill, status, value):
    run = run_of(tmp_path, PLAN.replace("USE", use), Call(NOW), projected=lambda *_: bill)
    outcome = run.outcomes[0]
    assert (outcome.status.value, outcome.value) == (status, value)
    assert outcome.reasons[len(outcome.reasons) - len(bill.notes) :] == bill.notes


def test_a_plan_without_usage_is_inconclusive(tmp_path):
    assert statuses(run_of(tmp_path, PLAN.replace("USE", "p50"))) == ["INCONCLUSIVE"]


def test_a_day_that_only_others_used_is_a_zero_and_one_that_nobody_used_is_unknown():
    calls = [
        Call(when("2026-11-01T23:50"), Decimal(1), "chat"),
        Call(when("2026-11-02T23:50"), Decimal(9), "other"),
        Call(when("2026-11-04T23:50"), Decimal(2), "chat"),
    ]
    evidence = Evidence(Ledger(*calls).spent, lambda *_: Projected(0))
    case = Case(evidence, datetime(2026, 11, 6), ZoneInfo("UTC"))  # noqa: DTZ001 - naive UTC
    chat = histories(case, (), ("endpoint",))[("chat",)]
    assert {day.day: usd for day, usd in chat.complete.items()} == {1: 1, 2: 0, 4: 2}


def test_usage_without_a_time_is_on_no_day():
    undated = Spent((None,), rows=1, cost_usd=Decimal(5))
    dated = Spent(("2026-11-01",), rows=1, cost_usd=Decimal(1), last=when("2026-11-01T23:59"))
    evidence = Evidence(lambda _: [undated, dated], lambda *_: Projected(0))
    case = Case(evidence, when("2026-11-03"), ZoneInfo("UTC"))
    assert histories(case, (), ())[()].complete == {date(2026, 11, 1): 1.0}


def test_a_proposed_limit_leaves_a_fifth_and_is_round():
    spent = [Decimal(s) for s in ("2660", "7744.57", "0", "0.9", "100")]
    assert [Proposal(None, s).limit_usd for s in spent] == [
        Decimal(3200),
        Decimal(9300),
        Decimal(1),
        Decimal("1.1"),
        Decimal(120),
    ]
    assert "limit: 1.10" in budget_text([Proposal(None, Decimal("0.9"))], "UTC", measured=True)
