"""Questions to the compiled table, one at a time: which rates hold, and what a request costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from costctl.pricebook.rates import EXACT
from costctl.pricebook.tables import (
    PRICE_BOOK,
    PRICE_PERIODS,
    PRICE_RATES,
    RATE_CLASSES,
    CompiledBook,
    Row,
)
from costctl.pricebook.timeline import END, START

_DAY = 1440


@dataclass(frozen=True)
class Named:
    """A row with its columns by name."""

    columns: Mapping[str, object]

    def __getitem__(self, name: str) -> object:
        return self.columns[name]

    def text(self, name: str) -> str:
        """Return a column as text; an empty one for None."""
        value = self.columns[name]
        return "" if value is None else str(value)

    def when(self, name: str) -> datetime | None:
        """Return a moment; None for an open end."""
        value = self.columns[name]
        return value if isinstance(value, datetime) and value not in {START, END} else None

    def rate(self, name: str) -> Decimal | None:
        """Return a rate."""
        value = self.columns[name]
        return value if isinstance(value, Decimal) else None

    @property
    def place(self) -> str:
        """Return `file:line`."""
        return f"{self['file']}:{self['line']}"


@dataclass(frozen=True)
class Ask:
    """Which price is wanted."""

    provider: str
    name: str
    region: str
    tier: str
    at: datetime
    prompt_tokens: int = 0


@dataclass(frozen=True)
class Found:
    """The price of a question: the row of the name, its period, its window, its step of prompt size."""

    book: Named
    period: Named
    rates: Named
    window: str | None

    def basis(self, at: datetime) -> str:
        """Return how sure the price is, inherited classes aside."""
        first_seen = self.book.when("first_seen")
        return "assumed_start" if first_seen and at < first_seen else self.book.text("basis")


@dataclass(frozen=True)
class NoPrice:
    """Why there is none: no_region_price, no_tier_price, no_price_at_date, no_class_price."""

    reason: str
    hint: str


class Lookup:
    """Finds rates in the compiled rows."""

    def __init__(self, compiled: CompiledBook) -> None:
        rows = compiled.rows
        self.book = _grouped(rows["price_book"], 2)
        self.periods = {row[0]: row for row in rows["price_periods"]}
        self.steps = _grouped(rows["price_steps"], 1)
        self.rates = _grouped(rows["price_rates"], 1)

    def rows_of(self, provider: str, name: str) -> list[Row]:
        """Return the compiled rows of a name."""
        return self.book.get((provider, name), [])

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows of names that were made for one question."""
        for row in rows:
            self.book.setdefault(row[:2], []).append(row)

    def offers(self, provider: str, name: str) -> list[Named]:
        """Return every row of a name, by region, service tier and time."""
        return [named(PRICE_BOOK.names, row) for row in self.book.get((provider, name), [])]

    def find(self, ask: Ask) -> Found | NoPrice:
        """Return the price that holds, or why none does."""
        rows = self.offers(ask.provider, ask.name)
        in_region = [row for row in rows if row["region"] == ask.region]
        if not in_region:
            return NoPrice(
                "no_region_price", f"prices in: {_listing(row['region'] for row in rows)}"
            )
        in_tier = [row for row in in_region if row["tier"] == ask.tier]
        if not in_tier:
            return NoPrice("no_tier_price", _other_tiers(ask, in_region))
        row = next((row for row in in_tier if holds(row, ask.at)), None)
        if row is None:
            return NoPrice("no_price_at_date", nearest_period(in_tier, ask.at))
        return self._in_row(row, ask)

    def _in_row(self, row: Named, ask: Ask) -> Found | NoPrice:
        minute = _local_minute(row, ask.at)
        step = max(
            (s for s in self.steps[(row["period"],)] if _number(s[1]) <= minute),
            key=lambda s: _number(s[1]),
        )
        sizes = [r for r in self.rates.get((step[2],), []) if _number(r[1]) <= ask.prompt_tokens]
        if not sizes:
            return NoPrice(
                "no_class_price", f"no {ask.tier} price for prompts of {ask.prompt_tokens} tokens"
            )
        rates = named(PRICE_RATES.names, max(sizes, key=lambda r: _number(r[1])))
        period = named(PRICE_PERIODS.names, self.periods[row["period"]])
        return Found(row, period, rates, None if step[3] is None else str(step[3]))

    def steps_of(self, row: Named) -> list[tuple[int, str | None, list[Named]]]:
        """Return each step of the week of a row: its minute, its window, and its rates by prompt size."""
        found = []
        for step in self.steps[(row["period"],)]:
            rates = [named(PRICE_RATES.names, r) for r in self.rates.get((step[2],), [])]
            found.append((_number(step[1]), None if step[3] is None else str(step[3]), rates))
        return found

    def period_of(self, row: Named) -> Named:
        """Return where the figures of a row are from."""
        return named(PRICE_PERIODS.names, self.periods[row["period"]])


