"""Money is exact: SQL sums equal Decimal arithmetic to the last digit, whatever the book, the time and the order."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.store import Store, rollup
from costctl.store.prices import load_prices
from costctl.vocabulary import ALL_CLASSES, Query
from tests.store.price_tables import Bill, Model, Period, Window, at, bill, table

CLASSES = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_long",
    "output",
    "reasoning",
    "audio_input",
    "image_output",
    "request",
)
MIDNIGHTS = [at(f"2026-03-0{day}") for day in (1, 2, 5, 9)]
ODD_TIMES = [at("2026-03-03T12:30"), at("2026-03-06T01:02:03.000400")]
SIZES = (100, 128_001, 200_000, 272_001)
TIERS = ("standard", "batch")


def random_price(chance: random.Random) -> str:
    return format(Decimal(chance.randint(1, 2 * 10**9)).scaleb(-6), "f")


def random_rates(chance: random.Random) -> dict[str, str]:
    """Return prices of most classes: one that is missing must be noticed."""
    return {name: random_price(chance) for name in CLASSES if chance.random() < 0.8}


def random_steps(chance: random.Random) -> dict[int, dict[str, str]]:
    sizes = chance.sample(SIZES, chance.randint(0, 2))
    return {size: random_rates(chance) for size in sorted([0, *sizes])}


def random_window(chance: random.Random) -> Window | None:
    if chance.random() < 0.5:
        return None
    return Window(
        days=sorted(chance.sample(range(1, 8), chance.randint(3, 7))),
        start=chance.choice([0, 540, 601]),
        end=chance.choice([700, 840, 1440]),
        rates=random_rates(chance),
        tz=chance.choice(["Asia/Shanghai", "Europe/Berlin", "UTC"]),
        except_dates=chance.sample([date(2026, 3, 3), date(2026, 3, 6)], chance.randint(0, 1)),
    )


def random_model(chance: random.Random, name: str) -> Model:
    periods = []
    for tier in TIERS[: chance.randint(1, 2)]:
        starts = [None] if chance.random() < 0.5 else []
        starts += sorted(chance.sample([*MIDNIGHTS, *ODD_TIMES], chance.randint(1, 3)))
        periods += [
            Period(
                start,
                random_steps(chance),
                tier=tier,
                until=chance.choice([None, at("2026-03-08T06:00")]),
                window=random_window(chance),
                discount=chance.choice(["0", "0.15", "0.3"]),
            )
            for start in starts
        ]
    return Model(name, periods)


def random_count(chance: random.Random) -> int:
    kind = chance.random()
    if kind < 0.4:
        return 0
    if kind < 0.6:
        return chance.choice(SIZES) + chance.randint(-1, 1)
    return chance.randint(0, 300_000 if kind < 0.8 else 10**12)


def random_row(chance: random.Random) -> dict[str, object]:
    near = chance.choice([*MIDNIGHTS, *ODD_TIMES, at("2026-03-08T06:00"), None])
    off = timedelta(
        microseconds=chance.choice([0, -1, chance.randint(-(10**11), 10**11)]),
        minutes=chance.choice([0, 420, chance.randint(0, 10_000)]),
    )
    counts = {name: random_count(chance) for name in ALL_CLASSES}
    if chance.random() < 0.3:
        counts |= dict.fromkeys(ALL_CLASSES, 0) | {"input_uncached": chance.choice(SIZES)}
    counts["cache_write_long"] = min(counts["cache_write_long"], counts["cache_write"])
    counts["reasoning"] = min(counts["reasoning"], counts["output"])
    bucket = chance.random() < 0.3
    return {
        "endpoint": chance.choice(["a", "b", None]),
        "requested_model": chance.choice(["m-1", "m-1", "m-2", "m-2", "m-2", "m-3", None]),
        "tier": chance.choice(TIERS),
        "occurred_at": None if near is None else near + off,
        "granularity": "bucket" if bucket else "request",
        "prompt_tokens_from": chance.choice([None, *SIZES]) if bucket else None,
        "requests": chance.randint(1, 10**6) if bucket else 1,
        "cache_hit": not bucket and chance.random() < 0.2,
        **counts,
    }


def store_of(book: Sequence[Model], rows: Sequence[Mapping[str, object]]) -> Store:
    store = Store.memory()
    load_prices(store, table(*book))
    store.add_rows(rows)
    return store


def sums(bills: Sequence[Bill]) -> Decimal | None:
    known = [one.cost for one in bills if one.cost is not None]
    if known or not bills:
        return sum(known, Decimal(0))
    return None


def expected(rows: Sequence[tuple[Mapping[str, object], Bill]]) -> tuple[object, ...]:
    billed = [one for row, one in rows if not row["cache_hit"]]
    avoided = [one for row, one in rows if row["cache_hit"]]
    lacking = [(row, one) for row, one in rows if one.reason]
    reasons: dict[str, int] = {}
    for row, one in lacking:
        reasons[str(one.reason)] = reasons.get(str(one.reason), 0) + int(str(row["requests"]))
    return (
        sums(billed),
        sums(avoided),
        sum(int(str(row["requests"])) for row, _ in lacking),
        sum(one.missing for _, one in lacking),
        reasons,
    )


def observed(store: Store, query: Query) -> dict[tuple[object, ...], tuple[object, ...]]:
    return {
        one.key: (
            one.cost_usd,
            one.avoided_cost_usd,
            one.unpriced_requests,
            one.unpriced_tokens,
            dict(one.unpriced_reasons),
        )
        for one in rollup.spent(store, query)
    }


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.sampled_from([None, at("2026-03-05T07:00")]))
def test_sums_equal_decimal_arithmetic_in_any_row_order(seed: int, prices_at: datetime | None):
    chance = random.Random(seed)
    book = [random_model(chance, name) for name in ("m-1", "m-2")]
    rows = [random_row(chance) for _ in range(40)]
    by_endpoint: dict[tuple[object, ...], list[tuple[Mapping[str, object], Bill]]] = {}
    with localcontext(prec=60):
        for row in rows:
            by_endpoint.setdefault((row["endpoint"],), []).append((row, bill(book, row, prices_at)))
        wanted = {key: expected(found) for key, found in by_endpoint.items()}
    query = Query(by=("endpoint",), prices_at=prices_at)
    with store_of(book, rows) as store:
        assert observed(store, query) == wanted
    chance.shuffle(rows)
    with store_of(book, rows) as store:
        assert observed(store, query) == wanted
