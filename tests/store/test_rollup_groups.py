"""What projections start from: groups that one set of rates prices, rates of any target, row-level figures."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from costctl.groups import Group, Rate, Wanted
from costctl.store import Store, rollup
from costctl.store.prices import load_prices
from costctl.store.rollup_groups import cut_by_cap, groups, ordered_shares, shares_at_least
from costctl.store.rollup_rates import rates_at
from costctl.vocabulary import ALL_CLASSES, Query
from tests.store.price_tables import Model, Period, Window, at, table

NOW = at("2026-11-23")
NOON = at("2026-11-10T12:00")
BIG = Model(
    "big",
    [
        Period(None, {0: {"input": "10", "output": "30"}}),
        Period(at("2026-11-15"), {0: {"input": "5", "output": "15", "cache_read": "0.5"}}),
    ],
    more={"cheaper_sibling": "small", "prompt_cache_min_tokens": 2048},
)
SMALL = Model("small", [Period(None, {0: {"input": "1", "output": "3"}})])
LONG = Model(
    "long", [Period(None, {0: {"input": "2", "output": "2"}, 1000: {"input": "4", "output": "4"}})]
)
PEAK = Model(
    "peak",
    [
        Period(
            None,
            {0: {"input": "1", "output": "1"}},
            window=Window(range(1, 8), 540, 720, {"input": "2", "output": "2"}),
        )
    ],
)
EMBEDDING = Model("embed", [Period(None, {0: {"input": "0.1"}})], kind="embedding")
ELSEWHERE = Model("away", [Period(None, {0: {"input": "7", "output": "7"}})], provider="other")
QUERY = Query(prices_at=NOW)


@pytest.fixture(scope="module")
def prices() -> Iterator[Store]:
    with Store.memory() as store:
        load_prices(store, table(BIG, SMALL, LONG, PEAK, EMBEDDING, ELSEWHERE))
        yield store


@pytest.fixture
def store(prices: Store) -> Store:
    prices.connection.execute("DELETE FROM usage_wide")
    return prices


def call(**columns: object) -> dict[str, object]:
    return {
        "endpoint": "a",
        "requested_model": "big",
        "occurred_at": NOON,
        "input_uncached": 100,
        "output": 10,
        **columns,
    }


def rate(store: Store, name: str, **more: object) -> Rate:
    (found,) = rates_at(store, NOW, [Wanted(name, **more)])  # type: ignore[arg-type]
    return found


def test_a_group_knows_what_was_paid_and_what_it_costs_at_the_price_date(store: Store):
    store.add_rows([call(), call(), call(cache_hit=True)])
    (group,) = groups(store, QUERY)
    assert (group.requests, group.input_uncached, group.output, group.row_level) == (
        2,
        200,
        20,
        True,
    )
    assert group.paid_usd == Decimal("0.0026")
    assert group.repriced_usd == Decimal("0.0013")
    assert group.repriced_usd == rollup.total(store, QUERY).cost_usd


def test_groups_add_up_to_the_breakdown_and_rates_reproduce_it(store: Store):
    store.add_rows(
        [
            call(requested_model=model, input_uncached=size, tier=tier)
            for model in ("big", "small", "long", "peak", "nobody")
            for size in (1, 999, 1000, 5000)
            for tier in ("standard", "batch")
        ]
        + [call(requested_model="peak", occurred_at=at("2026-11-10T02:00"))]
    )
    found = groups(store, QUERY)
    total = rollup.total(store, QUERY)
    assert sum(group.repriced_usd or 0 for group in found) == total.cost_usd
    assert sum(group.requests for group in found) == total.billable_requests
    wanted = [wanted_of(group) for group in found if group.price_name]
    for group, prices in zip(
        [group for group in found if group.price_name], rates_at(store, NOW, wanted), strict=True
    ):
        assert (prices.reason is None) == (group.reason is None)
        cost = group.input_uncached * prices.input + group.output * prices.output
        assert cost == pytest.approx(float(group.repriced_usd or 0), rel=1e-12)


def wanted_of(group: Group) -> Wanted:
    return Wanted(
        str(group.price_name),
        group.tier,
        group.step,
        group.price_provider,
        group.price_region,
        group.clock,
    )


def test_steps_and_windows_of_a_target_split_groups_of_other_models(store: Store):
    store.add_rows(
        [
            call(input_uncached=5000, occurred_at=at("2026-11-10T02:00")),
            call(input_uncached=5000),
            call(),
        ]
    )
    assert len(groups(store, QUERY)) == 1
    assert {group.step for group in groups(store, QUERY, also=("long",))} == {0, 1000}
    by_clock = groups(store, QUERY, also=("peak",))
    assert len(by_clock) == 2
    rates = [
        rate(store, "peak", provider="acme", region="global", clock=group.clock).input
        for group in by_clock
    ]
    assert sorted(rates) == [1e-6, 2e-6]


def test_rows_that_lack_a_price_in_part_stand_apart(store: Store):
    store.add_rows(
        [call(requested_model="embed"), call(requested_model="embed", output=0, input_uncached=7)]
    )
    assert {(group.reason, group.requests) for group in groups(store, QUERY)} == {
        ("no_class_price", 1),
        (None, 1),
    }


def test_further_dimensions_split_groups(store: Store):
    store.add_rows([call(team="red"), call(team="blue"), call()])
    assert [group.dims for group in groups(store, QUERY, ("team",))] == [
        ("blue",),
        ("red",),
        (None,),
    ]


def test_a_source_without_counts_has_no_requests(store: Store):
    store.add_rows([call(requests=None, granularity="bucket")])
    (group,) = groups(store, QUERY)
    assert (group.requests, group.requests_known, group.row_level) == (0, False, False)


def test_a_target_is_looked_up_beside_its_group_then_at_home(store: Store):
    near = rate(store, "small", provider="acme", region="global")
    assert (near.price_provider, near.other_provider, near.input, near.output) == (
        "acme",
        False,
        1e-6,
        3e-6,
    )
    away = rate(store, "away", provider="acme", region="global")
    assert (away.price_provider, away.other_provider, away.reason) == ("other", True, None)
    outright = rate(store, "other/away", provider="acme", region="global")
    assert (outright.price_provider, outright.other_provider) == ("other", False)


@pytest.mark.parametrize(
    ("reason", "name", "more"),
    [
        ("unknown_model", "nobody", {}),
        ("no_tier_price", "big", {"tier": "batch"}),
        ("no_region_price", "big", {"provider": "acme", "region": "moon"}),
    ],
)
def test_a_missing_price_says_why(store: Store, reason: str, name: str, more: dict[str, object]):
    found = rate(store, name, **more)
    assert (found.reason, found.input, found.has_input) == (reason, 0.0, False)


def test_rates_carry_the_facts_of_the_model_and_flags_of_own_prices(store: Store):
    found = rate(store, "big")
    assert (found.kind, found.cheaper_sibling, found.prompt_cache_min_tokens) == (
        "chat",
        "small",
        2048,
    )
    assert (found.has_cache_read, found.has_cache_write, found.cache_read) == (True, False, 5e-7)
    embedding = rate(store, "embed")
    assert (embedding.kind, embedding.output, embedding.has_output) == ("embedding", 0.0, False)


def test_a_cap_cuts_row_by_row_and_never_cached_tokens(store: Store):
    store.add_rows([call(input_uncached=size, cache_read=read) for size, read in SIZES])
    cut = cut_by_cap(store, QUERY, 100)
    assert list(cut.values()) == [sum(min(u, max(0, u + r - 100)) for u, r in SIZES)]
    assert set(cut) == {group.key for group in groups(store, QUERY)}


SIZES = ((10, 0), (150, 0), (40, 90), (10, 500), (1000, 1000))


def test_the_share_of_long_prompts_is_counted_row_by_row(store: Store):
    store.add_rows([call(input_uncached=size) for size in (100, 200, 700)])
    assert list(shares_at_least(store, QUERY, [200, 10**6]).values()) == [(0.9, 0.0)]


@pytest.mark.parametrize(
    ("order", "fraction", "requests", "tokens"),
    [
        ("cheapest", 0.5, 0.5, (10 + 20) / 1000),
        ("dearest", 0.5, 0.5, 970 / 1000),
        ("cheapest", 0.49, 0.25, 10 / 1000),
        ("cheapest", 1.0, 1.0, 1.0),
        ("dearest", 0.0, 0.0, 0.0),
    ],
)
def test_ordered_routing_moves_the_first_requests(
    store: Store, order: str, fraction: float, requests: float, tokens: float
):
    store.add_rows([call(input_uncached=size) for size in (10, 20, 470, 500)])
    (found,) = ordered_shares(store, QUERY, order, [fraction])
    assert (found.requests, found.input_uncached) == pytest.approx((requests, tokens))
    assert found.key == groups(store, QUERY)[0].key


def test_groups_with_sums_have_no_order(store: Store):
    store.add_rows([call(), call(granularity="bucket")])
    assert ordered_shares(store, QUERY, "cheapest", [0.5]) == []


def test_every_token_class_reaches_its_group(store: Store):
    counts = {name: 2 * number for number, name in enumerate(ALL_CLASSES, start=1)}
    counts |= {"cache_write_long": 1, "reasoning": 2}
    store.add_rows([call(**counts)])
    (group,) = groups(store, QUERY)
    assert {name: getattr(group, name) for name in ALL_CLASSES} == counts
