"""What holds for every plan."""

from itertools import permutations
from math import factorial, isclose

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.levers import LEVERS, Unit
from costctl.levers._base import COUNTS
from costctl.simulate import project as kernel
from costctl.simulate.attribution import attribute
from costctl.simulate.bind import bind
from costctl.simulate.plan import PlannedLever, Range
from costctl.simulate.project import bills, flows_after
from costctl.simulate.worlds import all_on, bill, worlds
from costctl.vocabulary import Condition
from tests.simulate.oracle import prices_of

PRICES = prices_of("cases")
MODELS = ("big", "big-new", "mini", "claude", "emb-large")
NAMES = {
    "swap": {"to": ("big-new", "mini", "claude-small", "no-such-model")},
    "route": {"to": ("mini", "claude-small"), "classifier_model": ("mini",)},
    "response_cache": {"lookup_model": ("emb-small",)},
    "tier": {"to_tier": ("batch", "flex")},
}
SPACE = {
    Unit.SHARE: st.floats(0, 1),
    Unit.SAVED: st.floats(-0.5, 1),
    Unit.RATIO: st.floats(0.1, 3),
    Unit.COUNT: st.integers(0, 500).map(float),
    Unit.SIZE: st.integers(1, 200).map(float),
    Unit.USD: st.floats(0, 50),
}
TOKENS = st.integers(0, 10**9).map(float)


@st.composite
def usages(draw):
    rows = []
    for number in range(draw(st.integers(1, 4))):
        model = draw(st.sampled_from(MODELS))
        embeds = model.startswith("emb")
        rows.append(
            {
                "endpoint": f"e{number}",
                "model": model,
                "tier": draw(st.sampled_from(("standard", "batch")))
                if model != "emb-large"
                else "standard",
                "kind": "embedding" if embeds else "chat",
                "scope": 0,
                "base_scope": 0,
                "label": model,
                "requests": draw(st.integers(0, 10**6).map(float)),
                "input_uncached": draw(TOKENS),
                "cache_read": 0.0 if embeds else draw(TOKENS),
                "cache_write": 0.0 if embeds else draw(TOKENS),
                "output": 0.0 if embeds else draw(TOKENS),
            }
        )
    return pl.DataFrame(rows)


@st.composite
def levers(draw, number=0):
    kind = draw(st.sampled_from(sorted(LEVERS)))
    lever = LEVERS[kind]
    params = {
        name: Range.point(draw(SPACE[param.unit]))
        for name, param in lever.all_params().items()
        if name not in {"write_share", "min_prompt_tokens"}
    }
    names = {name: draw(st.sampled_from(values)) for name, values in NAMES.get(kind, {}).items()}
    where = draw(st.sampled_from(((), ("*",), ("e0",), ("e1", "e2"), ("!e0",))))
    return PlannedLever(
        f"l{number}", kind, (Condition("endpoint", where),) if where else (), params, names
    )


@st.composite
def plans(draw):
    count = draw(st.integers(1, 4))
    return [draw(levers(number)) for number in range(count)]


def near(left, right, scale=1.0):
    return isclose(left, right, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, abs(scale)))


@settings(deadline=None, max_examples=25)
@given(usages(), plans())
def test_levers_that_are_off_change_nothing(usage, plan):
    plain = bill(bind(usage, PRICES, []), worlds(bind(usage, PRICES, []), [frozenset()]))[0]
    problem = bind(usage, PRICES, plan)
    assert near(bill(problem, worlds(problem, [frozenset()]))[0], plain)


@settings(deadline=None, max_examples=25)
@given(usages(), plans())
def test_savings_sum_to_what_the_plan_saves(usage, plan):
    found = attribute(bind(usage, PRICES, plan))
    for column in ("waterfall", "shapley"):
        total = sum(getattr(saving, column) for saving in found.levers.values())
        assert near(total, found.combined, found.before)


@settings(deadline=None, max_examples=25)
@given(usages(), plans())
def test_fair_shares_are_the_average_over_all_orders(usage, plan):
    problem = bind(usage, PRICES, plan)
    found = attribute(problem)
    names = [p.name for p in problem.planned]
    orders = list(permutations(names))
    steps = [frozenset(order[:size]) for order in orders for size in range(len(names) + 1)]
    costs = iter(bill(problem, worlds(problem, steps)))
    shares = dict.fromkeys(names, 0.0)
    for order in orders:
        before = next(costs)
        for name in order:
            after = next(costs)
            shares[name] += (before - after) / factorial(len(names))
            before = after
    for name, share in shares.items():
        assert near(found.levers[name].shapley, share, found.before)


@settings(deadline=None, max_examples=20)
@given(usages(), st.integers(0, 10**6), st.floats(0, 1))
def test_fair_shares_are_symmetric(usage, requests, cut):
    twins = [PlannedLever(name, "output", (), {"cut": Range.point(cut)}) for name in ("a", "b")]
    found = attribute(bind(usage, PRICES, twins)).levers
    assert near(found["a"].shapley, found["b"].shapley, requests + 1e6)


@settings(deadline=None, max_examples=20)
@given(usages(), plans())
def test_a_lever_that_selects_nothing_gets_nothing(usage, plan):
    ghost = PlannedLever(
        "ghost",
        "response_cache",
        (Condition("endpoint", ("nobody",)),),
        {"hit": Range.point(0.9), "fixed_usd": Range.point(50.0)},
    )
    alone, haunted = (attribute(bind(usage, PRICES, levers)) for levers in (plan, [*plan, ghost]))
    assert near(haunted.after, alone.after)
    assert haunted.levers["ghost"].shapley == 0
    assert haunted.levers["ghost"].overhead == 0


