"""What each token class cost: for explaining a change, and for a baseline that can be priced again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from costctl.store.connection import Store
from costctl.store.rollup_grain import roll
from costctl.vocabulary import ALL_CLASSES, TOKEN_CLASSES, Query, Tokens

_PARTS = {
    "input_uncached": (("p.input_uncached", "input"),),
    "cache_read": (("p.cache_read", "cache_read"),),
    "cache_write": (
        ("(p.cache_write - p.cache_write_long)", "cache_write"),
        ("p.cache_write_long", "cache_write_long"),
    ),
    "output": (("(p.output - p.reasoning)", "output"), ("p.reasoning", "reasoning")),
    "audio_input": (("p.audio_input", "audio_input"),),
    "audio_output": (("p.audio_output", "audio_output"),),
    "image_input": (("p.image_input", "image_input"),),
    "image_output": (("p.image_output", "image_output"),),
}
"""Disjoint class -> the tokens in it and the rate that bills them."""

_SUMS = {
    "requests": "coalesce(sum(p.requests), 0)",
    "billable_requests": "coalesce(sum(p.requests) FILTER (p.billable), 0)",
    "cache_hits": "coalesce(sum(p.requests) FILTER (p.cache_hit), 0)",
    "unpriced_requests": (
        "coalesce(sum(p.known_or_one) FILTER (p.lacks_price), 0) "
        "+ coalesce(sum(p.tokens_unknown) FILTER (NOT p.lacks_price), 0)"
    ),
    "cost_usd": "sum(p.cost_usd) FILTER (p.billable AND p.has_price)",
    "logged_cost_usd": "sum(p.logged_cost_usd) FILTER (NOT p.cache_hit)",
    **{name: f'coalesce(sum(p."{name}") FILTER (p.billable), 0)' for name in ALL_CLASSES},
}


@dataclass(frozen=True)
class ClassSums:
    """The usage of one group, and what each token class of it cost.

    Attributes:
        step: lower bound of the prompt size that decides its rates.
        cost_usd: None where nothing was priced; may hold more than the classes, such as a price per request.
        class_cost_usd: of the disjoint classes that have a price.
    """

    key: tuple[object, ...]
    step: int
    requests: int
    billable_requests: int
    cache_hits: int
    unpriced_requests: int
    tokens: Tokens
    cost_usd: Decimal | None
    logged_cost_usd: Decimal | None
    class_cost_usd: Mapping[str, Decimal]


def class_sums(store: Store, query: Query, *, by_step: bool = False) -> list[ClassSums]:
    """Return the groups in order of their keys; `by_step` keeps prompt-size steps apart."""
    roll(store, query)
    dims = [f"p.d{number}" for number in range(len(query.by))]
    keys = [*dims, "p.step" if by_step else "0"]
    costs = [_cost(name) for name in TOKEN_CLASSES]
    order = ", ".join(f"{number} NULLS LAST" for number in range(1, len(keys) + 1))
    rows = store.connection.execute(
        f"SELECT {', '.join([*keys, *_SUMS.values(), *costs])} FROM priced AS p "
        "ASOF LEFT JOIN book_rates AS r ON p.variant = r.variant AND p.step >= r.min_prompt_tokens "
        f"GROUP BY {', '.join(dims + (['p.step'] if by_step else [])) or '()'} "
        f"HAVING sum(p.rows) > 0 ORDER BY {order}"
    ).fetchall()
    return [_one(row, len(dims)) for row in rows]


def _cost(name: str) -> str:
    terms = " + ".join(
        f"CASE WHEN {tokens} = 0 OR r.{rate} IS NULL THEN CAST(0 AS DECIMAL(38, 18)) "
        f"ELSE {tokens} * r.{rate} END"
        for tokens, rate in _PARTS[name]
    )
    return f"coalesce(sum({terms}) FILTER (p.billable), 0)"


def _one(row: tuple[object, ...], dims: int) -> ClassSums:
    sums = dict(zip(_SUMS, row[dims + 1 :], strict=False))
    costs = zip(TOKEN_CLASSES, row[dims + 1 + len(_SUMS) :], strict=True)
    return ClassSums(
        key=row[:dims],
        step=_count(row[dims]),
        requests=_count(sums["requests"]),
        billable_requests=_count(sums["billable_requests"]),
        cache_hits=_count(sums["cache_hits"]),
        unpriced_requests=_count(sums["unpriced_requests"]),
        tokens=Tokens(**{name: _count(sums[name]) for name in ALL_CLASSES}),
        cost_usd=_usd(sums["cost_usd"]),
        logged_cost_usd=_usd(sums["logged_cost_usd"]),
        class_cost_usd={name: Decimal(str(usd)) for name, usd in costs if usd},
    )


def _count(value: object) -> int:
    return int(str(value or 0))


def _usd(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
