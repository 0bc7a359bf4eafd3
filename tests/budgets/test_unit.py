"""Unit costs: exact ratios, in both directions, never from too few requests."""

from decimal import Decimal

import pytest

from tests.budgets.judging import run_of, statuses
from tests.budgets.ledger import Call, Tokens, when

NOW = when("2026-11-22T12:00")


def text(metric, extra):
    return f"budgets: [{{name: u, unit: {{metric: {metric}, {extra}}}}}]"


CALLS = [
    Call(
        NOW,
        Decimal(3),
        requests=200,
        hits=50,
        user="a",
        tokens=Tokens(input_uncached=600, cache_read=200, output=200),
    ),
    Call(NOW, Decimal(1), requests=50, user="b", tokens=Tokens(input_uncached=1000)),
    Call(NOW, Decimal(4), requests=150, tokens=Tokens()),
]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("cost_per_request", Decimal("0.02")),
        ("cost_per_1k_requests", Decimal(20)),
        ("cost_per_1m_tokens", Decimal(4000)),
        ("cost_per_user", Decimal(2)),
        ("tokens_per_request", Decimal(5)),
        ("output_share", Decimal("0.1")),
        ("cache_hit_rate", Decimal(50) / Decimal(450)),
        ("cached_share", Decimal(200) / Decimal(1800)),
        ("unpriced_share", Decimal(0)),
    ],
)
def test_each_metric_divides_what_its_definition_says(tmp_path, metric, value):
    share = metric.endswith(("share", "rate"))
    run = run_of(tmp_path, text(metric, f"fail: {1 if share else 99999}"), *CALLS)
    outcome = run.outcomes[0]
    assert outcome.status.value == "PASS"
    assert round(outcome.value, 20) == round(value, 20)
    assert outcome.definition


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ("warn: 19, fail: 20", "WARN"),
        ("warn: 20, fail: 21", "PASS"),
        ("fail: 19.999999999", "FAIL"),
        ("direction: min, warn: 20, fail: 19", "PASS"),
        ("direction: min, warn: 21, fail: 20", "WARN"),
        ("direction: min, fail: 20.000001", "FAIL"),
    ],
)
def test_both_directions_breach_strictly(tmp_path, limits, status):
    assert statuses(run_of(tmp_path, text("cost_per_1k_requests", limits), *CALLS)) == [status]


def test_too_few_requests_are_not_judged(tmp_path):
    run = run_of(tmp_path, text("cost_per_1k_requests", "fail: 1, min_requests: 401"), *CALLS)
    assert statuses(run) == ["SKIP"]
    assert run.outcomes[0].reasons == ("not evaluated: 400 requests, 401 needed",)
    assert statuses(
        run_of(tmp_path, text("cost_per_1k_requests", "fail: 1, min_requests: 400"), *CALLS)
    ) == ["FAIL"]


def test_nothing_to_divide_by_is_not_judged(tmp_path):
    run = run_of(tmp_path, text("cost_per_user", "fail: 1"), Call(NOW))
    assert statuses(run) == ["SKIP"]


def test_only_the_window_counts(tmp_path):
    old = Call(when("2026-11-15T23:59:59"), Decimal(1000))
    edge = Call(when("2026-11-16T00:00"), Decimal(10))
    run = run_of(tmp_path, text("cost_per_request", "fail: 1"), old, edge, Call(NOW, Decimal(2)))
    assert run.outcomes[0].value == 6


def test_a_share_is_judged_without_prices(tmp_path):
    run = run_of(tmp_path, text("output_share", "fail: 90%"), Call(NOW, None))
    assert statuses(run) == ["PASS"]
    run = run_of(tmp_path, text("cost_per_request", "fail: 9"), Call(NOW, None))
    assert statuses(run) == ["INCONCLUSIVE"]


def test_the_unpriced_share_is_itself_a_metric(tmp_path):
    run = run_of(tmp_path, text("unpriced_share", "fail: 0.4"), Call(NOW, None), Call(NOW))
    assert statuses(run) == ["FAIL"]
    assert run.outcomes[0].value == Decimal("0.5")


def test_no_usage_is_inconclusive(tmp_path):
    assert statuses(run_of(tmp_path, text("cost_per_request", "fail: 9, min_requests: 5"))) == [
        "INCONCLUSIVE"
    ]
