"""What JSON says of a plan, read back as a scenario, is the same plan."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costctl.errors import CostctlError
from costctl.levers import LEVERS
from costctl.reports._simulate_result import _lever
from costctl.simulate.attribution import Saving, attribute
from costctl.simulate.bind import bind
from costctl.simulate.describe import lines_of, shown_range
from costctl.simulate.outcome import LeverLine
from costctl.simulate.plan import PlannedLever, Range
from costctl.simulate.scenario import read_scenario
from costctl.simulate.uncertainty import simulate_draws
from costctl.vocabulary import Condition
from tests.simulate.test_properties import PRICES, plans, usages

DAY = date(2026, 11, 23)


def again(path, lines: tuple[LeverLine, ...]) -> tuple[PlannedLever, ...]:
    """Return the levers of a result's JSON, read as a scenario."""
    said = [_lever(line) for line in lines]
    levers = [
        {key: one[key] for key in ("lever", "name", "where", "unless")} | plain(one["params"])
        for one in said
    ]
    path.write_text(json.dumps({"version": 1, "levers": levers}))
    return read_scenario(path).levers


def plain(params):
    """Return numbers as JSON writes them: without exponents."""
    if isinstance(params, dict):
        return {name: plain(value) for name, value in params.items()}
    return f"{Decimal(repr(params)):f}" if isinstance(params, float) else params


def widened(plan: list[PlannedLever], dice: Random) -> list[PlannedLever]:
    """Return the plan with ranges, and with usage that later settings took over."""
    found = []
    for lever in plan:
        name = LEVERS[lever.lever].primary
        number = lever.params[name].mode
        low = number * dice.random() if LEVERS[lever.lever].params[name].affine else number
        params = dict(lever.params) | {name: Range(min(low, number), number, number)}
        taken = (Condition("endpoint", (dice.choice(("e0", "e1")),)),)
        found.append(replace(lever, params=params, unless=(taken,) if dice.random() < 0.5 else ()))
    return found


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(usages(), plans(), st.integers(0, 1000))
def test_json_read_back_is_the_same_plan(tmp_path, usage, plan, seed):
    problem = bind(usage, PRICES, widened(plan, Random(seed)))
    found = attribute(problem)
    lines, _ = lines_of(problem, found, {}, {}, DAY)
    same = bind(usage, PRICES, again(tmp_path / "again.yaml", lines))
    assert attribute(same) == found
    assert simulate_draws(same, draws=40) == simulate_draws(problem, draws=40)


def test_a_share_keeps_all_its_digits(tmp_path):
    number = Range(1e-7, 1 / 3, 2 / 3)
    lever = PlannedLever("output", "output", (), {"cut": number})
    line = LeverLine(lever, Saving(0, 0, 0, 0, 0), {"cut": shown_range(number)})
    assert again(tmp_path / "again.yaml", (line,))[0].params["cut"] == number


@pytest.mark.parametrize("unless", ["{endpoint: rag}", "[{endpont: rag}]", "[rag]"])
def test_what_is_left_out_is_read_strictly(tmp_path, unless):
    path = tmp_path / "plan.yaml"
    path.write_text(f"version: 1\nlevers:\n  - {{lever: output, cut: 0.1, unless: {unless}}}\n")
    with pytest.raises(CostctlError, match=r"plan.yaml:3: .*(unless|endpoint)"):
        read_scenario(path)
