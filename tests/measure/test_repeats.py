"""Prompts that come again, against an exact oracle and a walk over every row."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.measure.repeats import CLOCKS, FOREVER, TTLS, Repeats, bootstrap, repeats_of
from costctl.store import Store
from tests.measure.logs import call, detail, estimate, estimates, logged, result
from tests.simulate.oracle import ORACLE

CASES = ORACLE["ttl_estimates"]
ids = [case["id"] for case in CASES]

Row = tuple[int, str, str]
"""Seconds, prompt, cost."""


@pytest.fixture(scope="module")
def store():
    with Store.memory() as store:
        yield store


def repeats(store: Store, rows: Sequence[Row], ttl: int) -> Repeats:
    """Return what is found in rows of one group, each with a day of its own."""
    store.connection.execute(
        "CREATE OR REPLACE TEMP TABLE measured (number BIGINT, exact_key UBIGINT, place BIGINT, at_us BIGINT, "
        "day DATE, prompt BIGINT, cost DECIMAL(38, 18), easy BOOLEAN, single BOOLEAN, generating BOOLEAN, waste VARCHAR, "
        "sampled BOOLEAN)"
    )
    store.connection.execute(
        "INSERT INTO measured SELECT 0, hash(key), place, moment::BIGINT * 1000000, DATE '1970-01-01' + place::INTEGER, place, "
        "cost::DECIMAL(38, 18), false, true, true, NULL, false FROM "
        "(SELECT unnest(?) AS moment, unnest(?) AS key, unnest(?) AS cost, unnest(range(?)) AS place)",
        [*(list(column) for column in zip(*rows, strict=True)), len(rows)],
    )
    return repeats_of(store, "exact", ttl)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_every_row_of_the_oracle_finds_its_answer_or_not(store, case, clock):
    rows = [(row["ts"], row["key"], row["cost_usd"]) for row in case["rows"]]
    found = repeats(store, rows, case["ttl_seconds"])
    hit, total, want = found.hit(found.ttl, clock, [0]), found.total([0]), case["expect"][clock]
    each = [hit.days.get(day, (0, 0.0))[0] for day in range(len(rows))]
    assert each == want["hits"]
    assert hit.requests / total.requests == pytest.approx(
        float(Fraction(want["hit_rate"])), rel=1e-9
    )
    rate = float(Fraction(want["cost_weighted_hit_rate"]))
    assert hit.cost / total.cost == pytest.approx(rate, rel=1e-9)
    assert hit.cost == pytest.approx(float(want["avoided_usd"]), rel=1e-9)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_log_with_the_oracles_calls_has_the_oracles_rates(run, tmp_path, case):
    # gpt-4o writes at 10 USD per million: a cent is 1,000 tokens.
    calls = [
        call(row["ts"], prompt=row["key"], input=0, output=int(Fraction(row["cost_usd"]) * 100_000))
        for row in case["rows"]
    ]
    ttl = case["ttl_seconds"]
    found = result(run, *logged(tmp_path, calls), "--cache-ttl", f"{ttl}s")
    for clock in CLOCKS:
        want = case["expect"][clock]
        row = detail(found, "repeats", variant="exact", ttl_seconds=ttl, clock=clock)
        assert row["hits"] == sum(want["hits"])
        assert row["request_share"] == pytest.approx(float(Fraction(want["hit_rate"])), rel=1e-9)
        rate = float(Fraction(want["cost_weighted_hit_rate"]))
        assert row["cost_share"] == pytest.approx(rate, rel=1e-9)
        assert row["cost_usd"] == pytest.approx(float(want["avoided_usd"]), rel=1e-9)
    one = estimate(found, "repeats", variant="exact", everything=False)
    assert (
        one["value"]
        == detail(found, "repeats", variant="exact", ttl_seconds=ttl, clock="fixed")["cost_share"]
    )


def walked(rows: Sequence[Row], ttl: int, clock: str) -> list[bool]:
    """Return which calls find an answer, by walking over them."""
    kept: dict[str, int] = {}
    found = []
    for at, key, _ in rows:
        alive = key in kept and at - kept[key] <= ttl
        found.append(alive)
        if clock == "sliding" or not alive:
            kept[key] = at
    return found


ROWS = st.lists(
    st.tuples(
        st.integers(0, 4000), st.sampled_from("abc"), st.sampled_from(["0", "0.01", "0.1", "2"])
    ),
    min_size=1,
    max_size=40,
).map(sorted)


@given(rows=ROWS, ttl=st.sampled_from([1, 60, 299, 1800]))
@settings(max_examples=12, deadline=None)
def test_counting_finds_what_a_walk_finds(store, rows, ttl):
    found = repeats(store, rows, ttl)
    for limit in {*TTLS, ttl} - {FOREVER}:
        for clock in CLOCKS:
            hits = walked(rows, limit, clock)
            hit = found.hit(limit, clock, [0])
            assert hit.requests == sum(hits)
            cost = sum(float(row[2]) for row, one in zip(rows, hits, strict=True) if one)
            assert hit.cost == pytest.approx(cost, abs=1e-9)
            # A call's place stands for its tokens.
            assert hit.prompt == sum(place for place, one in enumerate(hits) if one)


@given(rows=ROWS, ttl=st.sampled_from([1, 60, 1800]))
@settings(max_examples=12, deadline=None)
def test_fixed_finds_no_more_than_sliding_and_sliding_no_more_than_an_endless_cache(
    store, rows, ttl
):
    found = repeats(store, rows, ttl)
    endless = found.hit(FOREVER, "sliding", [0])
    for limit in sorted({*TTLS, ttl}):
        fixed, sliding = (found.hit(limit, clock, [0]) for clock in ("fixed", "sliding"))
        assert 0 <= fixed.requests <= sliding.requests <= endless.requests <= len(rows)
        assert 0 <= fixed.cost <= sliding.cost + 1e-12
        assert sliding.cost <= endless.cost + 1e-12


def test_an_interval_needs_a_week_and_holds_the_rate(run, tmp_path):
    day = 86_400
    # Each day asks two questions of its own, and one of them again an hour later; on even days both.
    calls = [
        call(number * day + hour * 3600, prompt=f"day {number}: {question}")
        for number in range(7)
        for hour, question in (
            (0, "a"),
            (0.5, "b"),
            (1, "a"),
            *(((1.5, "b"),) if number % 2 else ()),
        )
    ]
    words = logged(tmp_path, calls)
    one = estimate(result(run, *words), "repeats", variant="exact", everything=False)
    # Seven days with one repeat each, three of them with another, of 24 calls at one price.
    assert one["value"] == pytest.approx(10 / 24)
    # Days without and with another repeat have a third and a half.
    assert 1 / 3 <= one["low"] < one["value"] < one["high"] <= 1 / 2
    short = result(run, *words, "--until", "2026-11-08")
    one = estimate(short, "repeats", variant="exact", everything=False)
    assert (one["low"], one["high"]) == (None, None)


def test_an_interval_of_equal_days_is_a_point():
    assert bootstrap([(1.0, 4.0)] * 7) == (0.25, 0.25)
    assert bootstrap([(0.0, 0.0)] * 7) is None


def test_normalised_prompts_differ_in_neither_case_space_nor_punctuation(run, tmp_path):
    texts = (
        "Where is my order?",
        "where is  my order",
        "WHERE IS MY ORDER!",
        "Where is our order?",
    )
    calls = [call(number * 600, prompt=text) for number, text in enumerate(texts)]
    found = result(run, *logged(tmp_path, calls))
    by_variant = {
        one["variant"]: one["value"] for one in estimates(found, "repeats", everything=False)
    }
    assert by_variant == {"exact": 0.0, "normalised": pytest.approx(2 / 4)}


def test_the_later_half_shows_what_a_warm_cache_would_find(run, tmp_path):
    # All prompts are new in the first hour and known in the second.
    calls = [call(minute * 60, prompt=f"question {minute % 60}") for minute in range(120)]
    row = detail(
        result(run, *logged(tmp_path, calls)),
        "repeats", variant="exact", ttl_seconds=86_400, clock="fixed",
    )  # fmt: skip
    assert (row["cost_share"], row["later_cost_share"]) == (pytest.approx(0.5), pytest.approx(1.0))


def test_another_endpoint_or_model_has_answers_of_its_own(run, tmp_path):
    calls = [
        call(0, prompt="a"),
        call(60, prompt="a", endpoint="mail"),
        call(120, prompt="a", model="gpt-4o-mini"),
        call(180, prompt="a"),
    ]
    found = result(run, *logged(tmp_path, calls))
    hits = {
        (one["endpoint"], one["model"]): one["by_requests"]
        for one in estimates(found, "repeats", variant="exact", everything=False)
    }
    assert hits == {
        ("chat", "gpt-4o"): 0.5, ("mail", "gpt-4o"): 0.0, ("chat", "gpt-4o-mini"): 0.0
    }  # fmt: skip


def test_retries_are_waste_and_no_repeats(run, tmp_path):
    calls = [
        call(0, prompt="a", user="u"), call(30, prompt="a", user="u"), call(600, prompt="a", user="u")
    ]  # fmt: skip
    found = result(run, *logged(tmp_path, calls))
    # The second is a retry: of the two others one is a repeat.
    one = estimate(found, "repeats", variant="exact", everything=False)
    assert (one["value"], one["sample"]) == (pytest.approx(1 / 2), 2)
    assert estimate(found, "waste", everything=False)["value"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("calls", "more", "reason"),
    [
        ([call(0), call(1)], (), "the log has no prompt text"),
        ([call(0, prompt="a"), call(9, prompt="a")], ("--set", "sample_rate=0.1"), "sampled log"),
    ],
)
def test_repeats_that_a_log_cannot_tell_are_refused(run, tmp_path, calls, more, reason):
    found = result(run, *logged(tmp_path, calls), *more)
    for variant in ("exact", "normalised"):
        one = estimate(found, "repeats", variant=variant)
        assert one["value"] is None
        assert reason in one["refused"]


def test_a_whole_sample_is_no_sample(run, tmp_path):
    calls = [call(0, prompt="a"), call(9, prompt="a")]
    found = result(run, *logged(tmp_path, calls), "--set", "sample_rate=1")
    assert estimate(found, "repeats", variant="exact", everything=False)["value"] == 0.5
