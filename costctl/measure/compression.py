"""What a shorter text saves, counted as a model counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from costctl import tokens
from costctl.errors import CostctlError, nearest
from costctl.groups import Group, Wanted
from costctl.store import Store
from costctl.store.measures import NOT_GENERATING
from costctl.store.rollup_groups import groups
from costctl.store.rollup_rates import rates_at
from costctl.vocabulary import Query

OPENAI = ("gpt-", "chatgpt", "o1", "o3", "o4", "text-embedding", "davinci", "babbage")
"""Beginnings of names of models whose vocabulary is published."""

SHOWN = 10


@dataclass(frozen=True)
class Text:
    """A text to be shortened.

    Attributes:
        name: its file.
        before, after: its tokens, and those of what would be sent instead.
        against: where that comes from: its file, or a cap.
    """

    name: str
    before: int
    after: int
    against: str


@dataclass(frozen=True)
class Compression:
    """What shortening saves.

    Attributes:
        model: for which tokens were counted; None: none was named.
        vocabulary: with which they were counted.
        exact: the model counts with this vocabulary; else the counts are estimates.
    """

    texts: Sequence[Text]
    model: str | None
    vocabulary: str
    exact: bool

    @property
    def before(self) -> int:
        """Return the tokens of all texts."""
        return sum(text.before for text in self.texts)

    @property
    def after(self) -> int:
        """Return what would be sent instead."""
        return sum(text.after for text in self.texts)

    @property
    def saved(self) -> float:
        """Return the share that goes; below 0 where a text became longer."""
        return (self.before - self.after) / self.before


@dataclass(frozen=True)
class Worth:
    """What a saved share of the input is worth on an endpoint, all at one price date.

    Attributes:
        endpoint: as logged.
        at: the price date.
        models: its models, the dearest first.
        requests, uncached: its calls and their input that is billed in full.
        cost_usd: what all its usage costs.
        input_usd: what that input costs.
        saved_usd: what the saved share of it costs.
        unpriced: requests without a price.
    """

    endpoint: str
    at: datetime
    models: Sequence[str]
    requests: int
    uncached: int
    cost_usd: float
    input_usd: float
    saved_usd: float
    unpriced: int

    @property
    def cost_share(self) -> float | None:
        """Return the saved part of the whole cost; None where nothing has a price."""
        return self.saved_usd / self.cost_usd if self.cost_usd else None


def compared(original: tuple[str, str], shorter: tuple[str, str], model: str | None) -> Compression:
    """Return what sending a shorter text saves; each text comes with its name."""
    before, after = _count(*original, model), _count(*shorter, model)
    return _compression([Text(original[0], before, after, shorter[0])], model)


def capped(texts: Sequence[tuple[str, str]], cap: int, model: str | None) -> Compression:
    """Return what cutting texts at so many tokens saves."""
    counts = [(name, _count(name, text, model)) for name, text in texts]
    return _compression(
        [Text(name, count, min(count, cap), f"at most {cap:,} tokens") for name, count in counts],
        model,
    )


def _count(name: str, text: str, model: str | None) -> int:
    count = tokens.count(text, model)
    if not count:
        raise CostctlError(
            f"{name}: the file is empty", "each file is a text of at least one token"
        )
    return count


def _compression(texts: Sequence[Text], model: str | None) -> Compression:
    exact = model is None or model.rsplit("/", 1)[-1].lower().startswith(OPENAI)
    return Compression(texts, model, tokens.encoding_name(model), exact)


def dearest_model(store: Store, query: Query, at: datetime, endpoint: str) -> str | None:
    """Return the model on which an endpoint spends most at a price date."""
    found = _found(store, replace(query, prices_at=at), endpoint)
    return next(iter(_models(found)), None)


def worth(store: Store, query: Query, at: datetime, endpoint: str, saved: float) -> Worth:
    """Return what a saved share of an endpoint's input is worth at one price date.

    Errors: `CostctlError` for an endpoint that has no calls that write answers.
    """
    found = _found(store, replace(query, prices_at=at), endpoint)
    # A model and a prompt size have prices of their own: a group is what one set of rates prices.
    rates = rates_at(
        store,
        at,
        [
            Wanted(g.price_name, g.tier, g.step, g.price_provider, g.price_region, g.clock)
            for g in found
            if g.price_name
        ],
    )
    prices = iter(rates)
    each = [next(prices).input if g.price_name else 0.0 for g in found]
    input_usd = sum(g.input_uncached * price for g, price in zip(found, each, strict=True))
    return Worth(
        endpoint=endpoint,
        at=at,
        models=_models(found),
        requests=sum(g.requests for g in found),
        uncached=sum(g.input_uncached for g in found),
        cost_usd=float(sum(g.repriced_usd or 0 for g in found)),
        input_usd=input_usd,
        saved_usd=input_usd * saved,
        unpriced=sum(g.requests for g in found if g.reason),
    )


def _found(store: Store, query: Query, endpoint: str) -> list[Group]:
    """Return the groups of an endpoint whose calls write answers."""
    able = [g for g in groups(store, query) if g.kind not in NOT_GENERATING]
    found = [g for g in able if g.endpoint == endpoint]
    if not found:
        known = sorted({g.endpoint for g in able if g.endpoint})
        raise CostctlError(
            f"--endpoint: no calls of {endpoint!r} in this scope{nearest(endpoint, known)}",
            f"known: {', '.join(known[:SHOWN])}" if known else "no endpoint is logged",
        )
    return found


def _models(found: Sequence[Group]) -> list[str]:
    costs: dict[str, Decimal] = {}
    for group in found:
        name = group.model or "(unknown)"
        costs[name] = costs.get(name, Decimal(0)) + (group.repriced_usd or 0)
    return sorted(costs, key=lambda name: (-costs[name], name))
