"""The shipped price table, compiled once, and questions to it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache

from costctl.pricebook import (
    CompiledBook,
    Key,
    Names,
    PricingSettings,
    Resolved,
    compile_book,
    open_book,
    resolve,
)
from costctl.pricebook.lookup import Ask, Found, Lookup, NoPrice, cost, stated

TODAY = "2026-11-23"


@cache
def compiled() -> CompiledBook:
    return compile_book(open_book([], PricingSettings.default()))


@cache
def _names() -> Names:
    return Names.of(compiled().rows)


@cache
def _lookup() -> Lookup:
    return Lookup(compiled())


def resolved(provider: str | None, name: str, deployment_type: str | None = None) -> Resolved:
    key = Key(provider=provider, response_model=name, deployment_type=deployment_type)
    return resolve(_names(), [key], lambda _provider, _name: ()).resolved[0]


def ask(
    provider: str | None,
    name: str,
    at: str = TODAY,
    *,
    tier: str = "standard",
    prompt: int = 0,
    zone: str | None = None,
) -> Found | NoPrice:
    found = resolved(provider, name)
    assert found.reason is None, (name, found)
    region = zone or found.price_region
    where = (str(found.price_provider), str(found.price_name), str(region))
    return _lookup().find(Ask(*where, tier, datetime.fromisoformat(at), prompt))


def prices(
    provider: str | None,
    name: str,
    at: str = TODAY,
    *,
    tier: str = "standard",
    prompt: int = 0,
    zone: str | None = None,
) -> dict[str, str]:
    """Return the prices per million as price files write them, inherited ones included."""
    found = ask(provider, name, at, tier=tier, prompt=prompt, zone=zone)
    assert isinstance(found, Found), found
    return {key: format(price.normalize(), "f") for key, price in stated(found.rates).items()}


def own(
    provider: str | None, name: str, at: str = TODAY, *, tier: str = "standard", prompt: int = 0
) -> dict[str, str]:
    """Return the prices per million that are stated, without inherited ones."""
    found = ask(provider, name, at, tier=tier, prompt=prompt)
    assert isinstance(found, Found), found
    inherited = found.rates["inherited"]
    assert isinstance(inherited, (list, tuple))
    shown = prices(provider, name, at, tier=tier, prompt=prompt)
    return {key: price for key, price in shown.items() if key not in inherited}


def bill(
    provider: str | None,
    name: str,
    tokens: Mapping[str, int],
    at: str = TODAY,
    *,
    tier: str = "standard",
    zone: str | None = None,
) -> Decimal:
    """Return the exact cost of tokens by price class."""
    prompt = sum(count for key, count in tokens.items() if "output" not in key)
    found = ask(provider, name, at, tier=tier, prompt=prompt, zone=zone)
    assert isinstance(found, Found), found
    total, missing = cost(found.rates, tokens)
    assert not missing, missing
    return total
