"""Every case of the exact oracle, every figure of it."""

import polars as pl
import pytest

from costctl.levers._base import Kind
from costctl.simulate.attribution import attribute
from costctl.simulate.goal_seek import break_even
from costctl.simulate.plan import Provisioned
from costctl.simulate.project import flows_after
from costctl.simulate.ptu import provision
from costctl.simulate.worlds import all_on, worlds
from tests.simulate.oracle import ORACLE, TOKENS, close, number, problem_of

CASES = pytest.mark.parametrize("case", ORACLE["cases"], ids=lambda case: case["id"])


@CASES
def test_every_figure_of_the_case_agrees(case):
    found = attribute(problem_of(case))
    want = case["expect"]
    assert close(found.before, want["baseline"])
    assert close(found.after, want["cost_after"])
    assert close(found.after - found.overhead, want["llm_after"])
    assert close(found.overhead, want["overhead_after"])
    assert close(found.combined, want["combined_saving"])
    assert close(found.naive_sum, want["naive_sum"])
    assert close(found.interaction, want["interaction"])
    for name, saving in found.levers.items():
        assert close(saving.standalone, want["standalone"][name])
        assert close(saving.shapley, want["shapley"][name])
        assert close(saving.last_in, want["last_in"][name])


@CASES
def test_the_waterfall_goes_down_step_by_step(case):
    found = attribute(problem_of(case))
    bill = found.before
    assert list(found.levers) == [step["lever"] for step in case["expect"]["waterfall"]]
    for step in case["expect"]["waterfall"]:
        saving = found.levers[step["lever"]].waterfall
        bill -= saving
        assert close(saving, step["saving"])
        assert close(bill, step["cost_after"])


@CASES
def test_flows_after_are_those_of_the_case(case):
    problem = problem_of(case)
    flows = flows_after(problem.usage, problem.prices, worlds(problem, [all_on(problem)]))
    places = pl.DataFrame(
        {
            "price": pl.Series(range(len(problem.places)), dtype=pl.UInt32),
            "model": [model for model, _ in problem.places],
            "tier": [tier for _, tier in problem.places],
        }
    )
    got = (
        flows.filter(pl.col("kind") != int(Kind.OVERHEAD))
        .join(places, on="price")
        .group_by("group", "model", "tier")
        .agg(pl.col(*TOKENS).sum())
    )
    held = {
        (problem.logged[row["group"]]["id"], row["model"], row["tier"]): row
        for row in got.iter_rows(named=True)
    }
    for want in case["expect"]["flows_after"]:
        row = held.pop((want["group"], want["model"], want["tier"]), dict.fromkeys(TOKENS, 0.0))
        for ours, theirs in TOKENS.items():
            exact = number(want[theirs])
            assert abs(row[ours] - exact) <= 1e-9 * max(1.0, abs(exact))
    for row in held.values():
        assert all(abs(row[name]) < 1e-6 for name in TOKENS)


@pytest.mark.parametrize("case", ORACLE["breakeven"], ids=lambda case: case["id"])
def test_break_evens_agree(case):
    solve, want = case["solve"], case["expect"]
    column = f"{solve['lever']}.{solve['param']}"
    found = break_even(problem_of(case), column, number(solve["target_usd"]))
    assert found.value is not None
    assert close(found.value, want["value"])
    assert found.feasible == want["feasible"]


@pytest.mark.parametrize("case", ORACLE["ptu"], ids=lambda case: case["id"])
def test_provisioned_units_agree(case):
    offer = Provisioned(
        where=(),
        tpm_per_unit=case["tpm_per_ptu"],
        usd_per_unit_hour=number(case["usd_per_ptu_hour"]),
        output_ratio=4,
        min_units=case["min_ptu"],
        step=case["step"],
        max_units=case["max_ptu"],
    )
    rate = number(case["payg_usd_per_1m_input_equivalent"]) / 1e6
    found = provision(case["hourly_input_equivalent_tokens"], rate, offer)
    assert found.best == case["expect"]["best_ptu"]
    assert list(found.costs) == [int(units) for units in case["expect"]["costs"]]
    for units, want in case["expect"]["costs"].items():
        assert close(found.costs[int(units)], want)
