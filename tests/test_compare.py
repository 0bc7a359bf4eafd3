"""Effects add up exactly to the change, whatever vanished, came or moved."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from costctl.compare import EFFECTS, Group, explain, total_effects

CLASSES = ("input_uncached", "cache_read", "output")
RATE = st.integers(min_value=0, max_value=10**6).map(lambda n: Decimal(n).scaleb(-9))
COUNT = st.integers(min_value=0, max_value=10**12)


@st.composite
def groups(draw):
    """Return a group whose cost is exactly tokens times rates, plus a price per request."""
    tokens = {name: draw(COUNT) for name in CLASSES if draw(st.booleans())}
    rates = {name: draw(RATE) for name in tokens}
    requests = draw(COUNT)
    with localcontext(prec=60):
        costs = {name: rates[name] * count for name, count in tokens.items()}
        whole = sum(costs.values(), Decimal(0)) + requests * draw(RATE)
    return Group(requests, tokens, whole, costs, {name: draw(RATE) for name in CLASSES})


SIDES = st.dictionaries(st.sampled_from(list("abcdefg")), groups(), max_size=5)


def keyed(side):
    return {(name,): group for name, group in side.items()}


def effects(difference):
    return [getattr(difference, name) for name in EFFECTS]


@given(before=SIDES, after=SIDES)
def test_the_effects_of_every_group_sum_exactly_to_its_change(before, after):
    differences = explain(keyed(before), keyed(after))
    with localcontext(prec=100):
        for d in differences:
            assert sum(effects(d)) == d.delta_usd
        old = sum((g.cost_usd for g in before.values()), Decimal(0))
        new = sum((g.cost_usd for g in after.values()), Decimal(0))
        assert sum(total_effects(differences).values()) == new - old
    assert {d.key for d in differences} == {*keyed(before), *keyed(after)}


@given(side=SIDES)
def test_nothing_changes_between_equal_sides(side):
    for d in explain(keyed(side), keyed(side)):
        assert effects(d) == [0, 0, 0, 0]


@given(side=SIDES, factor=st.integers(min_value=2, max_value=9))
def test_more_of_the_same_is_all_volume(side, factor):
    after = {
        name: Group(
            g.requests * factor,
            {c: n * factor for c, n in g.tokens.items()},
            g.cost_usd * factor,
            {c: usd * factor for c, usd in g.class_cost_usd.items()},
        )
        for name, g in side.items()
        if g.requests
    }
    before = {name: g for name, g in side.items() if g.requests}
    for d in explain(keyed(before), keyed(after)):
        assert abs(d.volume - d.delta_usd) < Decimal("1e-9")
        assert abs(d.mix) < Decimal("1e-9")


def one(requests, tokens, rate):
    usd = Decimal(tokens) * Decimal(rate)
    return Group(requests, {"input_uncached": tokens}, usd, {"input_uncached": usd})


def test_each_effect_alone_has_its_own_name():
    before = {("a",): one(100, 1000, "0.01"), ("b",): one(100, 1000, "0.01")}

    def after(**changed: Group) -> dict[tuple[str], Group]:
        return {**before, **{(name,): group for name, group in changed.items()}}

    def total(side) -> dict[str, Decimal]:
        return {name: usd for name, usd in total_effects(explain(before, side)).items() if usd}

    assert total(after(a=one(100, 1500, "0.01"))) == {"tokens": 5}
    assert total(after(a=one(100, 1000, "0.02"))) == {"price": 10}
    assert total(after(a=one(200, 2000, "0.01"), b=one(200, 2000, "0.01"))) == {"volume": 20}
    shifted = total_effects(
        explain(
            {("a",): one(100, 1000, "0.01"), ("b",): one(100, 1000, "0.03")},
            {("a",): one(50, 500, "0.01"), ("b",): one(150, 1500, "0.03")},
        )
    )
    assert shifted == {"volume": 0, "mix": 10, "tokens": 0, "price": 0}


def test_a_new_group_is_mix_and_a_removed_one_volume_and_mix():
    before = {("old",): one(100, 1000, "0.01")}
    after = {("new",): one(100, 1000, "0.03")}
    new, old = explain(before, after)
    assert (new.label, effects(new)) == ("new", [0, 30, 0, 0])
    assert (old.label, effects(old)) == ("removed", [0, -10, 0, 0])
    assert new.share is None
    assert old.share == -1


def test_a_class_that_was_unused_is_valued_at_its_table_price():
    before = {
        ("a",): Group(
            10,
            {"input_uncached": 100},
            Decimal(1),
            {"input_uncached": Decimal(1)},
            {"output": Decimal("0.05")},
        )
    }
    after = {
        ("a",): Group(
            10,
            {"input_uncached": 100, "output": 20},
            Decimal(3),
            {"input_uncached": Decimal(1), "output": Decimal(2)},
        )
    }
    assert effects(explain(before, after)[0]) == [0, 0, 1, 1]


def test_the_largest_change_comes_first():
    before = {(n,): one(1, 1, "0.1") for n in "abc"}
    after = {("a",): one(1, 2, "0.1"), ("b",): one(1, 9, "0.1"), ("c",): one(1, 1, "0.1")}
    assert [d.key for d in explain(before, after)] == [("b",), ("a",), ("c",)]


def test_beside_a_side_without_usage_all_is_volume():
    usage = {("a",): one(100, 1000, "0.01"), ("b",): one(300, 900, "0.02")}
    for before, after, sign in (({}, usage, 1), (usage, {}, -1)):
        found = explain(before, after)
        assert {d.key: d.volume for d in found} == {("a",): 10 * sign, ("b",): 18 * sign}
        assert not any(d.mix or d.tokens or d.price for d in found)
