"""Money is exact: random books against plain decimal arithmetic, equal and not close."""

import tempfile
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from costctl.pricebook.lookup import Found, cost
from tests.pricebook.books import SOURCE, Opened, moment, opened

PRICES = st.integers(1, 10**9).map(lambda n: Decimal(n).scaleb(-6))
FACTORS = st.integers(50, 250).map(lambda n: Decimal(n).scaleb(-2))
SHARES = st.integers(0, 9999).map(lambda n: Decimal(n).scaleb(-4))
COUNTS = st.integers(0, 10**12)
START = moment("2024-01-01")
DAYS = st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True).map(sorted)


@st.composite
def books(draw: st.DrawFn) -> dict[str, object]:
    """Return periods with prices, a long-prompt tier, a region's factor and a discount."""
    days = draw(DAYS)
    periods = [
        {
            "start": START + timedelta(days=day),
            "base": (draw(PRICES), draw(PRICES)),
            "long": (draw(PRICES), draw(PRICES)),
            "size": draw(st.integers(1, 10**6)),
        }
        for day in days
    ]
    return {"periods": periods, "factor": draw(FACTORS), "share": draw(SHARES)}


def written(book: dict[str, object]) -> str:
    lines = [
        "schema: 1\nprovider: acme\ncurrency: USD\nunit: per_million_tokens",
        f'regions: {{zone: {{uplift: "{book["factor"]:f}"}}}}',
        "models:\n  - id: m\n    prices:",
    ]
    for period in book["periods"]:
        base, long = period["base"], period["long"]
        lines.append(
            f"      - from: {period['start']:%Y-%m-%d}\n"
            f'        standard: {{input: "{base[0]:f}", output: "{base[1]:f}"}}\n'
            "        tiers:\n"
            f"          - min_prompt_tokens: {period['size']}\n"
            "            mode: whole_request\n"
            f'            standard: {{input: "{long[0]:f}", output: "{long[1]:f}"}}\n'
            f"        {SOURCE}"
        )
    return "\n".join(lines) + "\n"


@settings(max_examples=60, deadline=None)
@given(
    book=books(),
    requests=st.lists(
        st.tuples(st.integers(-10, 1100), st.integers(0, 86399), COUNTS, COUNTS, st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_a_cost_equals_plain_decimal_arithmetic(book, requests):
    with tempfile.TemporaryDirectory() as folder:
        config = f"pricing: {{overlays: [{{discount: '{book['share']:f}', provider: acme}}]}}"
        table = opened(Path(folder), written(book), config=config)
    for day, second, tokens_in, tokens_out, zone in requests:
        at = START + timedelta(days=day, seconds=second)
        assert priced(table, at, tokens_in, tokens_out, zone=zone) == expected(
            book, at, tokens_in, tokens_out, zone=zone
        )


def priced(table: Opened, at: datetime, tokens_in: int, tokens_out: int, *, zone: bool):
    region = "zone" if zone else "global"
    found = table.find("m", at.isoformat(), region=region, prompt_tokens=tokens_in)
    if not isinstance(found, Found):
        return None
    return cost(found.rates, {"input": tokens_in, "output": tokens_out})


def expected(book, at: datetime, tokens_in: int, tokens_out: int, *, zone: bool):
    """Sum tokens x price, in the plainest way there is."""
    started = [period for period in book["periods"] if period["start"] <= at]
    if not started:
        return None
    period = started[-1]
    prices = period["long"] if tokens_in >= period["size"] else period["base"]
    with localcontext() as exact:
        exact.prec = 200
        factor = book["factor"] if zone else Decimal(1)
        millionth = (prices[0] * tokens_in + prices[1] * tokens_out) * factor * (1 - book["share"])
        return millionth / 10**6, ()
