"""Sums of groups: what holds for all of them together."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal

from costctl.vocabulary import PRICE_BASES, Spent, Tokens


def added(spent: Sequence[Spent]) -> Spent:
    """Return the sum of groups; it has no cost only where none of them has."""
    bases = [PRICE_BASES.index(one.price_basis) for one in spent]
    firsts = [one.first for one in spent if one.first]
    lasts = [one.last for one in spent if one.last]
    counts = [one.requests for one in spent]
    return Spent(
        key=(),
        requests=None if None in counts else sum(count or 0 for count in counts),
        billable_requests=sum(one.billable_requests for one in spent),
        errors=sum(one.errors for one in spent),
        cache_hits=sum(one.cache_hits for one in spent),
        tokens=_added_tokens([one.tokens for one in spent]),
        cost_usd=_money([one.cost_usd for one in spent]),
        list_cost_usd=_money([one.list_cost_usd for one in spent]),
        logged_cost_usd=_money([one.logged_cost_usd for one in spent], empty=None),
        unpriced_requests=sum(one.unpriced_requests for one in spent),
        unpriced_tokens=sum(one.unpriced_tokens for one in spent),
        unpriced_reasons=_counted([one.unpriced_reasons for one in spent]),
        unpriced_names=_counted([one.unpriced_names for one in spent]),
        avoided_tokens=_added_tokens([one.avoided_tokens for one in spent]),
        avoided_cost_usd=_money([one.avoided_cost_usd for one in spent]),
        avoided_logged_cost_usd=_money([one.avoided_logged_cost_usd for one in spent]),
        price_basis=PRICE_BASES[max(bases, default=0)],
        tokens_unknown=sum(one.tokens_unknown for one in spent),
        assumed=tuple(sorted({name for one in spent for name in one.assumed})),
        rows=sum(one.rows for one in spent),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
    )


def _money(parts: Sequence[Decimal | None], empty: Decimal | None = Decimal(0)) -> Decimal | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None if parts else empty
    return sum(known, Decimal(0))


def _added_tokens(parts: Sequence[Tokens]) -> Tokens:
    return Tokens(
        **{field.name: sum(getattr(part, field.name) for part in parts) for field in fields(Tokens)}
    )


def _counted(parts: Sequence[tuple[tuple[str, int], ...]]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for part in parts:
        for name, count in part:
            sums[name] = sums.get(name, 0) + count
    return tuple(sorted(sums.items(), key=lambda one: (-one[1], one[0])))
