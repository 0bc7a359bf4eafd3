"""The worked example: a bill of 8,000 USD, a target of 3,200, six levers."""

import polars as pl
import pytest

from costctl.simulate.attribution import attribute
from costctl.simulate.goal_seek import break_even, reach
from costctl.simulate.plan import PlannedLever, Range
from costctl.simulate.uncertainty import simulate_draws
from costctl.vocabulary import Condition
from tests.simulate.lesson import MODES, POINT, RANGES, bound, lever, on, plan
from tests.simulate.oracle import prices_of

TARGET = 3200.0


def cents(value):
    return round(value, 2)


def test_the_settings_of_the_story_give_2460_58():
    found = attribute(bound(*plan()))
    assert cents(found.before) == 8000.00
    assert cents(found.after) == 2460.58
    assert cents(found.naive_sum) == 6966.10
    assert cents(found.combined) == 5539.42
    assert cents(found.interaction) == -1426.68
    assert [cents(s.shapley) for s in found.levers.values()] == [
        1746.66,
        918.91,
        541.54,
        1664.46,
        667.86,
        0.00,
    ]


def test_two_levers_on_one_endpoint_give_up_half_of_their_overlap_each():
    found = attribute(bound(*plan())).levers
    overlap = 3 / 5 * 81483 / 140500 * 4100
    assert found["cache"].shapley == pytest.approx(found["cache"].standalone - overlap / 2)
    assert found["route"].shapley == pytest.approx(found["route"].standalone - overlap / 2)


def test_overheads_make_it_2563_00():
    levers = plan()
    levers[0] = PlannedLever(
        "cache",
        "response_cache",
        on("rag_query"),
        {"hit": POINT(0.6), "lookup_tokens": POINT(40), "fixed_usd": POINT(100)},
        {"lookup_model": "text-embedding-3-small"},
    )
    levers[1] = PlannedLever(
        "route",
        "route",
        on("rag_query"),
        {"fraction": POINT(0.6), "classifier_in": POINT(105), "classifier_out": POINT(5)},
        {"to": "gpt-4o-mini", "classifier_model": "gpt-4o-mini"},
    )
    found = attribute(bound(*levers))
    assert cents(found.after) == 2563.00
    assert cents(found.levers["cache"].standalone) == 2359.77
    assert cents(found.levers["cache"].shapley) == 1648.07
    assert cents(found.levers["cache"].last_in) == 936.37
    assert cents(found.levers["route"].waterfall) == 948.93


def test_settings_by_evidence_miss_the_target_by_976_52():
    found = attribute(bound(*plan(**MODES)))
    assert cents(found.after) == 4176.52
    assert cents(found.after - TARGET) == 976.52
    assert cents(found.interaction) == -317.04
    assert cents(found.levers["cache"].shapley) == 661.48
    assert cents(found.levers["route"].last_in) == 1268.16


@pytest.mark.parametrize(
    ("distribution", "p10", "p50", "p90", "met"),
    [
        ("triangular", (3545, 3561), (4057, 4072), (4582, 4601), (0.006, 0.012)),
        ("pert", (3654, 3674), (4108, 4127), (4584, 4603), (0.0, 0.004)),
    ],
)
def test_percentiles_lie_where_they_were_measured(distribution, p10, p50, p90, met):
    found = simulate_draws(bound(*plan(**RANGES)), distribution=distribution, target=TARGET)
    assert found is not None
    spread = found.independent
    for value, (low, high) in zip(
        (spread.p10, spread.p50, spread.p90, spread.met), (p10, p50, p90, met), strict=True
    ):
        assert low <= value <= high


def test_levers_that_err_together_spread_wider():
    found = simulate_draws(bound(*plan(**RANGES)), target=TARGET)
    assert found is not None
    assert found.together.p10 == pytest.approx(3079, abs=3)
    assert found.together.p50 == pytest.approx(4092, abs=3)
    assert found.together.p90 == pytest.approx(5155, abs=4)
    assert found.together.met == pytest.approx(0.136, abs=0.002)


def test_the_tornado_ranks_the_hit_rate_first():
    found = simulate_draws(bound(*plan(**RANGES)), draws=10)
    assert found is not None
    swings = {s.column: (cents(s.at_low), cents(s.at_high)) for s in found.tornado}
    assert list(swings.items()) == [
        ("cache.hit", (4553.74, 3170.59)),
        ("route.fraction", (4810.59, 3542.44)),
        ("embed.share", (4311.90, 3932.82)),
        ("compress.output_factor", (4082.23, 4412.23)),
        ("compress.saved", (4365.09, 4074.37)),
        ("intent.share", (4360.30, 4176.52)),
    ]


def test_break_evens_from_the_evidence():
    problem = bound(*plan(**MODES))
    assert break_even(problem, "cache.hit", TARGET).value == pytest.approx(0.588307, abs=1e-6)
    assert break_even(problem, "route.fraction", TARGET).value == pytest.approx(0.708011, abs=1e-6)


