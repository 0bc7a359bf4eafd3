"""The one-pass way and the thorough way give the same rows."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costctl.ingest import IngestOptions, _load, ingest
from costctl.store import Store, repeats
from tests.ingest.records import record, write

COLUMNS = (
    "event_key, endpoint, requested_model, occurred_at, time_assumed_utc, input_uncached, output, cache_read, "
    "logged_cost_usd, source, source_format, status, cache_hit, tokens_known, billable, user_id, tier"
)

VALUES = {
    "prompt_tokens": st.one_of(
        st.integers(0, 10**6),
        st.sampled_from([None, "12", 7.0, 1.5, -3, "x", 10**13, 2**32, True, False, "inf"]),
    ),
    "completion_tokens": st.one_of(
        st.integers(0, 10**4), st.sampled_from([None, "", "9", 2.0, 2**30, True, False, 0, 1])
    ),
    "total_tokens": st.one_of(
        st.integers(0, 10**6), st.sampled_from([None, "x", "700", 700.5, True, 10**13])
    ),
    "request_id": st.sampled_from(["auto", "", None, "req_1", "req_22222222", "NULL"]),
    "timestamp": st.sampled_from(
        [
            "2026-11-01T12:00:00.123456",
            "2026-11-01T12:00:00Z",
            "2026-11-01T12:00:00.5Z",
            "2026-11-01 12:00:00",
            "2026-11-01T12:00:00+02:00",
            "2026-11-01T12:00:00.25-05:00",
            "2026-11-01T12:00:00-0500",
            "2026-11-01 12:00:00 UTC",
            "2026-11-01T12:00:01",
            "2026-1-1T12:00:00.12345+02",
            "2026-1-1T12:00:1+02",
            "2026-11-01T12:01+02",
            "2026-11-01T12:00:00.123+05",
            "2026-11-01T12:00:00.123-05",
            "2026-11-01T12:00:00.12 UTC",
            "2026-11-01T12:00:00.12345Z",
            "2026-11-01T12:00:00.1234567Z",
            1793534400,
            1793534400.25,
            "1969-12-31T23:59:59.5Z",
            "infinity",
            "soon",
            None,
        ]
    ),
    "estimated_cost_usd": st.sampled_from(
        [
            *(0.001, 1.1e-05, "0.25", 0, None, "free", 0.028125000000000004, 0.999999999999),
            *("0.9999999999999999999", 1, "1.00", 2.5, -0.25, "0.0000000005", 1e6),
        ]
    ),
    "endpoint": st.sampled_from(["rag", "", None, "it's"]),
    "cache_hit": st.sampled_from([None, True, False, 1]),
    "status": st.sampled_from([None, "ok", "error", 500]),
    "user": st.sampled_from([None, "u1"]),
    "cached_tokens": st.sampled_from([None, 0, 5]),
}


THOROUGH = 1 << 40


def rows(
    path: Path, monkeypatch: pytest.MonkeyPatch, threshold: int, *, summed: bool = False
) -> tuple[Sequence[tuple], tuple]:
    monkeypatch.setattr(_load, "FAST_FROM", threshold)
    monkeypatch.setattr(_load, "sums_up", lambda *_: summed)
    with Store.memory() as store:
        (result,) = ingest(store, [str(path)])
        found = store.connection.execute(f"SELECT {COLUMNS} FROM usage ORDER BY ALL").fetchall()  # noqa: S608 - our own columns
    return found, (
        result.records,
        result.new_rows,
        result.duplicates,
        result.skipped,
        result.rejected,
        result.first_reject,
    )


def assert_all_ways_agree(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple:
    """Read a log thoroughly, by one pass over texts and by one pass over numbers; return its rows and counts."""
    found = rows(path, monkeypatch, THOROUGH)
    assert rows(path, monkeypatch, 0) == found
    assert rows(path, monkeypatch, 0, summed=True) == found
    return found


CHANGED = st.fixed_dictionaries({}, optional=VALUES)


# An ingest costs far more than a record: few files, some with a handful of odd records and some with very many.
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(CHANGED, min_size=1, max_size=6) | st.lists(CHANGED, min_size=20, max_size=40)
)
def test_both_ways_give_the_same_rows(tmp_path, monkeypatch, changes):
    path = write(
        tmp_path / "a.jsonl",
        [
            *(record(n, **change) for n, change in enumerate(changes)),
            *(record(50 + n) for n in range(200)),
        ],
    )
    assert_all_ways_agree(path, monkeypatch)


def test_a_clean_log_takes_the_one_pass_way(tmp_path, monkeypatch):
    path = write(tmp_path / "a.jsonl", [record(n) for n in range(50)])
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    monkeypatch.setattr("costctl.store.loading.Loader.load", None)
    with Store.memory() as store:
        (result,) = ingest(store, [str(path)])
    assert result.new_rows == 50


def test_inputs_of_none_or_one_token_leave_the_others_to_the_one_pass_way(tmp_path, monkeypatch):
    """Their records alone are looked at again, and not the whole log by another way."""
    few = [record(n, prompt_tokens=given) for n, given in enumerate((0, 1, None, "1", 1.0))]
    path = write(tmp_path / "a.jsonl", [*few, *(record(n) for n in range(10, 50))])
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    monkeypatch.setattr("costctl.store.loading.Loader.load", None)
    with Store.memory() as store:
        (result,) = ingest(store, [str(path)])
        given = "SELECT sum(input_uncached) FROM usage WHERE occurred_at < '2026-11-01 12:00:10'"
        (found,) = store.connection.execute(given).fetchall()
    assert result.new_rows == 45
    # Of a missing input the total says 112 - 10.
    assert found == (0 + 1 + 102 + 1 + 1,)


SIDES_AS_WORDS = [
    (True, 10, 11, 1),
    (10, True, 11, 10),
    (False, False, 0, 0),
    (False, 0, False, 0),
    (True, 10, 12, None),
    (True, 10, 11.5, None),
    (0, 1, None, 0),
    ("true", 10, 11, 1),
]
"""Input, output, total, and the input that is read: none where the record is refused."""


@pytest.mark.parametrize("told", SIDES_AS_WORDS)
def test_true_is_one_token_only_where_the_total_says_so(tmp_path, monkeypatch, told):
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    odd = record(0, **dict(zip(names, told, strict=False)))
    path = write(tmp_path / "a.jsonl", [odd, *(record(n) for n in range(1, 9))])
    found, (*_, rejected, _) = assert_all_ways_agree(path, monkeypatch)
    inputs = [row[5] for row in found if row[3].second == 0]
    assert (inputs, rejected) == (([], 1) if told[3] is None else ([told[3]], 0))


def test_counts_that_their_total_proves_are_read_in_one_pass(tmp_path, monkeypatch):
    """Failed calls and answers of one token are common, and no reason to look again."""
    few = [record(n, prompt_tokens=n, completion_tokens=1, total_tokens=n + 1) for n in range(3)]
    none = record(3, prompt_tokens=0, completion_tokens=0, total_tokens=0)
    path = write(tmp_path / "a.jsonl", [*few, none, *(record(n) for n in range(10, 50))])
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    monkeypatch.setattr("costctl.store.loading.Loader.stage", None)
    with Store.memory() as store:
        (result,) = ingest(store, [str(path)])
    assert result.new_rows == 44


def test_a_log_that_begins_with_sums_and_goes_on_without_is_read_alike(run, tmp_path):
    write(
        tmp_path / "a.jsonl",
        [
            *(record(n) for n in range(6000)),
            *(record(6000 + n, total_tokens=None, completion_tokens=n % 2) for n in range(300)),
        ],
    )
    found = json.loads(run("breakdown", "a.jsonl", "--json").stdout)["result"]["total"]
    whole = [record(n) for n in range(6300)]
    assert found["requests"] == 6300
    assert found["tokens"]["input_uncached"] == sum(one["prompt_tokens"] for one in whole)
    assert found["tokens"]["output"] == sum(one["completion_tokens"] for one in whole[:6000]) + 150


@pytest.mark.parametrize("total", ["x", True, None, [1], "", {}])
@pytest.mark.parametrize("told", [{}, {"completion_tokens": None}])
def test_a_total_that_is_no_number_says_nothing(run, tmp_path, total, told):
    write(tmp_path / "a.jsonl", [record(0, total_tokens=total, **told)])
    found = json.loads(run("breakdown", "a.jsonl", "--json").stdout)["result"]["total"]
    given = record(0)
    assert (found["requests"], found["tokens"]["input_uncached"]) == (1, given["prompt_tokens"])
    assert found["tokens"]["output"] == (0 if told else given["completion_tokens"])


UNUSUAL = ("1.5e1", "4_0.0", "2.9999999999999999999", "12.00000000000000000000001", "0x1F", "12.5")


@pytest.mark.parametrize("given", UNUSUAL)
def test_both_ways_agree_on_unusual_ways_to_write_an_input(tmp_path, monkeypatch, given):
    odd = record(0, prompt_tokens=given)
    path = write(tmp_path / "a.jsonl", [odd, *(record(n) for n in range(1, 20))])
    assert_all_ways_agree(path, monkeypatch)


OVERFLOWS = json.dumps(record(90, completion_tokens=-(2**63), prompt_tokens=None))


@pytest.mark.parametrize("broken", ["{", "[]", json.dumps({"other": 1}), OVERFLOWS])
def test_a_few_odd_lines_are_told_apart_from_the_clean_ones(tmp_path, monkeypatch, broken):
    path = write(
        tmp_path / "a.jsonl",
        [*(record(n) for n in range(20)), broken, *(record(n) for n in range(20, 40))],
    )
    assert_all_ways_agree(path, monkeypatch)


def test_repeats_are_found_range_by_range(tmp_path, monkeypatch):
    path = write(tmp_path / "a.jsonl", [record(n) for n in (*range(60), *range(20))])
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    monkeypatch.setattr(repeats, "KEYS_AT_ONCE", 10)
    with Store.memory() as store:
        (result,) = ingest(store, [str(path)])
        left = store.connection.execute("SELECT count(*) FROM usage").fetchone()
    assert (result.new_rows, result.duplicates, left) == (60, 20, (60,))


def test_costs_of_a_dollar_and_more_are_kept_to_the_last_digit(tmp_path, monkeypatch):
    costs = ["0.999999999999999999", "1", "1.000000000000000001", "12345.678901234567890123", "0"]
    path = write(
        tmp_path / "a.jsonl",
        [
            *(record(n, estimated_cost_usd=cost) for n, cost in enumerate(costs)),
            *(record(50 + n) for n in range(30)),
        ],
    )
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    with Store.memory() as store:
        ingest(store, [str(path)])
        found = store.connection.execute(
            "SELECT logged_cost_usd FROM usage WHERE input_uncached < 150 ORDER BY input_uncached"
        ).fetchall()
        held = store.connection.execute("SELECT count(*) FROM narrow_rows").fetchone()
    # The column has 18 digits behind the point.
    assert [row[0] for row in found] == [
        Decimal(cost).quantize(Decimal(10) ** -18) for cost in costs
    ]
    assert held == (32,)


def test_what_was_appended_takes_the_one_pass_way(tmp_path, monkeypatch):
    path = write(tmp_path / "a.jsonl", [record(n) for n in range(30)])
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    monkeypatch.setattr("costctl.store.loading.Loader.load", None)
    with Store.memory() as store:
        ingest(store, [str(path)])
        # Half of what is new stands in the file already, and a blank line is counted as one.
        write(path, [*(record(n) for n in range(30)), "", *(record(n) for n in range(20, 40))])
        (result,) = ingest(store, [str(path)])
        row = store.connection.execute(
            "SELECT lines_to FROM ingests WHERE ingest_id = 2"
        ).fetchone()
    assert (result.new_rows, result.duplicates, result.blank) == (10, 10, 1)
    assert row == (51,)


def test_several_sources_of_one_store_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(_load, "FAST_FROM", 0)
    with Store.memory() as store:
        for number, source in enumerate(("it's", "b", "it's")):
            path = write(
                tmp_path / f"{number}.jsonl", [record(100 * number + n) for n in range(10)]
            )
            ingest(store, [str(path)], IngestOptions(source=source))
        found = store.connection.execute(
            "SELECT source, source_format, count(*) FROM usage GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert found == [("b", "lesson_jsonl", 10), ("it's", "lesson_jsonl", 20)]
