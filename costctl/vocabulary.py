"""The words that questions and answers share: token classes, dimensions, a query, and what it found."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

TOKEN_CLASSES = (
    "input_uncached",
    "cache_read",
    "cache_write",
    "output",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
)
"""Disjoint classes: their sum is a row's total tokens."""

OF_WHICH = ("cache_write_long", "reasoning")
"""Parts of `cache_write` and of `output`; never added to a total."""

ALL_CLASSES = (*TOKEN_CLASSES, *OF_WHICH)

PROMPT_CLASSES = ("input_uncached", "cache_read", "cache_write", "audio_input", "image_input")
"""The prompt size of a request, which decides a long-prompt price tier, is their sum."""

DEFAULT_BY = ("endpoint", "model")
"""What an answer is grouped by where nobody says otherwise."""

DIMENSIONS = (
    "endpoint",
    "model",
    "provider",
    "day",
    "week",
    "month",
    "hour",
    "tier",
    "region",
    "deployment",
    "user",
    "team",
    "environment",
    "source",
    "status",
)
"""What `--by` and `--where` accept, besides `tag.<key>`."""


@dataclass(frozen=True)
class Window:
    """A half-open period: `since` included, `until` excluded, both naive UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None


class Condition(NamedTuple):
    """Keep rows whose dimension matches: patterns are globs, any may match, `!` negates.

    A row without the value matches `*` and every negation.
    """

    dimension: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A question about usage.

    Attributes:
        by: dimensions of the answer, as in `DIMENSIONS` or `tag.<key>`.
        window: rows outside are left out; rows without a time only by a bounded window.
        where: all must hold.
        tz: zone of day, week, month and hour.
        prices_at: price every row at this moment instead of its own.
        fallback_model: prices rows that have no price, marked `fallback`.
    """

    by: tuple[str, ...] = ()
    window: Window = Window()
    where: tuple[Condition, ...] = ()
    tz: str = "UTC"
    prices_at: datetime | None = None
    fallback_model: str | None = None


@dataclass(frozen=True)
class Tokens:
    """Sums of the token classes; `total` is the sum of the disjoint ones."""

    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    audio_input: int = 0
    audio_output: int = 0
    image_input: int = 0
    image_output: int = 0
    cache_write_long: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """Return the sum of the disjoint classes."""
        return sum(getattr(self, name) for name in TOKEN_CLASSES)

    @property
    def prompt(self) -> int:
        """Return the tokens of all prompts."""
        return sum(getattr(self, name) for name in PROMPT_CLASSES)


@dataclass(frozen=True)
class Spent:
    """What one group of rows used and cost; money is exact.

    Attributes:
        key: one value per dimension asked for; None where rows have none.
        requests: None where a source has no count.
        billable_requests: requests that a provider billed.
        tokens: sums over billable rows.
        cost_usd: the priced part after discounts; None where nothing was priced.
        list_cost_usd: the same before discounts.
        logged_cost_usd: what billable rows said they cost; None where no row said.
        unpriced_requests: requests of rows that are wholly or partly without a price.
        unpriced_tokens: tokens of classes without a price.
        unpriced_reasons: reason -> requests.
        unpriced_names: model name -> requests, as shown (`(unknown)` for None).
        avoided_tokens: sums over gateway cache hits.
        avoided_cost_usd: the computed price of those.
        avoided_logged_cost_usd: what their logs claim.
        price_basis: the weakest basis of the group's rows.
        tokens_unknown: requests whose log has no counts.
        assumed: columns that an assumption filled in some row.
        rows: rows of `usage`.
        first, last: first and last `occurred_at`.
    """

    key: tuple[object, ...]
    requests: int | None = 0
    billable_requests: int = 0
    errors: int = 0
    cache_hits: int = 0
    tokens: Tokens = Tokens()
    cost_usd: Decimal | None = None
    list_cost_usd: Decimal | None = None
    logged_cost_usd: Decimal | None = None
    unpriced_requests: int = 0
    unpriced_tokens: int = 0
    unpriced_reasons: tuple[tuple[str, int], ...] = ()
    unpriced_names: tuple[tuple[str, int], ...] = ()
    avoided_tokens: Tokens = Tokens()
    avoided_cost_usd: Decimal | None = None
    avoided_logged_cost_usd: Decimal | None = None
    price_basis: str = "exact"
    tokens_unknown: int = 0
    assumed: tuple[str, ...] = ()
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None


PRICE_BASES = (
    "exact",
    "alias",
    "deployment",
    "fixed",
    "assumed_start",
    "inherited",
    "fallback",
    "partial",
    "unpriced",
)
"""From strongest to weakest; a group shows its weakest."""