def test_break_evens_from_the_settings_of_the_story():
    problem = bound(*plan())
    assert break_even(problem, "cache.hit", TARGET).value == pytest.approx(0.170653, abs=1e-6)
    assert break_even(problem, "route.fraction", TARGET).value == pytest.approx(0.133545, abs=1e-6)
    compress = break_even(problem, "compress.saved", TARGET)
    assert compress.value == pytest.approx(-0.056927, abs=1e-6)
    assert compress.verdict == "not needed"


def test_least_risk_finds_the_pareto_front():
    found = reach(bound(*plan(**MODES | {"output_factor": POINT(1.0)})), TARGET)
    assert found.least_risk is not None
    assert (found.least_risk.points, cents(found.least_risk.after)) == (21, 3149.46)
    assert found.least_risk.settings["route.fraction"] == 0.6
    assert [(points, round(usd)) for points, usd in found.front] == [
        (0, 8000), (1, 7081), (2, 6671), (3, 6288), (4, 5958), (5, 5496), (6, 5198), (7, 4947),
        (8, 4821), (9, 4569), (10, 4405), (11, 4233), (12, 4028), (13, 3856), (14, 3785),
        (15, 3612), (16, 3596), (17, 3424), (19, 3252), (21, 3149), (22, 3068), (24, 2880),
        (26, 2751), (28, 2563), (30, 2461),
    ]  # fmt: skip


def test_a_target_out_of_reach_names_the_best_there_is():
    found = reach(bound(*plan()), 1000.0)
    assert found.least_risk is None
    assert found.theta is None
    assert cents(found.best.after) == 2460.58


def test_all_levers_together_need_83_percent_of_their_settings():
    found = reach(bound(*plan()), TARGET)
    assert found.theta == pytest.approx(0.8302120138, abs=1e-8)


def test_only_the_price_change_gives_4808_78():
    newer = prices_of("lesson").filter(pl.col("label") == "gpt-4o")
    newer = newer.with_columns(
        label=pl.lit("gpt-4o-new"),
        input=pl.lit(2.5e-6),
        cache_read=pl.lit(2.5e-6),
        cache_write=pl.lit(2.5e-6),
        output=pl.lit(10e-6),
    )
    upgrade = PlannedLever(
        "upgrade", "swap", (Condition("model", ("gpt-4o",)),), {}, {"to": "gpt-4o-new"}
    )
    assert cents(attribute(bound(upgrade, more_prices=newer)).after) == 4808.78


def test_a_model_without_a_price_is_said_to_have_none():
    problem = bound(lever("upgrade", "swap", "rag_query", "gpt-9", share=POINT(1.0)))
    assert problem.idle["upgrade"] == "gpt-9 has no standard price"
    assert attribute(problem).combined == 0


def test_a_lookup_pays_above_a_tiny_hit_rate():
    cache = PlannedLever(
        "cache",
        "response_cache",
        on("rag_query"),
        {"hit": POINT(0.1), "lookup_tokens": POINT(40)},
        {"lookup_model": "text-embedding-3-small"},
    )
    found = break_even(bound(cache), "cache.hit", 8000.0)
    assert found.value == pytest.approx(0.0000569, rel=1e-3)


def test_a_cheap_endpoint_never_pays_for_a_fixed_cost():
    cache = PlannedLever(
        "cache",
        "response_cache",
        on("embedding"),
        {"hit": POINT(0.1), "fixed_usd": POINT(1000)},
    )
    found = break_even(bound(cache), "cache.hit", 8000.0)
    assert found.value is not None
    assert found.value > 1
    assert not found.feasible
    assert found.verdict == "not enough alone"


def test_draws_repeat_to_the_digit_from_their_seed():
    problem = bound(*plan(**RANGES))
    assert simulate_draws(problem, seed=7) == simulate_draws(problem, seed=7)
    assert simulate_draws(problem, seed=7) != simulate_draws(problem, seed=8)


def test_a_point_is_not_drawn():
    assert simulate_draws(bound(*plan())) is None
    assert Range.point(0.2).is_point


STORY = {"cache": 1800, "route": 1600, "compress": 700, "batch": 200, "embed": 300}
"""What the well-known example says each lever saves; it adds them up to 57.5 % of 8,000."""


def test_simulate_disagrees_with_the_57_5_percent_of_the_story():
    """Adding savings counts the same dollars twice, and batching requests saves no token."""
    claimed = sum(STORY.values())
    assert claimed / 8000 == 0.575
    assert 8000 - claimed > TARGET
    found = attribute(bound(*[p for p in plan() if p.name != "intent"]))
    assert all(abs(found.levers[name].standalone - usd) > 30 for name, usd in STORY.items())
    assert found.levers["batch"].standalone == 0
    assert found.naive_sum - found.combined > 1400
    assert abs(found.combined - claimed) > 15
    assert attribute(bound(*plan(**MODES))).combined < claimed
