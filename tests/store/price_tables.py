"""Small price tables for tests, and what they say by plain arithmetic: no SQL, no shared code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from costctl.pricebook.tables import RATE_CLASSES, TABLES, CompiledBook

Rates = Mapping[str, str]
"""Class -> USD per million, as text; a class that is absent has no price."""


def at(text: str) -> datetime:
    """Return a moment in UTC without its zone, as the store keeps it."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Window:
    """Hours of some local weekdays with their own rates; `days` are ISO, the end is excluded."""

    days: Sequence[int]
    start: int
    end: int
    rates: Rates
    tz: str = "Asia/Shanghai"
    except_dates: Sequence[date] = ()


@dataclass(frozen=True)
class Period:
    """Prices of one tier from a moment on, by prompt size."""

    since: datetime | None
    steps: Mapping[int, Rates]
    tier: str = "standard"
    until: datetime | None = None
    first_seen: datetime | None = None
    window: Window | None = None
    inherited: Sequence[str] = ()
    units: Rates = field(default_factory=dict)
    basis: str = "exact"
    region: str = "global"
    discount: str = "0"


@dataclass(frozen=True)
class Model:
    """A name with its periods, oldest first within a tier and region."""

    name: str
    periods: Sequence[Period]
    kind: str = "chat"
    provider: str = "acme"
    more: Mapping[str, object] = field(default_factory=dict)


def table(*models: Model, home: bool = True) -> CompiledBook:
    """Return the compiled rows of models."""
    rows: dict[str, list[tuple[object, ...]]] = {spec.name: [] for spec in TABLES}
    writer = _Writer(rows)
    for provider in sorted({model.provider for model in models}):
        rows["price_providers"].append(
            (provider, [provider], home, "global", [f"{provider}/"], None, "p.yaml")
        )
    for model in models:
        writer.add(model)
    rows["price_meta"] = [("version", "test"), ("sha256", "0123456789ab")]
    return CompiledBook({name: tuple(found) for name, found in rows.items()})


class _Writer:
    def __init__(self, rows: dict[str, list[tuple[object, ...]]]) -> None:
        self.rows = rows
        self.number = 0

    def add(self, model: Model) -> None:
        regions = sorted({period.region for period in model.periods})
        self.rows["price_names"].append((model.provider, model.name, 0, regions))
        facts = {"kind": model.kind, **model.more}
        self.rows["price_models"].append(
            (
                model.provider,
                model.name,
                facts["kind"],
                facts.get("family"),
                facts.get("released"),
                facts.get("retires_on"),
                facts.get("cheaper_sibling"),
                facts.get("prompt_cache_min_tokens"),
                None,
                "p.yaml",
                1,
            )
        )
        for period in model.periods:
            later = [
                other.since
                for other in model.periods
                if (other.tier, other.region) == (period.tier, period.region)
                and other.since is not None
                and (period.since is None or other.since > period.since)
            ]
            self._period(model, period, min(later, default=None))

    def _period(self, model: Model, period: Period, follows: datetime | None) -> None:
        self.number += 1
        window = period.window
        ends = [moment for moment in (period.until, follows) if moment is not None]
        self.rows["price_book"].append(
            (
                model.provider,
                model.name,
                period.region,
                period.tier,
                period.since,
                min(ends, default=None),
                period.first_seen,
                self.number,
                window is not None,
                window.tz if window else None,
                list(window.except_dates) if window else [],
                period.basis,
                model.name,
                "p.yaml",
                1,
            )
        )
        base = self.number * 10
        self.rows["price_steps"].append((self.number, -1, base, None))
        self._rates(base, period, period.steps)
        if window is None:
            return
        self._rates(base + 1, period, {0: window.rates})
        # A window that ends at midnight may begin again at the same minute: its start counts.
        ends = {(day - 1) * 1440 + window.end: (base, None) for day in window.days}
        starts = {(day - 1) * 1440 + window.start: (base + 1, "peak") for day in window.days}
        for minute, (variant, name) in sorted({**ends, **starts}.items()):
            self.rows["price_steps"].append((self.number, minute, variant, name))

    def _rates(self, variant: int, period: Period, steps: Mapping[int, Rates]) -> None:
        left = 1 - Decimal(period.discount)
        for size, rates in steps.items():
            full = [_per_token(rates.get(name)) for name in RATE_CLASSES]
            net = [rate if rate is None else rate * left for rate in full]
            units = {name: _per_token(text) for name, text in period.units.items()}
            self.rows["price_rates"].append(
                (variant, size, *net, *full, list(period.inherited), units, units, "p.yaml", 1)
            )