def named(columns: Sequence[str], row: Row) -> Named:
    """Return a row with its columns by name."""
    return Named(dict(zip(columns, row, strict=True)))


def cost(
    rates: Named, tokens: Mapping[str, int], *, listed: bool = False
) -> tuple[Decimal, tuple[str, ...]]:
    """Return the exact cost of tokens by price class, and the classes that have no price."""
    total = Decimal(0)
    missing = []
    for name, count in tokens.items():
        rate = rates.rate(f"list_{name}" if listed else name)
        if count and rate is None and name != "request":
            missing.append(name)
        elif count and rate is not None:
            total = EXACT.add(total, EXACT.multiply(rate, Decimal(count)))
    return total, tuple(missing)


def price_per_million(rate: Decimal) -> Decimal:
    """Return a rate as price files write it."""
    return EXACT.normalize(EXACT.scaleb(rate, 6))


def stated(rates: Named) -> dict[str, Decimal]:
    """Return the price per million of every class that has one."""
    found = {name: rate for name in RATE_CLASSES if (rate := rates.rate(name)) is not None}
    units = rates["units"]
    found |= {str(k): v for k, v in units.items()} if isinstance(units, dict) else {}
    return {name: price_per_million(rate) for name, rate in found.items()}


def nearest_period(rows: Sequence[Named], at: datetime) -> str:
    """Return the hint for a moment without a price."""
    starts = [start for row in rows if (start := row.when("valid_from"))]
    ends = [end for row in rows if (end := row.when("valid_to"))]
    after = min((s for s in starts if s > at), default=None)
    before = max((e for e in ends if e <= at), default=None)
    parts = [f"the first price after it is from {after:%Y-%m-%d}"] if after else []
    parts += [f"the last price before it ended on {before:%Y-%m-%d}"] if before else []
    return "; ".join(parts)


def _grouped(rows: Iterable[Row], width: int) -> dict[tuple[object, ...], list[Row]]:
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(row[:width], []).append(row)
    return found


def _listing(values: Iterable[object]) -> str:
    return ", ".join(sorted({str(value) for value in values})) or "none"


def _other_tiers(ask: Ask, rows: Sequence[Named]) -> str:
    held = [row for row in rows if holds(row, ask.at)]
    return f"no {ask.tier} price for {ask.name}; it has prices for: {_listing(r['tier'] for r in held)}"


def holds(row: Named, at: datetime) -> bool:
    """Return whether a row holds at a moment."""
    start, end = row.when("valid_from"), row.when("valid_to")
    return (start is None or start <= at) and (end is None or at < end)


def _local_minute(row: Named, at: datetime) -> int:
    """Return the minute of the local week, -1 where no window can hold."""
    if not row["windowed"]:
        return -1
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(row.text("tz")))
    dates = row["except_dates"]
    if isinstance(dates, (list, tuple)) and local.date() in dates:
        return -1
    return (local.isoweekday() - 1) * _DAY + local.hour * 60 + local.minute


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
