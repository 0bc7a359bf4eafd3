"""What usage cost: the lesson's table, what has no price and why, dimensions, scopes."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import pytest

from costctl.errors import CostctlError
from costctl.store import Store, rollup
from costctl.store.prices import load_prices
from costctl.store.rollup_scan import scan_ahead
from costctl.store.schema import NARROW_MADE
from costctl.vocabulary import Condition, Query, Spent, Window
from tests.store.price_tables import Model, Period, at, table
from tests.store.price_tables import Window as Hours

NOON = at("2026-11-10T12:00")

GPT = Model(
    "gpt-4o-2024-05-13",
    [
        Period(
            None, {0: {"input": "5", "output": "15", "cache_read": "5"}}, inherited=["cache_read"]
        ),
        Period(None, {0: {"input": "2.5", "output": "7.5"}}, tier="batch"),
    ],
)
EMBEDDING = Model(
    "text-embedding-3-large",
    [Period(at("2024-01-25"), {0: {"input": "0.13"}}, first_seen=at("2024-01-26"))],
    kind="embedding",
)
LONG = Model(
    "long-1",
    [
        Period(
            at("2025-01-01"),
            {0: {"input": "2", "output": "12"}, 272_001: {"input": "4", "output": "18"}},
        )
    ],
)
PEAK = Model(
    "peak-1",
    [
        Period(
            None,
            {0: {"input": "1", "output": "1"}},
            window=Hours(range(1, 8), 9 * 60, 12 * 60, {"input": "2", "output": "2"}),
        )
    ],
)
BOOK = (GPT, EMBEDDING, LONG, PEAK)

LESSON = (
    ("rag_query", "gpt-4o-2024-05-13", 45_200, 1_850, 320, "635.06"),
    ("document_summary", "gpt-4o-2024-05-13", 12_800, 3_200, 800, "358.40"),
    ("intent_classifier", "gpt-4o-2024-05-13", 58_000, 120, 15, "47.85"),
    ("embedding", "text-embedding-3-large", 58_000, 85, 0, "0.6409"),
)


@pytest.fixture(scope="module")
def prices() -> Iterator[Store]:
    with Store.memory() as store:
        load_prices(store, table(*BOOK))
        yield store


@pytest.fixture
def store(prices: Store) -> Store:
    prices.connection.execute("DELETE FROM usage_wide; DELETE FROM narrow_rows")
    return prices


def call(**columns: object) -> dict[str, object]:
    return {
        "endpoint": "a",
        "requested_model": "gpt-4o-2024-05-13",
        "occurred_at": NOON,
        "input_uncached": 1000,
        "output": 100,
        **columns,
    }


def one(store: Store, rows: Sequence[Mapping[str, object]], query: Query = Query()) -> Spent:  # noqa: B008 - frozen
    store.add_rows(rows)
    return rollup.total(store, query)


def keys(store: Store, *by: str, **more: object) -> dict[tuple[object, ...], Spent]:
    return {spent.key: spent for spent in rollup.spent(store, Query(by=by, **more))}  # type: ignore[arg-type]


def cost_by_endpoint(store: Store) -> dict[str, str]:
    found = rollup.spent(store, Query(by=("endpoint", "model")))
    return {
        str(spent.key[0]): format(Decimal(spent.cost_usd or 0).normalize(), "f") for spent in found
    }


def lesson_costs() -> dict[str, str]:
    return {name: format(Decimal(usd).normalize(), "f") for name, *_, usd in LESSON}


def test_the_lessons_table_comes_out_to_the_last_digit_as_buckets(store: Store):
    store.add_rows(
        [
            call(
                endpoint=endpoint,
                requested_model=model,
                granularity="bucket",
                requests=requests,
                input_uncached=requests * prompt,
                output=requests * answer,
            )
            for endpoint, model, requests, prompt, answer, _ in LESSON
        ]
    )
    assert cost_by_endpoint(store) == lesson_costs()
    assert rollup.total(store, Query()).cost_usd == Decimal("1041.9509")


def test_the_lessons_table_comes_out_to_the_last_digit_as_rows(store: Store):
    for endpoint, model, requests, prompt, answer, _ in LESSON:
        store.connection.execute(
            "INSERT INTO narrow_rows (event_key, occurred_at, endpoint, requested_model, "
            "input_uncached, output, billable) "
            "SELECT number, TIMESTAMP '2026-11-09' + to_seconds(number * 7), $endpoint, $model, "
            "$prompt, $answer, true FROM range($requests) AS t(number)",
            {
                "endpoint": endpoint,
                "model": model,
                "prompt": prompt,
                "answer": answer,
                "requests": requests,
            },
        )
    assert cost_by_endpoint(store) == lesson_costs()
    found = keys(store, "endpoint")
    assert found["rag_query",].requests == found["rag_query",].billable_requests == 45_200


def test_the_dearest_group_comes_first_and_the_unpriced_one_last(store: Store):
    store.add_rows(
        [
            call(endpoint="cheap", output=1),
            call(endpoint="dear", output=9000),
            call(endpoint="none", requested_model="nobody-knows"),
        ]
    )
    order = [spent.key[0] for spent in rollup.spent(store, Query(by=("endpoint",)))]
    assert order == ["dear", "cheap", "none"]


@pytest.mark.parametrize(
    ("reason", "columns"),
    [
        ("unknown_model", {"requested_model": "gpt-4o-2024-05-1"}),
        ("unknown_model", {"requested_model": None}),
        ("unknown_provider", {"provider": "reseller"}),
        (
            "no_price_at_date",
            {"requested_model": "long-1", "occurred_at": at("2024-12-31T23:59:59")},
        ),
        ("no_tier_price", {"tier": "flex"}),
        ("no_class_price", {"requested_model": "text-embedding-3-large", "input_uncached": 0}),
        ("no_region_price", {"deployment_type": "regional"}),
        ("undated", {"occurred_at": None}),
        ("tokens_unknown", {"tokens_known": False, "input_uncached": 0, "output": 0}),
    ],
)
def test_what_has_no_price_says_why_and_costs_nothing_known(
    store: Store, reason: str, columns: dict[str, object]
):
    found = one(store, [call(**columns)])
    assert found.cost_usd is None
    assert found.unpriced_reasons == ((reason, 1),)
    assert found.unpriced_requests == 1
    assert found.price_basis == "unpriced"


def test_a_row_that_lacks_one_class_is_priced_in_part(store: Store):
    with_output = call(requested_model="text-embedding-3-large", input_uncached=10**6, output=7)
    without = call(requested_model="text-embedding-3-large", input_uncached=10**6, output=0)
    found = one(store, [with_output, without, without])
    assert found.cost_usd == Decimal("0.39")
    assert (found.unpriced_requests, found.unpriced_tokens) == (1, 7)
    assert found.price_basis == "partial"


def test_an_error_without_tokens_needs_no_price(store: Store):
    found = one(
        store, [call(requested_model="unheard-of", input_uncached=0, output=0, status="error")]
    )
    assert (found.cost_usd, found.unpriced_requests, found.errors) == (Decimal(0), 0, 1)


def test_gateway_cache_hits_are_avoided_and_in_no_total(store: Store):
    found = one(store, [call(), call(cache_hit=True, logged_cost_usd=Decimal("0.01"))])
    assert (found.requests, found.billable_requests, found.cache_hits) == (2, 1, 1)
    assert found.cost_usd == found.avoided_cost_usd == Decimal("0.0065")
    assert found.tokens.total == found.avoided_tokens.total == 1100
    assert found.logged_cost_usd is None
    assert found.avoided_logged_cost_usd == Decimal("0.01")


def test_a_source_without_counts_makes_requests_unknown_not_zero(store: Store):
    store.add_rows([call(requests=None, granularity="bucket"), call(endpoint="b")])
    found = keys(store, "endpoint")
    assert found["a",].requests is None
    assert found["b",].requests == 1
    assert rollup.total(store, Query()).requests is None


def test_a_fallback_model_prices_what_is_wholly_unpriced_and_says_so(store: Store):
    store.add_rows([call(endpoint="x", requested_model="nobody-knows"), call()])
    found = keys(store, "endpoint", fallback_model="gpt-4o-2024-05-13")
    assert found["x",].cost_usd == found["a",].cost_usd == Decimal("0.0065")
    assert (found["x",].price_basis, found["a",].price_basis) == ("fallback", "exact")


def test_an_unknown_fallback_model_is_an_error(store: Store):
    store.add_rows([call()])
    with pytest.raises(CostctlError, match="no price for 'gpt-5o'"):
        rollup.spent(store, Query(fallback_model="gpt-5o"))


def test_inherited_and_early_prices_are_marked(store: Store):
    store.add_rows(
        [
            call(endpoint="cached", cache_read=10),
            call(
                endpoint="early",
                requested_model="text-embedding-3-large",
                output=0,
                occurred_at=at("2024-01-25T13:00"),
            ),
        ]
    )
    found = keys(store, "endpoint")
    assert found["cached",].price_basis == "inherited"
    assert found["early",].price_basis == "assumed_start"


def test_the_prompt_decides_its_tier_request_by_request(store: Store):
    found = one(
        store,
        [
            call(requested_model="long-1", input_uncached=272_000, output=0),
            call(requested_model="long-1", input_uncached=200_000, output=0, cache_write=0),
            call(requested_model="long-1", input_uncached=272_001, output=0),
        ],
    )
    assert found.cost_usd == Decimal(472_000 * 2 + 272_001 * 4).scaleb(-6)


def test_a_bucket_is_priced_at_the_tier_its_smallest_prompt_allows(store: Store):
    big = call(requested_model="long-1", granularity="bucket", input_uncached=10**6, output=0)
    found = one(store, [big | {"prompt_tokens_from": 272_001}, big])
    assert found.cost_usd == Decimal(6)
    assert rollup.facts(store, Query()).prompt_tier_unknown == 1


def test_a_bucket_over_a_price_change_is_priced_at_its_start_and_counted(store: Store):
    week = call(
        requested_model="peak-1",
        granularity="bucket",
        ended_at=at("2026-11-17"),
        occurred_at=at("2026-11-10"),
    )
    one(store, [week])
    assert rollup.facts(store, Query()).bucket_spans_price_change == 1


def test_windows_hold_by_the_local_minute(store: Store):
    # 01:00 to 04:00 UTC is 09:00 to 12:00 in Shanghai.
    inside = [at("2026-11-10T01:00"), at("2026-11-10T03:59:59.999999")]
    outside = [at("2026-11-10T00:59:59.999999"), at("2026-11-10T04:00")]
    found = one(
        store,
        [
            call(requested_model="peak-1", occurred_at=moment, input_uncached=10**6, output=0)
            for moment in (*inside, *outside)
        ],
    )
    assert found.cost_usd == Decimal(6)


def test_repricing_moves_every_row_to_one_date_but_keeps_its_hour(store: Store):
    rows = [
        call(requested_model="peak-1", occurred_at=at("2026-11-10T02:00"), output=0),
        call(requested_model="long-1", occurred_at=at("2024-06-01"), output=0),
    ]
    found = one(store, rows, Query(prices_at=at("2026-11-20T12:00")))
    assert found.cost_usd == Decimal("0.004")
    assert found.unpriced_requests == 0


def test_days_begin_at_local_midnight_also_when_clocks_change(store: Store):
    moments = {
        "2026-03-28": "2026-03-28T22:59:59",
        "2026-03-29": "2026-03-28T23:00",
        "2026-03-30": "2026-03-29T22:00",
        "2026-10-25": "2026-10-25T22:59:59",
        "2026-10-26": "2026-10-25T23:00",
    }
    store.add_rows([call(occurred_at=at(text)) for text in moments.values()])
    found = keys(store, "day", tz="Europe/Berlin")
    assert {key[0] for key in found} == set(moments)
    assert all(spent.rows == 1 for spent in found.values())


def test_the_hour_that_occurs_twice_has_two_labels(store: Store):
    store.add_rows([call(occurred_at=at(f"2026-10-25T0{hour}:30")) for hour in (0, 1)])
    found = keys(store, "hour", tz="Europe/Berlin")
    assert set(found) == {("2026-10-25T02:00+02:00",), ("2026-10-25T02:00+01:00",)}


def test_weeks_begin_on_monday_and_months_on_the_first(store: Store):
    store.add_rows([call(occurred_at=at("2026-11-01T23:59")), call(occurred_at=at("2026-11-02"))])
    assert set(keys(store, "week")) == {("2026-10-26",), ("2026-11-02",)}
    assert set(keys(store, "month")) == {("2026-11",)}
    assert set(keys(store, "hour")) == {("2026-11-01T23:00Z",), ("2026-11-02T00:00Z",)}


def test_a_row_without_time_has_a_line_of_its_own_and_is_in_no_window(store: Store):
    store.add_rows([call(occurred_at=None), call()])
    assert set(keys(store, "day")) == {("2026-11-10",), (None,)}
    window = Window(at("2026-11-01"), at("2026-12-01"))
    assert set(keys(store, "day", window=window)) == {("2026-11-10",)}


def test_a_window_includes_its_start_and_excludes_its_end(store: Store):
    store.add_rows([call(occurred_at=at(text)) for text in ("2026-11-01", "2026-11-02")])
    found = rollup.total(store, Query(window=Window(at("2026-11-01"), at("2026-11-02"))))
    assert found.rows == 1
    assert found.first == found.last == at("2026-11-01")


@pytest.mark.parametrize(
    ("dimension", "patterns", "kept"),
    [
        ("endpoint", ("a*",), {"a1", "ab"}),
        ("endpoint", ("!a*",), {"b", None}),
        ("endpoint", ("*",), {"a1", "ab", "b", None}),
        ("endpoint", ("a1", "b"), {"a1", "b"}),
        ("endpoint", ("a*", "!a1"), {"ab"}),
        ("endpoint", ("!*",), {None}),
        ("model", ("gpt-4o-2024-05-13",), {"a1", "ab", "b", None}),
        ("tag.team", ("red",), {"a1", "ab"}),
        ("tag.team", ("!red",), {"b", None}),
        ("day", ("2026-11-*",), {"a1", "ab", "b", None}),
        ("endpoint", ("'; DROP TABLE usage_wide; --",), set()),
    ],
)
def test_conditions_keep_what_matches(
    store: Store, dimension: str, patterns: tuple[str, ...], kept: set[str | None]
):
    store.add_rows(
        [
            call(endpoint="a1", tags={"team": "red"}),
            call(endpoint="ab", tags={"team": "blue,red"}),
            call(endpoint="b", tags={"team": "blue"}),
            call(endpoint=None),
        ]
    )
    found = keys(store, "endpoint", where=(Condition(dimension, patterns),))
    assert {key[0] for key in found} == kept


def test_every_request_counts_once_however_many_tag_values_it_has(store: Store):
    store.add_rows([call(tags={"team": "blue,red"}), call(tags={"team": "red"}), call()])
    found = keys(store, "tag.team")
    assert {key: spent.requests for key, spent in found.items()} == {
        ("blue,red",): 1,
        ("red",): 1,
        (None,): 1,
    }


def test_percentiles_are_nearest_rank_over_billable_requests(store: Store):
    store.add_rows(
        [call(input_uncached=10 * number, output=number) for number in range(1, 11)]
        + [call(cache_hit=True), call(granularity="bucket", input_uncached=10**9)]
    )
    (found,) = rollup.percentiles(store, Query(by=("endpoint",))).values()
    assert found.input_tokens == (50, 90, 100)
    assert found.output_tokens == (5, 9, 10)
    assert found.cost_usd is not None
    assert found.cost_usd[2] == Decimal("0.00065")


def test_units_and_requests_are_priced_beside_tokens():
    search = Model(
        "search-1",
        [Period(None, {0: {"input": "1", "request": "10000"}}, units={"web_search_call": "10000"})],
    )
    with Store.memory() as store:
        load_prices(store, table(search))
        priced = call(requested_model="search-1", output=0, units={"web_search_call": 3})
        store.add_rows([priced, priced, priced | {"units": {"page": 1}, "endpoint": "b"}])
        found = keys(store, "endpoint")
    assert found["a",].cost_usd == 2 * (Decimal("0.001") + Decimal("0.01") + 3 * Decimal("0.01"))
    assert found["b",].unpriced_reasons == (("no_class_price", 1),)
    assert found["b",].cost_usd == Decimal("0.011")


def test_list_and_net_cost_stand_side_by_side_where_a_discount_holds():
    model = Model("m-1", [Period(None, {0: {"input": "10"}}, discount="0.15")])
    with Store.memory() as store:
        load_prices(store, table(model))
        found = one(store, [call(requested_model="m-1", input_uncached=10**6, output=0)])
    assert (found.cost_usd, found.list_cost_usd) == (Decimal("8.5"), Decimal(10))


def test_nothing_in_scope_is_an_empty_answer(store: Store):
    assert rollup.spent(store, Query(by=("endpoint",))) == []
    assert rollup.total(store, Query()) == Spent(
        key=(), cost_usd=Decimal(0), list_cost_usd=Decimal(0)
    )


def test_an_unknown_dimension_names_a_near_one(store: Store):
    with pytest.raises(CostctlError, match="did you mean endpoint"):
        rollup.spent(store, Query(by=("endpiont",)))


@pytest.mark.parametrize("second", [True, False])
def test_figures_do_not_depend_on_which_table_holds_the_row(store: Store, *, second: bool):
    columns = ", ".join(NARROW_MADE)
    store.add_rows([call(), call(output=7, billable=second)])
    wide = rollup.total(store, Query())
    store.connection.execute(
        f"INSERT INTO narrow_rows ({columns}) SELECT {columns} FROM usage_wide; DELETE FROM usage_wide"  # noqa: S608 - constants
    )
    assert rollup.total(store, Query()) == wide
    assert wide.tokens.output == (107 if second else 100)


def test_a_question_grouped_ahead_has_the_same_answer_and_any_other_question_its_own(store: Store):
    by_endpoint, by_day = Query(by=("endpoint",)), Query(by=("day",))
    store.add_rows([call(), call(endpoint="b", occurred_at=at("2026-03-02"))])
    plain = [rollup.spent(store, query) for query in (by_endpoint, by_day)]
    scan_ahead(store, by_endpoint)
    assert rollup.spent(store, by_endpoint) == plain[0]
    scan_ahead(store, by_endpoint)
    assert rollup.spent(store, by_day) == plain[1]
    store.add_rows([call()])
    assert rollup.spent(store, by_day) != plain[1]


@pytest.mark.parametrize(
    ("moment", "unpriced"), [("2024-01-24T23:59:59.999999", 1), ("2024-01-25", 0)]
)
def test_a_price_holds_from_its_first_moment_on(store: Store, moment: str, unpriced: int):
    row = call(requested_model="text-embedding-3-large", output=0, occurred_at=at(moment))
    assert one(store, [row]).unpriced_requests == unpriced
