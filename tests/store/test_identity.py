"""Which rows are the same call by what they say, and where their constants are kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b, md5
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.ingest import ingest
from costctl.store import Store, repeats
from costctl.store.compile_identity import any_cost, any_counts, any_time, content_key
from costctl.store.origins import origin_of
from costctl.store.repeats import Repeats
from tests.ingest.records import record, write

START = datetime(2026, 11, 1)  # noqa: DTZ001 - stored times are UTC without a zone
Record = tuple[str, datetime | None, int | None, int, Decimal | None]

TIMES = st.one_of(
    st.none(),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001 - as above
    st.integers(0, 3).map(lambda n: START + timedelta(microseconds=n)),
)
COUNTS = st.one_of(st.integers(0, 3), st.integers(0, 10**15), st.just(2**32), st.just(2**30))
COSTS = st.one_of(
    st.none(),
    st.integers(-3, 3).map(lambda n: Decimal(n) / 10**9),
    st.decimals(-(10**9), 10**9, places=9),
    st.just(Decimal(10**6)),
)
RECORDS = st.tuples(st.sampled_from(["", "a", "b"]), TIMES, st.none() | COUNTS, COUNTS, COSTS)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE said (text VARCHAR, moment TIMESTAMP, given BIGINT, answered BIGINT, cost DECIMAL(38, 18))"
        )
        yield connection


def keys(engine: duckdb.DuckDBPyConnection, records: list[Record], scope: str = "x") -> list[int]:
    numbers = (any_time("moment"), any_counts("given", "answered"), any_cost("cost"))
    texts = ["text", *(text for text, _ in numbers)]
    key = content_key(scope, texts, [lane for _, lane in numbers if lane is not None])
    engine.execute("DELETE FROM said")
    engine.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?)", records)
    rows = engine.execute(f"SELECT ({key}) >> 1 FROM said ORDER BY rowid").fetchall()  # noqa: S608 - our own SQL
    return [row[0] for row in rows]


@settings(max_examples=20, deadline=None)
@given(records=st.lists(RECORDS, min_size=2, max_size=40))
def test_records_share_an_identity_only_if_they_say_the_same(engine, records):
    found = keys(engine, records)
    assert len(set(found)) == len(set(records))
    assert keys(engine, records) == found
    assert not set(keys(engine, records, "y")) & set(found)


def test_equal_texts_differ_for_certain_where_only_numbers_do(engine):
    moments = [START + timedelta(microseconds=n) for n in range(8)]
    records = [("a", at, i, o, None) for at in moments for i in range(8) for o in range(8)]
    assert len(set(keys(engine, records))) == 8**3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", None, 1, 1, None), ("a", datetime(1970, 1, 1), 1, 1, None)),  # noqa: DTZ001 - as above
        (("a", START, 1, 1, None), ("a", START, 1, 1, Decimal(0))),
        (("a", START, 2**32, 1, None), ("a", START, 0, 1, None)),
        (("a", START, 0, 2**30, None), ("a", START, 1, 0, None)),
        (("a", START, 1, 1, Decimal(10**6)), ("a", START, 1, 1, Decimal(10**6 + 1))),
        (("a", START, 1, 1, Decimal("-0.5")), ("a", START, 1, 1, Decimal("0.5"))),
    ],
)
def test_what_has_no_room_among_the_bits_is_said_all_the_same(engine, one, other):
    assert len(set(keys(engine, [one, other]))) == 2


def test_billionths_are_the_same_whatever_form_a_cost_came_in(engine):
    costs = [Decimal("0.028125000000000004"), Decimal("0.028125"), Decimal("0.028125001")]
    first, same, other = keys(engine, [("a", START, 1, 1, cost) for cost in costs])
    assert first == same != other


def test_the_identity_of_a_stored_row_stays_what_it_is():
    """A database must know its rows again: whoever changes this must refuse the older ones."""
    text = "rag_query\x1fgpt-4o\x1freq_12345678"
    hashed = int.from_bytes(md5(text.encode(), usedforsecurity=False).digest(), "little")
    scope = int.from_bytes(blake2b(b"lesson", digest_size=16).digest(), "big") >> 2
    micros = 1_793_534_400_250_000
    numbers = (micros << 64) ^ (1_200 << 31) ^ (300 << 1)
    cost = (12_345_678 + 1) * 0x2F0B_3A96_C1D7_58E4_7B52
    call = record(
        request_id="req_12345678",
        model="gpt-4o",
        prompt_tokens=1200,
        completion_tokens=300,
        total_tokens=1500,
        estimated_cost_usd=0.0123456784,
        timestamp="2026-11-01T12:00:00.250",
    )
    with Store.memory() as store, TemporaryDirectory() as folder:
        ingest(store, [str(write(Path(folder) / "a.jsonl", [call]))])
        row = store.connection.execute("SELECT event_key FROM usage").fetchone()
    assert row == ((hashed ^ scope ^ numbers ^ cost) | 1,)


def as_read_by_two(calls, size, repeated):
    """Return calls in the order of time as two threads bring them, each every other part, and some once more."""
    parts = [sorted(calls)[start : start + size] for start in range(0, len(calls), size)]
    return [*chain(*parts[::2], *parts[1::2]), *repeated]


CALLS = st.lists(st.integers(0, 60), min_size=1, max_size=60)
IN_ORDER = st.builds(
    as_read_by_two,
    st.sets(st.integers(0, 60), min_size=1),
    st.integers(1, 20),
    st.lists(st.integers(0, 60), max_size=1),
)


@settings(max_examples=20, deadline=None)
@given(
    calls=CALLS | IN_ORDER,
    known=st.lists(st.integers(0, 60), max_size=5),
    together=st.sampled_from([3, 1000]),
    share=st.sampled_from([1, 5]),
)
def test_repeats_are_found_in_any_order_of_times(calls, known, together, share):
    # So many calls share each moment, and neighbours are looked at four at a time.
    with pytest.MonkeyPatch.context() as patch, Store.memory() as store:
        patch.setattr(repeats, "RUN", 4)
        patch.setattr(repeats, "KEYS_AT_ONCE", together)
        for ingest_id, brought in ((1, sorted({*known, 99})), (2, calls)):
            store.connection.executemany(
                "INSERT INTO narrow_rows (event_key, ingest_id, occurred_at) VALUES (?, ?, ?)",
                [(n * 2 + 1, ingest_id, START + timedelta(hours=n // share)) for n in brought],
            )
        new = set(calls) - set(known)
        assert Repeats(store.connection, 2).drop() == len(calls) - len(new)
        left = store.connection.execute(
            "SELECT event_key FROM usage WHERE ingest_id = 2"
        ).fetchall()
    assert sorted(row[0] for row in left) == sorted(n * 2 + 1 for n in new)


def test_narrow_rows_tell_their_source_and_format_to_every_connection(tmp_path):
    pairs = [("a", "lesson_jsonl"), ("it's", "lesson_jsonl"), ("a", "other")]
    with Store.open(tmp_path / "x.duckdb", write=True) as store, store.beside() as beside:
        for _ in range(2):
            numbers = [origin_of(store.connection, *pair) for pair in pairs]
            assert numbers == [1, 2, 3]
        store.connection.execute(
            "INSERT INTO narrow_rows (origin, event_key) SELECT origin, origin FROM origins"
        )
        sql = "SELECT source, source_format FROM usage_narrow ORDER BY event_key"
        assert store.connection.execute(sql).fetchall() == pairs
        assert beside.connection.execute(sql).fetchall() == pairs
    with Store.open(tmp_path / "x.duckdb") as store:
        assert store.connection.execute(sql).fetchall() == pairs


def test_an_origin_of_a_transaction_that_failed_is_none(tmp_path):
    with Store.open(tmp_path / "x.duckdb", write=True) as store:
        store.connection.execute("BEGIN TRANSACTION")
        origin_of(store.connection, "a", "b")
        store.connection.execute("ROLLBACK")
        assert origin_of(store.connection, "c", "d") == 1
        store.connection.execute("INSERT INTO narrow_rows (origin) VALUES (1)")
        row = store.connection.execute("SELECT source FROM usage").fetchone()
    assert row == ("c",)