def _per_token(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text).scaleb(-6)


BILLED = (
    ("input", lambda row: row["input_uncached"]),
    ("cache_read", lambda row: row["cache_read"]),
    ("cache_write", lambda row: row["cache_write"] - row["cache_write_long"]),
    ("cache_write_long", lambda row: row["cache_write_long"]),
    ("output", lambda row: row["output"] - row["reasoning"]),
    ("reasoning", lambda row: row["reasoning"]),
    ("audio_input", lambda row: row["audio_input"]),
    ("audio_output", lambda row: row["audio_output"]),
    ("image_input", lambda row: row["image_input"]),
    ("image_output", lambda row: row["image_output"]),
)

PROMPT = ("input_uncached", "cache_read", "cache_write", "audio_input", "image_input")


@dataclass(frozen=True)
class Bill:
    """What one row costs: the priced part, or None, and the tokens without a price."""

    cost: Decimal | None
    missing: int
    reason: str | None


def bill(models: Sequence[Model], row: Mapping[str, Any], when: datetime | None = None) -> Bill:
    """Return what a row costs by its own date, or by another one."""
    counts = {name: count(row) for name, count in BILLED}
    tokens = sum(counts.values())
    if not tokens:
        return Bill(Decimal(0), 0, None)
    found = _rates_or_reason(models, row, when or row["occurred_at"])
    if isinstance(found, str):
        return Bill(None, tokens, found)
    rates, left = found
    parts = {
        name: None if name not in rates else count * (Decimal(rates[name]).scaleb(-6) * left)
        for name, count in counts.items()
        if count
    }
    missing = sum(counts[name] for name, part in parts.items() if part is None)
    fee = Decimal(rates.get("request", "0")).scaleb(-6) * left * int(row["requests"])
    known = [part for part in parts.values() if part is not None]
    if not known and "request" not in rates:
        return Bill(None, missing, "no_class_price")
    return Bill(sum(known, fee), missing, "no_class_price" if missing else None)


def _rates_or_reason(
    models: Sequence[Model], row: Mapping[str, Any], moment: datetime | None
) -> tuple[Rates, Decimal] | str:
    if moment is None:
        return "undated"
    model = next((one for one in models if one.name == row["requested_model"]), None)
    if model is None:
        return "unknown_model"
    period = _period_of(model, row["tier"], moment)
    if isinstance(period, str):
        return period
    rates = _rates_of(period, row)
    return "undated" if rates is None else (rates, 1 - Decimal(period.discount))


def _period_of(model: Model, tier: object, moment: datetime) -> Period | str:
    def holds(period: Period) -> bool:
        later = [
            other.since
            for other in model.periods
            if other.tier == period.tier
            and other.since is not None
            and (period.since is None or other.since > period.since)
        ]
        begun = period.since is None or period.since <= moment
        over = any(since <= moment for since in later)
        return begun and not over and (period.until is None or moment < period.until)

    found = [period for period in model.periods if holds(period)]
    own = [period for period in found if period.tier == tier]
    if own:
        return own[0]
    return "no_tier_price" if found else "no_price_at_date"


def _rates_of(period: Period, row: Mapping[str, Any]) -> Rates | None:
    window = period.window
    if window is not None:
        moment = row["occurred_at"]
        if moment is None:
            return None
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(window.tz))
        minute = local.hour * 60 + local.minute
        inside = local.isoweekday() in window.days and window.start <= minute < window.end
        if inside and local.date() not in window.except_dates:
            return window.rates
    size = sum(int(str(row[name])) for name in PROMPT)
    if row["granularity"] == "bucket":
        size = int(str(row["prompt_tokens_from"] or 0))
    return period.steps[max(step for step in period.steps if step <= size)]
