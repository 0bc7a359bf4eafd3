"""A baseline: the aggregates of a period, small enough to commit, with the tokens to price it again."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from costctl.vocabulary import ALL_CLASSES, Tokens, Window

DIMENSIONS = ("endpoint", "model", "provider", "region", "tier")
"""What a row of a baseline is about; it holds no time, no user, no id and no text."""


@dataclass(frozen=True)
class BaselineRow:
    """The usage of one group.

    Attributes:
        key: values of `DIMENSIONS`.
        step: lower bound of the prompt size that decides its prices.
        class_cost_usd: the part of `cost_usd` that each token class cost.
    """

    key: tuple[str | None, ...]
    step: int = 0
    requests: int = 0
    billable_requests: int = 0
    cache_hits: int = 0
    unpriced_requests: int = 0
    tokens: Tokens = Tokens()  # noqa: RUF009 - frozen
    cost_usd: Decimal | None = None
    logged_cost_usd: Decimal | None = None
    class_cost_usd: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Baseline:
    """The aggregates of one period.

    Attributes:
        window: both ends are set.
        pricing: `version` and `sha256` of the price table that priced it.
    """

    window: Window
    tz: str
    rows: tuple[BaselineRow, ...]
    currency: str = "USD"
    pricing: dict[str, object] = field(default_factory=dict)
    tool_version: str = ""

    @property
    def has_tokens(self) -> bool:
        """Return whether there is anything to price again."""
        return any(row.tokens.total for row in self.rows)


def class_counts(tokens: Tokens) -> dict[str, int]:
    """Return the sum of each token class."""
    return {name: getattr(tokens, name) for name in ALL_CLASSES}


def ends(window: Window) -> tuple[datetime, datetime]:
    """Return both ends of a baseline's window."""
    if window.since is None or window.until is None:
        raise ValueError("the window of a baseline is bounded")
    return window.since, window.until
