"""The columns of a breakdown: each a value of one group."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from costctl.table import Cell, Column, Kind
from costctl.vocabulary import Spent, Tokens

if TYPE_CHECKING:
    from costctl.store.rollup import Facts, Percentiles


class Figure(NamedTuple):
    """A column and its value, given a group and the total."""

    column: Column
    value: Callable[[Spent, Spent], Cell]


def figures(total: Spent, facts: "Facts") -> tuple[Figure, ...]:
    """Return the columns that are no dimensions; rare ones only where there is something to show."""
    avoided = _AVOIDED if total.cache_hits else ()
    before = _LIST if facts.has_discounts else ()
    basis = _BASIS if total.price_basis != "exact" else ()
    return (*_COUNTS, *_AVERAGES, *_COSTS, *before, *_LOGGED, *avoided, *basis)


def _average(tokens: Callable[[Tokens], int]) -> Callable[[Spent, Spent], Cell]:
    def value(spent: Spent, _total: Spent) -> Cell:
        if not spent.billable_requests:
            return None
        return Decimal(tokens(spent.tokens)) / spent.billable_requests

    return value


def share(spent: Spent, total: Spent) -> Cell:
    if spent.cost_usd is None or not total.cost_usd:
        return None
    return spent.cost_usd / total.cost_usd


def difference(spent: Spent, _total: Spent) -> Cell:
    if spent.logged_cost_usd is None or spent.cost_usd is None:
        return None
    return spent.logged_cost_usd - spent.cost_usd


def _out(tokens: Tokens) -> int:
    return tokens.output + tokens.audio_output + tokens.image_output


def _figure(
    name: str,
    title: str,
    kind: Kind,
    value: Callable[[Spent, Spent], Cell],
    *,
    wide_only: bool = False,
) -> Figure:
    return Figure(Column(name, title, kind, wide_only=wide_only), value)


_COUNTS = (
    _figure("requests", "requests", Kind.COUNT, lambda s, _: s.requests),
    _figure("errors", "errors", Kind.COUNT, lambda s, _: s.errors, wide_only=True),
    _figure("cache_hits", "cache hits", Kind.COUNT, lambda s, _: s.cache_hits, wide_only=True),
    _figure("input_tokens", "tokens in", Kind.COUNT, lambda s, _: s.tokens.prompt, wide_only=True),
    _figure(
        "cached_tokens",
        "of it cached",
        Kind.COUNT,
        lambda s, _: s.tokens.cache_read,
        wide_only=True,
    ),
    _figure("output_tokens", "tokens out", Kind.COUNT, lambda s, _: _out(s.tokens), wide_only=True),
)
_AVERAGES = (
    _figure(
        "input_tokens_per_request",
        "in/request",
        Kind.COUNT,
        _average(lambda tokens: tokens.prompt),
        wide_only=True,
    ),
    _figure("output_tokens_per_request", "out/request", Kind.COUNT, _average(_out), wide_only=True),
)
_COSTS = (
    _figure("cost_usd", "cost", Kind.USD, lambda s, _: s.cost_usd),
    _figure("share", "share", Kind.SHARE, share),
)
_LIST = (_figure("list_cost_usd", "at list price", Kind.USD, lambda s, _: s.list_cost_usd),)
_LOGGED = (
    _figure("logged_cost_usd", "logged", Kind.USD, lambda s, _: s.logged_cost_usd),
    _figure("logged_minus_computed_usd", "logged - cost", Kind.USD, difference, wide_only=True),
)
_AVOIDED = (
    _figure(
        "avoided_tokens",
        "avoided tokens",
        Kind.COUNT,
        lambda s, _: s.avoided_tokens.total,
        wide_only=True,
    ),
    _figure(
        "avoided_cost_usd", "avoided", Kind.USD, lambda s, _: s.avoided_cost_usd, wide_only=True
    ),
)
_BASIS = (
    _figure("price_basis", "price basis", Kind.TEXT, lambda s, _: s.price_basis, wide_only=True),
)


PERCENTILES = tuple(
    Column(f"{rank}_{name}", f"{rank} {title}", kind, wide_only=True)
    for name, title, kind in (
        ("input_tokens", "in", Kind.COUNT),
        ("output_tokens", "out", Kind.COUNT),
        ("cost_usd", "cost", Kind.UNIT_USD),
    )
    for rank in ("p50", "p90", "p99")
)


def percentile_cells(found: "Percentiles | None") -> list[Cell]:
    if found is None:
        return [None] * len(PERCENTILES)
    return [*found.input_tokens, *found.output_tokens, *(found.cost_usd or (None, None, None))]
