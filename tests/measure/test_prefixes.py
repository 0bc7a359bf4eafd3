"""Beginnings of prompts that a provider's cache would know, against a walk over every call."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.measure.prefixes import FOREVER, Lifetime, Prefixes, prefixes_of
from costctl.store import Store
from costctl.store.measures_prefixes import Reads
from tests.measure.logs import call, detail, estimate

BLOCK = 512
LEAST = 1024

Call = tuple[int, list[str], int]
"""Seconds, blocks, prompt tokens."""


@pytest.fixture(scope="module")
def store():
    with Store.memory() as store:
        yield store


def prefixes(store: Store, calls: Sequence[Call], lifetimes: Sequence[Lifetime]) -> Prefixes:
    """Return what is read of calls of one group."""
    connection = store.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE measured (event_key BIGINT, place BIGINT, number BIGINT, cache UBIGINT, "
        "sampled BOOLEAN, at_us BIGINT, step_tokens BIGINT, prompt BIGINT, uncached BIGINT, cache_read BIGINT, "
        "cost DECIMAL(38, 18), stepped BOOLEAN, single BOOLEAN, generating BOOLEAN)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE logged (event_key BIGINT, prefix_hashes VARCHAR[])"
    )
    connection.execute("CREATE OR REPLACE TEMP VIEW usage AS FROM logged")
    times, blocks, prompts = (list(column) for column in zip(*calls, strict=True))
    connection.execute(
        "INSERT INTO measured SELECT place, place, 0, 1, false, moment::BIGINT * 1000000, ?, prompt, prompt, 0, 0, true, true, "
        "true FROM (SELECT unnest(?) AS moment, unnest(?) AS prompt, unnest(range(?)) AS place)",
        [BLOCK, times, prompts, len(calls)],
    )
    connection.execute(
        "INSERT INTO logged SELECT unnest(range(?)), unnest(?::VARCHAR[][])", [len(calls), blocks]
    )
    return prefixes_of(store, lifetimes, {0: LEAST})


def walked(calls: Sequence[Call], lifetime: Lifetime) -> tuple[int, ...]:
    """Return calls with a hit, wholly known calls, tokens read, and those that are billed as read."""
    kept: dict[str, int] = {}
    hits = whole = tokens = billed = 0
    for at, blocks, prompt in calls:
        known = 0
        for block in blocks:
            if block not in kept or at - kept[block] > lifetime.ttl:
                break
            known += 1
        for block in blocks[known if lifetime.clock == "fixed" else 0 :]:
            kept[block] = at
        read = min(known * BLOCK, prompt)
        steps = read - read % 128
        hits += known > 0
        whole += known > 0 and read == prompt
        tokens += read
        billed += steps if steps >= LEAST else 0
    return hits, whole, tokens, billed


def blocks_of(path: Sequence[int]) -> list[str]:
    """Return blocks that each stand for all before them, as a trace writes them."""
    return ["".join(map(str, path[: size + 1])) for size in range(len(path))]


CALLS = st.lists(
    st.tuples(
        st.integers(0, 900),
        st.lists(st.integers(0, 1), min_size=1, max_size=5),
        st.integers(1, BLOCK),
    ).map(lambda one: (one[0], blocks_of(one[1]), (len(one[1]) - 1) * BLOCK + one[2])),
    min_size=1,
    max_size=12,
).map(lambda calls: sorted(calls, key=lambda one: one[0]))

LIFETIMES = tuple(
    Lifetime(ttl, clock) for ttl in (30, 300, FOREVER) for clock in ("sliding", "fixed")
)


@given(calls=CALLS)
@settings(max_examples=12, deadline=None)
def test_counting_finds_what_a_walk_finds(store, calls):
    found = prefixes(store, calls, LIFETIMES)
    for lifetime in LIFETIMES:
        reads = found.reads.get((lifetime, 0), Reads())
        assert astuple(reads)[:4] == walked(calls, lifetime)
        assert (reads.gained, reads.gained_freely) == (reads.billed, reads.tokens)
    assert found.seen[0].prompt == found.seen[0].hashed == sum(one[2] for one in calls)


@given(calls=CALLS)
@settings(max_examples=8, deadline=None)
def test_fixed_reads_no_more_than_sliding_and_sliding_no_more_than_an_endless_cache(store, calls):
    found = prefixes(store, calls, LIFETIMES)
    tokens = {one: found.reads.get((one, 0), Reads()).tokens for one in LIFETIMES}
    for ttl in (30, 300, FOREVER):
        assert 0 <= tokens[Lifetime(ttl, "fixed")] <= tokens[Lifetime(ttl, "sliding")]
    ascending = [tokens[Lifetime(ttl, "sliding")] for ttl in (30, 300, FOREVER)]
    assert ascending == sorted(ascending)
    assert ascending[-1] <= found.seen[0].prompt


SONNET = "claude-3-5-sonnet-20241022"


def known(endpoint: str, *blocks: str, **more: Any) -> dict[str, Any]:
    """Return a call of 1,500 tokens whose blocks are the endpoint's own."""
    return call(
        0,
        endpoint=endpoint,
        blocks=[f"{endpoint}{one}" for one in blocks],
        **{"input": 1500, **more},
    )


