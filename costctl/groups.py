"""What a projection starts from: grouped usage, and the rates at one date.

`costctl.store.rollup_groups` makes these values; `simulate` reads them. Both are flat, so that a frame can be made of
a list of them directly.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

GroupKey = tuple[
    str | None,
    str | None,
    str,
    str | None,
    str | None,
    str | None,
    int,
    datetime | None,
    str | None,
    tuple[str | None, ...],
]
"""Endpoint, model, tier, price provider, name and region, step, clock, reason, further dimensions."""


@dataclass(frozen=True)
class Group:
    """Billable usage that one set of rates prices.

    Attributes:
        endpoint, model, tier: as logged.
        price_provider, price_name, price_region: where its price is found; None where no name was found.
        step: lower bound of the prompt size that decides its rates; 0 is the base.
        clock: a moment (UTC) of the group that tells which day window it falls in; None where no price has any.
        dims: values of the further dimensions asked for, in their order.
        kind: chat, embedding, rerank, image, audio, other.
        reason: why it has no price at the price date, or no price for some of its tokens; else None.
        rows: rows of `usage`.
        row_level: every row is one request, so caps and orders can be computed from rows.
        requests: 0 where a source has no count; then `requests_known` is false.
        paid_usd: what it cost at its own time; None where nothing was priced.
        repriced_usd: the same at the price date.
    """

    endpoint: str | None
    model: str | None
    tier: str
    price_provider: str | None
    price_name: str | None
    price_region: str | None
    step: int
    clock: datetime | None
    dims: tuple[str | None, ...]
    kind: str
    reason: str | None
    rows: int
    row_level: bool
    requests: int
    requests_known: bool
    input_uncached: int
    cache_read: int
    cache_write: int
    output: int
    audio_input: int
    audio_output: int
    image_input: int
    image_output: int
    cache_write_long: int
    reasoning: int
    paid_usd: Decimal | None
    repriced_usd: Decimal | None

    @property
    def key(self) -> GroupKey:
        """Return what identifies the group; row-level figures are keyed by it."""
        return (
            self.endpoint,
            self.model,
            self.tier,
            self.price_provider,
            self.price_name,
            self.price_region,
            self.step,
            self.clock,
            self.reason,
            self.dims,
        )


class Wanted(NamedTuple):
    """A price to look up at the price date.

    Attributes:
        name: a model as a lever or a group names it; `PROVIDER/MODEL` names the provider outright.
        tier: service tier.
        step: lower bound of the prompt size.
        provider, region, clock: of the group it is for.
    """

    name: str
    tier: str = "standard"
    step: int = 0
    provider: str | None = None
    region: str | None = None
    clock: datetime | None = None


class Rate(NamedTuple):
    """The rates of one wanted price, USD per token and per request, as floats.

    A class without a price is 0 with its flag false; a class that inherits has the inherited rate and the flag false.

    Attributes:
        wanted: what was asked for.
        price_provider, price_name, price_region: what was found; None where nothing was.
        reason: why there is no price, or None.
        hint: for a reason, the nearest names.
        other_provider: the group's own provider does not list the model, so the home provider's price is used.
        kind, cheaper_sibling, retires_on: facts of the model.
        prompt_cache_min_tokens: below it the provider gives no cache discount; None where unknown.
    """

    wanted: Wanted
    price_provider: str | None = None
    price_name: str | None = None
    price_region: str | None = None
    reason: str | None = None
    hint: str = ""
    other_provider: bool = False
    kind: str = "other"
    cheaper_sibling: str | None = None
    retires_on: date | None = None
    prompt_cache_min_tokens: int | None = None
    input: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0
    cache_write_long: float = 0.0
    output: float = 0.0
    reasoning: float = 0.0
    audio_input: float = 0.0
    audio_output: float = 0.0
    image_input: float = 0.0
    image_output: float = 0.0
    request: float = 0.0
    has_input: bool = False
    has_cache_read: bool = False
    has_cache_write: bool = False
    has_cache_write_long: bool = False
    has_output: bool = False
    has_reasoning: bool = False
    has_audio_input: bool = False
    has_audio_output: bool = False
    has_image_input: bool = False
    has_image_output: bool = False


class OrderedShare(NamedTuple):
    """The part of a group's usage that its cheapest or dearest requests hold.

    Attributes:
        key: of the group.
        fraction: of the group's requests; the first floor(fraction * requests) in the order move.
        requests, input_uncached, cache_read, ...: share, 0 to 1, of each sum that those requests hold.
    """

    key: GroupKey
    fraction: float
    requests: float
    input_uncached: float
    cache_read: float
    cache_write: float
    output: float
    audio_input: float
    audio_output: float
    image_input: float
    image_output: float
    cache_write_long: float
    reasoning: float


# The functions of `costctl.store.rollup_groups` and `rollup_rates` over these:
#   groups(store, query, dims=(), also=()) -> list[Group]      query.prices_at is the price date; `also`: names of
#       models whose day windows and prompt-size steps must be told apart too (targets of levers)
#   rates_at(store, at, wanted) -> list[Rate]                  one per wanted, in order
#   cut_by_cap(store, query, cap, dims=(), also=()) -> dict[GroupKey, int]
#       input tokens that a cap on the prompt removes: sum of min(input_uncached, max(0, prompt - cap)) over rows
#   ordered_shares(store, query, order, fractions, *, dims=(), also=()) -> list[OrderedShare]
#       order is `cheapest` or `dearest`; only groups with row_level
#   shares_at_least(store, query, minima, dims=(), also=()) -> dict[GroupKey, tuple[float, ...]]
#       shares of the uncached input that stand in prompts of at least so many tokens, one per minimum
