"""Everything of a price table that is no price, as rows."""

from collections.abc import Iterator

from costctl.pricebook.book import Book, Entry, Provider
from costctl.pricebook.facts import Deployment, Overrides, Period
from costctl.pricebook.tables import Row
from costctl.pricebook.timeline import in_turn, opened

Named = tuple[str, Row]
"""The table, and a row for it."""


def fact_rows(book: Book) -> Iterator[Named]:
    """Yield the rows of providers and regions."""
    for _, provider in sorted(book.providers.items()):
        yield "price_providers", _provider_row(provider)
        for name in provider.region_names():
            region = provider.regions.get(name)
            prefixes = region.prefixes if region else ()
            fixed = bool(region and region.fixed)
            yield "price_regions", (provider.name, name, prefixes, fixed)


def _provider_row(provider: Provider) -> Row:
    days = [
        stretch.what.source.retrieved
        for entry in provider.entries.values()
        for stretch in entry.held
        if isinstance(stretch.what, Period)
    ]
    return (
        provider.name,
        provider.names,
        provider.home,
        provider.default_region,
        provider.strip_prefixes,
        max(days, default=None),
        provider.place.file,
    )


def model_rows(book: Book) -> Iterator[Named]:
    """Yield the rows of models and of their cheaper siblings."""
    for provider, entry in book.models():
        yield from _model_rows(provider, entry)


def _model_rows(provider: Provider, entry: Entry) -> Iterator[Named]:
    model = entry.model
    if model is None:
        return
    siblings = in_turn((pointer.start, None, pointer) for pointer in model.siblings)
    yield (
        "price_models",
        (
            provider.name,
            entry.name,
            model.kind or "chat",
            model.family,
            model.released,
            model.retires_on,
            siblings[-1].what.to if siblings else None,
            model.prompt_cache_min_tokens,
            model.note,
            entry.place.file,
            entry.place.line,
        ),
    )
    for stretch in siblings:
        place = stretch.what.place
        span = (opened(stretch.start), opened(stretch.end))
        row = (provider.name, entry.name, *span, stretch.what.to, place.file, place.line)
        yield "price_siblings", row


def fixed_rows(overrides: Overrides) -> Iterator[Named]:
    """Yield the rows of the user's deployments and fixed lines."""
    groups: dict[tuple[str, str | None, str], list[Deployment]] = {}
    for stated in overrides.deployments:
        groups.setdefault((stated.provider, stated.resource, stated.deployment), []).append(stated)
    for key, same in groups.items():
        for stretch in in_turn((stated.start, None, stated) for stated in same):
            entry = stretch.what
            span = (opened(stretch.start), opened(stretch.end))
            about = (entry.model, entry.region, entry.place.file, entry.place.line)
            yield "price_deployments", (*key, *span, *about)
    for line in overrides.fixed:
        money = (line.monthly_usd, line.units, line.usd_per_unit_hour)
        about_line = (line.kind, line.provider, line.deployment, line.start, line.stop)
        row = (*about_line, *money, line.source, line.place.file, line.place.line)
        yield "price_fixed", row