@pytest.fixture(scope="module")
def blocks(measured: Any) -> Mapping[str, Any]:
    """Measure calls of five endpoints that share no beginning, except two of them."""
    calls = [
        known("plain", "a", "ab", "abc"),
        known("plain", "a", "ab", "abc"),  # 1,500 known: 1,408 in steps of 128
        known("plain", "a", "ab", "x"),  # 1,024 known
        known("plain", "a", "y", input=1000),  # 512 known: below the minimum
        known("dear", "a", "ab", "abc", model=SONNET),
        known("dear", "a", "ab", "abc", model=SONNET),
        known("cached", "a", "ab", "abc"),
        known("cached", "a", "ab", "abc", cached=1024),
        known("shared", "a", "ab", "abc"),
        {**known("shared", "a", "ab", "abc"), "endpoint": "guest"},
        known("shared", "a", "ab", "abc", model="gpt-4o-mini"),
    ]
    return measured(calls, "--set", f"prefix_step_tokens={BLOCK}", "--prefix-ttl", "5m")


def test_a_beginning_is_read_from_the_minimum_on_and_in_steps(blocks):
    one = estimate(blocks, "prefixes", endpoint="plain")
    assert one["value"] == pytest.approx((1408 + 1024) / 5500)
    assert one["by_requests"] == pytest.approx(3 / 4)
    saved = (1408 + 1024) * 1.25e-6 / (5500 * 2.5e-6 + 400 * 10e-6)
    assert f"fall by {saved:.1%}" in one["notes"][0]


def test_writing_has_a_price_where_the_provider_takes_one(blocks):
    one = estimate(blocks, "prefixes", endpoint="dear")
    # The first call writes 1,500 tokens, the second reads 1,408 and writes the rest.
    assert one["value"] == pytest.approx(1408 / 3000)
    assert one["further"] == {"write_share": pytest.approx(1592 / 3000)}
    saved = 1408 * (3 - 0.3) * 1e-6 - 1592 * (3.75 - 3) * 1e-6
    assert f"fall by {saved / (3000 * 3e-6 + 200 * 15e-6):.1%}" in one["notes"][0]


def test_what_is_read_already_is_not_gained_again(blocks):
    one = estimate(blocks, "prefixes", endpoint="cached")
    # 384 of the 1,976 tokens that were billed in full.
    assert one["value"] == pytest.approx((1408 - 1024) / (3000 - 1024))
    assert any("34.1% of the input is already read" in note for note in one["notes"])
    assert detail(blocks, "cached_now", endpoint="cached")["share"] == pytest.approx(1024 / 3000)


def test_models_have_caches_of_their_own_and_endpoints_share_one(blocks):
    values = {
        (endpoint, model): estimate(blocks, "prefixes", endpoint=endpoint, model=model)["value"]
        for endpoint, model in (
            ("shared", "gpt-4o"),
            ("guest", "gpt-4o"),
            ("shared", "gpt-4o-mini"),
        )
    }
    assert list(values.values()) == [0, pytest.approx(1408 / 1500), 0]


def test_the_table_sums_over_all_groups_with_and_without_the_providers_rules(blocks):
    row = detail(blocks, "prefixes", ttl_seconds=300, clock="sliding")
    assert (row["any_hit"], row["whole"]) == (6, 4)
    assert row["tokens"] == 4 * 1500 + 1024 + 512
    assert row["billed_tokens"] == 4 * 1408 + 1024
    mini = 1500 * 0.15e-6 + 100 * 0.6e-6
    dear = 3000 * 3e-6 + 200 * 15e-6
    plain = (5500 + 3000 - 1024 + 3000) * 2.5e-6 + 1024 * 1.25e-6 + 800 * 10e-6
    gained = (1408 + 1024) + (1408 - 1024) + 1408
    saved = gained * 1.25e-6 + 1408 * 2.7e-6 - 1592 * 0.75e-6
    assert row["saved_share"] == pytest.approx(saved / (mini + dear + plain))
    gained = (1500 + 1024 + 512) + (1500 - 1024) + 1500
    saved = gained * 1.25e-6 + 1500 * 2.7e-6 - 1500 * 0.75e-6
    assert row["freely_saved_share"] == pytest.approx(saved / (mini + dear + plain))


@pytest.fixture(scope="module")
def texts(measured: Any) -> Mapping[str, Any]:
    """Measure prompts of which half begin with the same 5,000 characters."""
    rules = "Answer in one word. " * 250
    calls = [call(at * 60, prompt=f"{rules}{at}", input=1300) for at in range(6)]
    calls += [call(at * 60, prompt=f"{at} {rules}", input=1300) for at in range(6, 8)]
    calls += [call(at, endpoint="short", prompt=f"One word. {at}") for at in range(4)]
    return measured(calls)


def test_a_beginning_of_text_is_known_by_its_first_4096_characters(texts):
    row = detail(texts, "prefixes", ttl_seconds=300, clock="sliding")
    assert row["tokens"] == 5 * 1024
    one = estimate(texts, "prefixes", endpoint="chat")
    assert one["value"] == pytest.approx(5 * 1024 / (8 * 1300))
    assert any("4,096 characters" in note for note in one["notes"])


def test_boilerplate_is_the_longest_beginning_of_most_calls(texts):
    one = estimate(texts, "boilerplate", endpoint="chat")
    assert one["value"] == pytest.approx(1 - 6 * 1024 / (8 * 1300))
    assert "6 of 8 calls share their first 1,024 tokens" in one["notes"][0]


def test_short_beginnings_leave_no_hash(texts):
    assert (
        "shorter ones leave no hash" in estimate(texts, "boilerplate", endpoint="short")["refused"]
    )
    # The texts were seen: none of them is long enough for a provider's cache.
    assert estimate(texts, "prefixes", endpoint="short")["value"] == 0


def test_a_log_may_have_many_hashes_of_no_stated_length(measured):
    many = [f"b{number}" for number in range(90)]
    found = measured([call(n, id=f"m{n}", blocks=many, input=9000) for n in (0, 60)])
    # The second call is wholly known: 8,960 tokens in steps of 128.
    assert estimate(found, "prefixes", endpoint="chat")["value"] == pytest.approx(8960 / 18000)
