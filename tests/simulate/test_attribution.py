"""Fair shares where too many levers meet, and combinations where too many settings do."""

import pytest

from costctl.simulate import attribution, least_risk
from costctl.simulate.attribution import attribute
from costctl.simulate.goal_seek import break_even, reach
from costctl.simulate.plan import PlannedLever, Range
from tests.simulate.lesson import POINT, bound, on, plan


def test_sampled_fair_shares_sum_exactly_and_lie_near_the_exact_ones(monkeypatch):
    problem = bound(*plan())
    exact = attribute(problem)
    assert not exact.sampled
    monkeypatch.setattr(attribution, "EXACT_LEVERS", 1)
    found = attribute(problem)
    assert found.sampled
    fair = [saving.shapley for saving in found.levers.values()]
    assert sum(fair) == pytest.approx(exact.combined, rel=1e-12)
    assert found.levers["cache"].shapley == pytest.approx(exact.levers["cache"].shapley, abs=40)
    for name, saving in found.levers.items():
        known = exact.levers[name]
        assert saving.standalone == pytest.approx(known.standalone, rel=1e-12)
        assert saving.waterfall == pytest.approx(known.waterfall, rel=1e-12)
        assert saving.last_in == pytest.approx(known.last_in, rel=1e-12)


def test_sampling_repeats_from_its_seed(monkeypatch):
    monkeypatch.setattr(attribution, "EXACT_LEVERS", 1)
    problem = bound(*plan())
    assert attribute(problem, seed=3) == attribute(problem, seed=3)
    assert attribute(problem, seed=3) != attribute(problem, seed=4)


def test_more_than_twelve_levers_on_a_group_are_sampled():
    cuts = [
        PlannedLever(f"l{i}", "output", on("rag_query"), {"cut": POINT(0.05)}) for i in range(13)
    ]
    found = attribute(bound(*cuts))
    assert found.sampled
    assert sum(s.shapley for s in found.levers.values()) == pytest.approx(found.combined)


def test_too_many_combinations_are_thinned_out_and_said_to_be(monkeypatch):
    monkeypatch.setattr(least_risk, "COMBINATIONS", 8)
    found = reach(bound(*plan()), 3200.0)
    assert not found.complete
    assert found.least_risk is not None
    monkeypatch.setattr(least_risk, "COMBINATIONS", 1)
    assert not reach(bound(*plan()), 3200.0).complete


def test_a_batch_that_has_a_price_per_request_is_solved_by_bisection():
    compress = PlannedLever("c", "compress", on("document_summary"), {"saved": POINT(0.5)})
    pack = PlannedLever(
        "pack",
        "batch_requests",
        on("document_summary"),
        {"size": POINT(2), "shared_tokens": POINT(800)},
    )
    problem = bound(pack)
    full, half = 8000.0, attribute(problem).after
    found = break_even(problem, "pack.size", (full + half) / 2)
    assert found.feasible
    assert found.value == pytest.approx(4 / 3, rel=1e-5)
    assert break_even(problem, "pack.size", 9000.0).verdict == "not needed"
    assert break_even(bound(compress, pack), "pack.size", 1.0).verdict == "not enough alone"


def test_own_levels_replace_the_usual_ones():
    levers = plan()
    own = PlannedLever(
        "cache", "response_cache", on("rag_query"), {"hit": POINT(0.2)}, levels={"hit": {0.5: 1}}
    )
    found = reach(bound(own, *levers[1:]), 3200.0)
    assert found.least_risk is not None
    assert found.least_risk.settings["cache.hit"] == 0.5


def test_a_range_names_its_ends():
    assert not Range(0.1, 0.2, 0.3).is_point
