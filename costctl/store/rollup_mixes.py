"""What each endpoint and model used, beside what the same tokens would cost elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from costctl.groups import Rate, Wanted
from costctl.store.connection import Store
from costctl.store.rollup_grain import roll
from costctl.store.rollup_rates import rates_at
from costctl.vocabulary import ALL_CLASSES, DEFAULT_BY, Query, Tokens

_DEAREST = 30
"""So many mixes are looked at, the dearest first: a tip about less is not worth a line."""


class Offer(NamedTuple):
    """Another way to buy the same tokens.

    Attributes:
        name: a model, or a service tier.
        cost_usd: what the tokens would cost at the as-of date.
    """

    name: str
    cost_usd: float


class Mix(NamedTuple):
    """The billable usage of one endpoint, model and tier.

    Attributes:
        price_model: what the model's name means in the price table at the as-of date.
        paid_usd: at its own time.
        now_usd: at the as-of date; None where it has no price then.
        caches: the provider gives a discount for repeated prompt beginnings of at least `cache_minimum` tokens.
        retires_on: first day on which the provider no longer serves the model.
        sibling: the model that the price table names as its cheaper sibling.
        newer: the cheapest later model of its family, where it costs less.
        standard: the standard tier, for usage at a dearer one.
    """

    endpoint: str | None
    model: str | None
    tier: str
    price_model: str
    kind: str
    requests: int
    tokens: Tokens
    paid_usd: Decimal
    now_usd: float | None
    caches: bool
    cache_minimum: int
    retires_on: date | None
    sibling: Offer | None
    newer: Offer | None
    standard: Offer | None


def mixes(store: Store, query: Query, as_of: datetime) -> list[Mix]:
    """Return the dearest mixes of the question asked last, or of this one if that had other dimensions."""
    if query.by[:2] != DEFAULT_BY:
        roll(store, replace(query, by=DEFAULT_BY))
    sums = ", ".join(f'sum("{name}")::BIGINT' for name in ALL_CLASSES)
    rows = store.connection.execute(
        "SELECT d0, d1, tier, price_provider, price_name, price_region, arg_max(price_model, slot), "
        "max(step), sum(requests)::BIGINT, sum(cost_usd) AS paid, "
        f"{sums} "
        "FROM priced WHERE billable AND has_price AND NOT lacks_price AND price_name IS NOT NULL "
        "GROUP BY d0, d1, tier, price_provider, price_name, price_region "
        "HAVING sum(requests) > 0 "
        f"ORDER BY paid DESC, d0 NULLS LAST, d1 NULLS LAST, tier LIMIT {_DEAREST}"
    ).fetchall()
    others = _other_models(store, {(row[3], row[6]) for row in rows}, as_of)
    wanted = [_wanted(row, *others.get((row[3], row[6]), (None, ()))) for row in rows]
    flat = list(dict.fromkeys(one for group in wanted for one in group))
    found = dict(zip(flat, rates_at(store, as_of, flat), strict=True)) if flat else {}
    return [_mix(row, group, found) for row, group in zip(rows, wanted, strict=True)]


def _other_models(
    store: Store, models: set[tuple[str, str]], as_of: datetime
) -> dict[tuple[str, str], tuple[str | None, tuple[str, ...]]]:
    """Return, per provider and model, its cheaper sibling and the later ones of its family that are still served."""
    rows = store.connection.execute(
        "SELECT provider, id, cheaper_sibling, family, kind, released, retires_on "
        "FROM price_models WHERE list_contains($providers, provider)",
        {"providers": sorted({provider for provider, _ in models})},
    ).fetchall()
    families: dict[tuple[object, ...], list[tuple[Any, ...]]] = {}
    for provider, name, _, family, kind, released, retires_on in rows:
        served = retires_on is None or retires_on > as_of.date()
        if family is not None and kind is not None and released is not None and served:
            families.setdefault((provider, family, kind), []).append((released, name))
    return {
        (provider, name): (
            sibling,
            tuple(
                later
                for day, later in sorted(families.get((provider, family, kind), ()))
                if released is not None and day > released
            ),
        )
        for provider, name, sibling, family, kind, released, _ in rows
        if (provider, name) in models
    }


def _wanted(row: Sequence[Any], sibling: str | None, later: Sequence[str]) -> list[Wanted]:
    """Return the mix's own price, the standard tier's, the cheaper sibling's, and those of later models."""
    own = Wanted(row[4], row[2], row[7], row[3], row[5])
    names = (sibling or row[4], *later)
    return [own, own._replace(tier="standard"), *(own._replace(name=name) for name in names)]


def _mix(row: Sequence[Any], wanted: Sequence[Wanted], found: dict[Wanted, Rate]) -> Mix:
    tokens = Tokens(**dict(zip(ALL_CLASSES, row[10:], strict=True)))
    requests = int(row[8])
    own, standard, sibling, *_ = (found[one] for one in wanted)
    now = cost_at(own, tokens, requests)
    offers = [_offer(found[one], one.name, tokens, requests) for one in wanted[3:]]
    cheaper = [offer for offer in offers if offer and now is not None and offer.cost_usd < now]
    return Mix(
        endpoint=row[0],
        model=row[1],
        tier=row[2],
        price_model=row[6] or row[4],
        kind=own.kind,
        requests=requests,
        tokens=tokens,
        paid_usd=row[9],
        now_usd=now,
        caches=own.has_cache_read and 0 < own.cache_read < own.input,
        cache_minimum=own.prompt_cache_min_tokens or 1024,
        retires_on=own.retires_on,
        sibling=(
            _offer(sibling, wanted[2].name, tokens, requests)
            if wanted[2].name != wanted[0].name
            else None
        ),
        newer=min(cheaper, key=lambda offer: offer.cost_usd, default=None),
        standard=_offer(standard, "standard", tokens, requests) if row[2] != "standard" else None,
    )


def _offer(rate: Rate, name: str, tokens: Tokens, requests: int) -> Offer | None:
    cost = cost_at(rate, tokens, requests)
    return None if cost is None else Offer(name, cost)


def cost_at(rate: Rate, tokens: Tokens, requests: int) -> float | None:
    """Return what tokens cost at these rates; None where some of them have no price."""
    if rate.reason:
        return None
    parts = (
        (tokens.input_uncached, rate.input),
        (tokens.cache_read, rate.cache_read),
        (tokens.cache_write - tokens.cache_write_long, rate.cache_write),
        (tokens.cache_write_long, rate.cache_write_long),
        (tokens.output - tokens.reasoning, rate.output),
        (tokens.reasoning, rate.reasoning),
        (tokens.audio_input, rate.audio_input),
        (tokens.audio_output, rate.audio_output),
        (tokens.image_input, rate.image_input),
        (tokens.image_output, rate.image_output),
    )
    if any(count and not price for count, price in parts):
        return None
    return sum(count * price for count, price in parts) + requests * rate.request
