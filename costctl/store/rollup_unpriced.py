"""Usage without a price: what it is called, why it has none, and what may be meant."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from costctl.store.connection import Store

_HINTS = 20
"""So many lines get a hint about periods and tiers; nobody reads more."""


class Unpriced(NamedTuple):
    """Usage without a price.

    Attributes:
        name: the model as logged, or None.
        reason: a word of the price basis rules, such as `unknown_model`.
        requests, tokens: how many.
        hint: the nearest names, periods or tiers; may be empty.
    """

    name: str | None
    reason: str
    requests: int
    tokens: int
    hint: str = ""


def unpriced(store: Store) -> tuple[Unpriced, ...]:
    """Return what has no price in the question asked last, by model and reason, most requests first."""
    rows = store.connection.execute(
        "SELECT model, reason, sum(known_or_one)::BIGINT AS requests, sum(missing_tokens)::BIGINT, "
        "coalesce(min(hint), ''), min((price_provider, price_name, price_region, priced_at)) "
        "FROM priced WHERE reason IS NOT NULL GROUP BY ALL "
        "UNION ALL SELECT model, 'tokens_unknown', sum(tokens_unknown)::BIGINT, 0, '', NULL "
        "FROM priced WHERE reason IS NULL AND tokens_unknown > 0 GROUP BY ALL "
        "ORDER BY requests DESC, model NULLS LAST, reason"
    ).fetchall()
    return tuple(
        Unpriced(name, reason, requests, tokens, _hint(store, reason, place, hint, rank))
        for rank, (name, reason, requests, tokens, hint, place) in enumerate(rows)
    )


def _hint(store: Store, reason: str, place: Sequence[Any], hint: str, rank: int) -> str:
    if reason == "unknown_model" or rank >= _HINTS:
        return hint
    if reason == "no_price_at_date":
        found = _one(
            store,
            "strftime(min(valid_from), '%Y-%m-%d')",
            "(provider, name) = (?, ?) AND valid_from > ?::TIMESTAMP AND isfinite(valid_from)",
            (*place[:2], place[3]),
        )
        return f"its prices are known from {found} on" if found else hint
    if reason == "no_tier_price":
        found = _one(
            store,
            "string_agg(DISTINCT tier, ', ' ORDER BY tier)",
            "(provider, name, region) = (?, ?, ?)",
            place[:3],
        )
        return f"it has prices for the tiers {found}" if found else hint
    return hint


def _one(store: Store, figure: str, where: str, values: Sequence[Any]) -> str | None:
    row = store.connection.execute(
        f"SELECT {figure} FROM book WHERE {where}", list(values)
    ).fetchone()
    return row[0] if row else None
