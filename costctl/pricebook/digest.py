"""The digest of the resolved table: the same figures give the same digits, however files are laid out."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.facts import Blocks, Overrides, Period, Pointer
from costctl.pricebook.timeline import Stretch

_NO_FIGURE = frozenset({"place", "source", "note", "ack", "announced"})
"""Fields that say where a figure is from, not what it is."""


def digest(book: Book) -> str:
    """Return the first 12 hex digits of the SHA-256 of the resolved table."""
    resolved = {
        "version": book.version,
        "providers": {name: _provider(provider) for name, provider in book.providers.items()},
        "overrides": _overrides(book.overrides),
    }
    text = json.dumps(resolved, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plain_number(value: Decimal) -> str:
    """Return a decimal without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _provider(provider: Provider) -> dict[str, object]:
    return {
        "names": sorted(provider.names),
        "home": provider.home,
        "default_region": provider.default_region,
        "strip_prefixes": sorted(provider.strip_prefixes),
        "regions": {name: _plain(region) for name, region in provider.regions.items()},
        "entries": {name: _entry(entry) for name, entry in provider.entries.items()},
    }


def _entry(entry: Entry) -> dict[str, object]:
    model = entry.model
    facts = (
        {
            "kind": model.kind or "chat",
            "family": model.family,
            "released": _plain(model.released),
            "retires_on": _plain(model.retires_on),
            "siblings": [_plain(pointer) for pointer in model.siblings],
            "prompt_cache_min_tokens": model.prompt_cache_min_tokens,
        }
        if model
        else None
    )
    return {"model": facts, "held": [_held(stretch) for stretch in entry.held]}


def _held(stretch: Stretch[Period] | Stretch[Pointer] | Stretch[Period | Pointer]) -> list[object]:
    span = [_plain(stretch.start), _plain(stretch.end)]
    what = stretch.what
    if isinstance(what, Pointer):
        return [*span, what.to]
    regions = {name: [_plain(r.uplift), _blocks(r.prices)] for name, r in what.regions.items()}
    windows = sorted(
        (
            [
                window.tz,
                list(window.weekdays),
                list(window.hours),
                _plain(window.except_dates),
                _blocks(window.prices),
            ]
            for window in what.windows
        ),
        key=json.dumps,
    )
    return [*span, _plain(what.first_seen), _blocks(what.prices), windows, regions]


def _blocks(prices: Blocks) -> list[object]:
    """Return steps of prompt size by service tier."""
    tiers = sorted(prices.service_tiers)
    return [
        [tier, [[size, _plain(dict(block.figures))] for size, block in prices.steps(tier)]]
        for tier in tiers
    ]


def _overrides(overrides: Overrides) -> dict[str, object]:
    def ordered(values: Iterable[object]) -> list[object]:
        return sorted((_plain(value) for value in values), key=json.dumps)

    return {
        "default_provider": overrides.default_provider,
        "deployments": ordered(overrides.deployments),
        "discounts": ordered(overrides.discounts),
        "fixed": ordered(overrides.fixed),
    }


def _plain(value: object) -> object:
    """Return a value as JSON holds it: decimals and dates as text, classes as their fields."""
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name not in _NO_FIGURE]
        return {name: _plain(getattr(value, name)) for name in names}
    return value