@settings(deadline=None, max_examples=30)
@given(usages(), plans())
def test_usage_never_goes_negative(usage, plan):
    problem = bind(usage, PRICES, plan)
    flows = flows_after(problem.usage, problem.prices, worlds(problem, [all_on(problem)]))
    lowest = flows.select(pl.col(COUNTS).min()).row(0)
    assert all(value is None or value >= -1e-6 for value in lowest)


@settings(deadline=None, max_examples=20)
@given(usages(), plans(), st.randoms(use_true_random=False))
def test_the_order_in_which_different_levers_are_given_changes_nothing(usage, plan, random):
    kinds = {lever.lever: lever for lever in plan}
    once = list(kinds.values())
    other = list(once)
    random.shuffle(other)
    one, two = (attribute(bind(usage, PRICES, levers)) for levers in (once, other))
    assert one == two


@settings(deadline=None, max_examples=20)
@given(usages(), plans(), st.floats(0.1, 50))
def test_savings_scale_with_usage(usage, plan, factor):
    free = [
        PlannedLever(
            p.name,
            p.lever,
            p.where,
            {n: r for n, r in p.params.items() if n != "fixed_usd"},
            p.names,
        )
        for p in plan
    ]
    counts = ["requests", "input_uncached", "cache_read", "cache_write", "output"]
    more = usage.with_columns(pl.col(counts) * factor)
    one, two = (attribute(bind(rows, PRICES, free)) for rows in (usage, more))
    assert near(two.combined, one.combined * factor, two.before)


AFFINE = {
    lever.name: [
        name
        for name, param in lever.all_params().items()
        if param.affine and param.unit is not Unit.SIZE and name != "shared_tokens"
    ]
    for lever in LEVERS.values()
}


@pytest.mark.parametrize("kind", [kind for kind, params in AFFINE.items() if params])
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_the_bill_is_a_straight_line_in_each_number(kind, data):
    usage = data.draw(usages())
    planned = data.draw(planned_of(kind))
    problem = bind(usage, PRICES, [planned])
    for param in AFFINE[kind]:
        values = [0.0, 0.25, 0.5, 1.0]
        frame = worlds(problem, [all_on(problem)] * 4, {f"{planned.name}.{param}": values})
        zero, quarter, half, one = bill(problem, frame)
        assert near(half, (zero + one) / 2, zero), param
        assert near(quarter, zero + (one - zero) / 4, zero), param


@st.composite
def planned_of(draw, kind):
    lever = LEVERS[kind]
    params = {
        name: Range.point(draw(SPACE[param.unit]))
        for name, param in lever.all_params().items()
        if name not in {"write_share", "min_prompt_tokens"}
    }
    names = {name: draw(st.sampled_from(values)) for name, values in NAMES.get(kind, {}).items()}
    return PlannedLever("only", kind, (), params, names)


@settings(deadline=None, max_examples=20)
@given(usages(), plans())
def test_one_frame_says_the_same_as_two(usage, plan):
    problem = bind(usage, PRICES, plan)
    both = bill(problem, worlds(problem, [frozenset(), all_on(problem)]))
    apart = [bill(problem, worlds(problem, [on]))[0] for on in (frozenset(), all_on(problem))]
    assert both == apart


@settings(deadline=None, max_examples=10)
@given(usages(), plans())
def test_slices_change_no_digit(usage, plan):
    problem = bind(usage, PRICES, plan)
    column = f"{problem.planned[0].name}.fixed_usd"
    main = f"{problem.planned[0].name}.{LEVERS[problem.planned[0].lever].primary}"
    values = {column: [float(i) for i in range(50)], main: [1 + i / 50 for i in range(50)]}
    frame = worlds(problem, [all_on(problem)] * 50, values)
    whole = bills(problem.usage, problem.prices, frame)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "CELLS", 7)
        assert bills(problem.usage, problem.prices, frame).equals(whole)


@settings(deadline=None, max_examples=20)
@given(usages(), plans())
def test_groups_add_up_to_the_bill(usage, plan):
    problem = bind(usage, PRICES, plan)
    whole = bill(problem, worlds(problem, [frozenset(), all_on(problem)]))
    before, after = (sum(bills_) for bills_ in zip(*attribute(problem).groups, strict=True))
    fixed = sum(p.params["fixed_usd"].mode for p in problem.planned if problem.acts_on[p.name])
    assert near(before, whole[0], whole[0])
    assert near(after + fixed, whole[1], whole[0])


@settings(deadline=None, max_examples=20)
@given(usages(), plans(), st.floats(0.1, 4), st.floats(0.1, 4))
def test_growth_and_price_changes_multiply_everything_but_fixed_costs(usage, plan, traffic, price):
    problem = bind(usage, PRICES, plan)
    plain = worlds(problem, [all_on(problem)])
    grown = kernel.Worlds(
        plain.settings,
        plain.frame.with_columns(traffic_factor=pl.lit(traffic), price_factor=pl.lit(price)),
    )
    fixed = sum(p.params["fixed_usd"].mode for p in problem.planned if problem.acts_on[p.name])
    before, after = bill(problem, plain)[0], bill(problem, grown)[0]
    assert near(after - fixed, (before - fixed) * traffic * price, after)
