"""A change against a baseline, group by group."""

from datetime import timedelta
from decimal import Decimal

import pytest

from costctl.baseline import Baseline, BaselineRow
from costctl.vocabulary import Tokens, Window
from tests.budgets.judging import run_of
from tests.budgets.ledger import Call, when

NOW = when("2026-11-22T12:00")
OCTOBER = Window(when("2026-10-01"), when("2026-11-01"))


def row(endpoint, usd, requests=10, model="gpt-4o"):
    return BaselineRow(
        (endpoint, model, "openai", None, "standard"),
        requests=requests,
        billable_requests=requests,
        tokens=Tokens(input_uncached=1000),
        cost_usd=Decimal(str(usd)),
    )


def outcome(tmp_path, rule, rows, *calls: Call, match="", **evidence: object):
    saved = Baseline(OCTOBER, "UTC", tuple(rows))
    text = f"budgets: [{{name: c, {match}compare: {{baseline: b.json, {rule}}}}}]"
    return run_of(tmp_path, text, *calls, baseline=lambda _: saved, **evidence).outcomes[0]


def test_only_groups_in_scope_are_compared(tmp_path):
    rows = [row("rag_query", 10), row("rag_index", 10), row("chat", 10), row(None, 10)]
    calls = [Call(NOW, Decimal(10), name) for name in ("rag_query", "rag_index", "chat", None)]

    def names(match) -> set[object]:
        rule = "metric: cost, by: endpoint, fail: {abs: 1}"
        found = outcome(tmp_path, rule, rows, *calls, match=f"match: {{endpoint: {match}}}, ")
        return {dict(change.key)["endpoint"] for change in found.changes}

    assert names('"rag_*"') == {"rag_query", "rag_index"}
    assert names('["chat", "rag_query"]') == {"chat", "rag_query"}
    assert names('"!chat"') == {"rag_query", "rag_index", None}
    assert names('"*"') == {"rag_query", "rag_index", "chat", None}


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("fail: {rel: 50%}", "PASS"),
        ("fail: {rel: 49%}", "FAIL"),
        ("warn: {rel: 49%}", "WARN"),
        ("fail: {abs: 5}", "PASS"),
        ("fail: {abs: 4.99}", "FAIL"),
        ("fail: {rel: 10%, abs: 6}", "PASS"),
        ("fail: {rel: 10%, abs: 6}, require: any", "FAIL"),
        ("warn: {rel: 10%}, fail: {rel: 90%}", "WARN"),
    ],
)
def test_thresholds_are_strict_and_joined_as_asked(tmp_path, rule, status):
    call = Call(NOW, Decimal(15))
    found = outcome(tmp_path, f"metric: cost, {rule}", [row("rag_query", 10)], call)
    assert found.status.value == status


def test_a_new_group_is_judged_by_money_alone(tmp_path):
    calls = [Call(NOW, Decimal(10)), Call(NOW, Decimal(3), "fresh")]
    rows = [row("rag_query", 10)]
    assert outcome(tmp_path, "metric: cost, fail: {rel: 1%}", rows, *calls).status.value == "PASS"
    found = outcome(tmp_path, "metric: cost, fail: {rel: 1%, abs: 2}", rows, *calls)
    assert found.reasons == ("fresh gpt-4o: new, +$3.00",)


def test_many_changed_groups_are_counted_not_listed(tmp_path):
    rows = [row(f"e{n}", 1) for n in range(6)]
    calls = [Call(NOW, Decimal(2 + n), f"e{n}") for n in range(6)]
    found = outcome(tmp_path, "metric: cost, by: endpoint, fail: {rel: 10%}", rows, *calls)
    assert found.reasons[0] == "e5: +600.0% (+$6.00)"
    assert found.reasons[-1] == "and 3 more groups"
    assert len(found.changes) == 6


def test_a_group_without_requests_on_either_side_says_nothing(tmp_path):
    rows = [row("idle", 0, requests=0), row("rag_query", 10)]
    rule = "metric: cost_per_request, fail: {abs: 1}"
    calls = [Call(NOW, Decimal(1)), Call(NOW, Decimal(0), "idle", requests=0, hits=5)]
    found = outcome(tmp_path, rule, rows, *calls)
    assert [dict(change.key)["endpoint"] for change in found.changes] == ["rag_query"]


def test_no_group_at_all_passes(tmp_path):
    rule = "metric: cost, fail: {abs: 1}, ignore_below: 100"
    found = outcome(tmp_path, rule, [row("rag_query", 10)], Call(NOW, Decimal(15)))
    assert (found.status.value, found.changes) == ("PASS", ())


def test_the_last_days_are_as_many_as_the_baselines_or_as_asked(tmp_path):
    calls = [Call(when("2026-11-23") - timedelta(days=n, seconds=1), Decimal(1)) for n in range(40)]
    rows = [row("rag_query", 31)]
    assert outcome(tmp_path, "metric: cost, fail: {abs: 1}", rows, *calls).value == 31
    found = outcome(tmp_path, "metric: cost, window: 7d, fail: {abs: 1}", rows, *calls)
    assert found.value == 7


def test_a_price_change_is_shown_beside_the_usage(tmp_path):
    found = outcome(
        tmp_path,
        "metric: cost, fail: {rel: 10%}",
        [row("rag_query", 10), row("gone", 4)],
        Call(NOW, Decimal(20)),
        Call(NOW, Decimal(1), "fresh"),
        pricing={"sha256": "other"},
        repriced=lambda _: Baseline(OCTOBER, "UTC", (row("rag_query", 20), row("gone", 8))),
    )
    effects = {dict(c.key)["endpoint"]: (c.status.value, c.price_effect) for c in found.changes}
    assert effects == {"rag_query": ("PASS", 10), "gone": ("PASS", 4), "fresh": ("PASS", None)}


def test_what_fell_far_or_went_away_is_told_without_a_breach(tmp_path):
    rows = [row("rag_query", 10), row("gone", 4), row("steady", 5)]
    calls = [Call(NOW, Decimal(2)), Call(NOW, Decimal("4.9"), "steady")]
    found = outcome(tmp_path, "metric: cost, by: endpoint, fail: {rel: 20%}", rows, *calls)
    assert found.status.value == "PASS"
    assert found.reasons == ("rag_query: -80.0% (-$8.00)", "gone: removed, -$4.00")
