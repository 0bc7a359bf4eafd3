"""The compiled price table is kept, found again, and rebuilt when something is wrong with it."""

from decimal import Decimal
from pathlib import Path

import pytest

from costctl.pricebook.tables import TABLES, CompiledBook
from costctl.store import Store
from costctl.store.prices import LoadedPrices, fetch_rows, load_prices, prepare_prices
from tests.store.price_tables import Model, Period, Window, at, table

BOOK = table(
    Model(
        "m-1",
        [
            Period(None, {0: {"input": "0.000001", "output": "3"}}, inherited=["reasoning"]),
            Period(
                at("2026-03-01T10:30"),
                {0: {"input": "2"}, 128_001: {"input": "4"}},
                units={"page": "1"},
                window=Window(
                    [1, 2], 60, 120, {"input": "3"}, except_dates=[at("2026-05-01").date()]
                ),
            ),
        ],
    )
)
KEY = "0123"


class Compiler:
    """Counts how often prices are compiled."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self) -> CompiledBook:
        self.runs += 1
        return BOOK


def prepare(compiler: Compiler, cache: Path | None, key: str = KEY) -> LoadedPrices:
    with Store.memory() as store:
        loaded = prepare_prices(store, compiler, key=key, cache=cache)
        for spec in TABLES:
            assert sorted(map(repr, fetch_rows(store, spec.name))) == sorted(
                map(repr, map(as_fetched, BOOK.rows[spec.name]))
            )
    return loaded


def as_fetched(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(_scaled(value) for value in row)


def _scaled(value: object) -> object:
    if isinstance(value, Decimal):
        return value.quantize(Decimal(10) ** -18)
    if isinstance(value, dict):
        return {key: _scaled(member) for key, member in value.items()}
    return value


def test_rows_come_back_exactly_from_the_engine_and_from_the_cache(tmp_path: Path):
    compiler = Compiler()
    first = prepare(compiler, tmp_path)
    second = prepare(compiler, tmp_path)
    assert compiler.runs == 1
    assert (first.from_cache, second.from_cache) == (False, True)
    assert (
        (first.version, first.sha256) == (second.version, second.sha256) == ("test", "0123456789ab")
    )


def test_another_key_is_another_table(tmp_path: Path):
    compiler = Compiler()
    prepare(compiler, tmp_path)
    prepare(compiler, tmp_path, key="4567")
    assert compiler.runs == 2


@pytest.mark.parametrize(
    "name", ["price_book.parquet", "price_rates.parquet", "names.json", "digest"]
)
@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "empty"])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, name: str, damage: str):
    compiler = Compiler()
    prepare(compiler, tmp_path)
    file = tmp_path / f"prices-{KEY}" / name
    content = file.read_bytes()
    middle = len(content) // 2
    match damage:
        case "cut":
            file.write_bytes(content[:middle])
        case "changed":
            file.write_bytes(content[:middle] + b"\x00\xff" + content[middle + 2 :])
        case "gone":
            file.unlink()
        case _:
            file.write_bytes(b"")
    assert not prepare(compiler, tmp_path).from_cache
    assert prepare(compiler, tmp_path).from_cache
    assert compiler.runs == 2


def test_a_folder_that_cannot_be_written_means_compiling_every_time(tmp_path: Path):
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder")
    compiler = Compiler()
    assert not prepare(compiler, blocked).kept
    assert not prepare(compiler, blocked).kept
    assert not prepare(compiler, None).kept
    assert compiler.runs == 3


def test_nothing_half_written_is_left_behind(tmp_path: Path):
    prepare(Compiler(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"prices-{KEY}"]


def test_another_table_replaces_the_first(tmp_path: Path):
    other = table(Model("m-2", [Period(None, {0: {"input": "1"}})]))
    with Store.memory() as store:
        prepare_prices(store, Compiler(), key=KEY, cache=tmp_path)
        prepare_prices(store, Compiler(), key=KEY, cache=tmp_path)
        load_prices(store, other)
        assert [row[1] for row in fetch_rows(store, "price_names")] == ["m-2"]
        prepare_prices(store, Compiler(), key=KEY, cache=tmp_path)
        assert [row[1] for row in fetch_rows(store, "price_names")] == ["m-1"]
