"""Every case of the exact oracle, every figure of it."""

import polars as pl
import pytest

from costctl.levers._base import Kind
from costctl.simulate.attribution import attribute
from costctl.simulate.project import flows_after
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
