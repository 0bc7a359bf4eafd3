"""What a provider's prompt cache reads now, and could read."""

from collections.abc import Iterable, Sequence

from costctl.measure import refusals
from costctl.measure.base import (
    EVERYTHING,
    Asked,
    Estimate,
    Estimator,
    Group,
    Measured,
    Place,
    share,
    span_text,
)
from costctl.measure.prefixes import FOREVER, Lifetime
from costctl.measure.reading import Reading, reading
from costctl.table import ENDPOINT_AND_MODEL, Cell, Column, Kind, Table

COLUMNS = (
    Column("kept", "Kept", Kind.TEXT),
    Column("ttl_seconds", "TTL", Kind.COUNT, wide_only=True),
    Column("clock", "Clock", Kind.TEXT),
    Column("any_hit", "Calls with a hit", Kind.COUNT),
    Column("whole", "Wholly known", Kind.COUNT, wide_only=True),
    Column("tokens", "Tokens", Kind.COUNT),
    Column("share", "Of the input", Kind.SHARE),
    Column("billed_tokens", "Tokens billed as read", Kind.COUNT, wide_only=True),
    Column("billed_share", "Billed as read", Kind.SHARE),
    Column("freely_saved_share", "Cost saved without rule", Kind.SHARE, wide_only=True),
    Column("saved_share", "Cost saved", Kind.SHARE),
)

NOTES = (
    "Sliding: a beginning is kept from its last use; fixed: from when it was written.",
    (
        "Billed as read: from the model's shortest cached prompt on, in steps of 128 tokens. Cost saved: of these "
        "calls, at the standard tier's prices, after the price of writing where there is one and without what is "
        "already read."
    ),
)


def measure(asked: Asked) -> Measured:
    """Find how much of the input a provider's cache would read."""
    told = {g.facts.number: _why_not(g) for g in asked.generating}
    able = [g for g in asked.generating if told[g.facts.number] is None]
    chosen = Lifetime(asked.settings.prefix_ttl, "sliding")
    estimates = [
        _one(g.place, (g,), reading(asked, chosen, (g,)))
        if told[g.facts.number] is None
        else Estimate(g.place, None, g.facts.rows, told[g.facts.number], notes=_observed((g,)))
        for g in asked.generating
        if asked.is_listed(g)
    ]
    if able:
        estimates.insert(0, _one(EVERYTHING, able, reading(asked, chosen, able)))
    tables = [_observed_table(asked)] if asked.generating else []
    if able:
        tables.append(_table(asked, able))
    return Measured(tuple(estimates), tuple(tables))


def _why_not(group: Group) -> str | None:
    return refusals.why_not(group, group.facts.stepped, refusals.NO_STEPS)


def _one(place: Place, groups: Sequence[Group], found: Reading) -> Estimate:
    value = share(found.gained, found.uncached)
    written = share(found.written, found.uncached)
    return Estimate(
        place,
        value,
        found.requests,
        None if value is not None else "no input that was billed in full",
        by_requests=share(found.any_hit, found.requests),
        further={"write_share": written} if found.written_usd and written is not None else {},
        plan=bool(value) and not place.everything and _is_cheaper(groups),
        notes=(
            *(_saved(found) if value else ()),
            *_observed(groups),
            *_approximate(groups),
            *_partly(groups, found),
        ),
    )


def _is_cheaper(groups: Sequence[Group]) -> bool:
    """Return whether reading from the cache has a price of its own."""
    return any(g.rate and g.rate.has_cache_read for g in groups)


def _saved(found: Reading) -> tuple[str, ...]:
    if found.saved_share is None:
        return ("no cached price is known for these calls: reads would save nothing",)
    return (f"a share of the input, not of the cost: that would fall by {found.saved_share:.1%}",)


def _observed(groups: Sequence[Group]) -> tuple[str, ...]:
    read = sum(g.facts.cache_read for g in groups)
    prompt = sum(g.facts.prompt for g in groups)
    if read:
        return (f"{read / prompt:.1%} of the input is already read from the provider's cache",)
    logged = sum(g.facts.logged or 0.0 for g in groups)
    computed = sum(g.facts.cost or 0.0 for g in groups if g.facts.logged is not None)
    if logged and logged < computed * 0.99:
        return (
            "no cached tokens are logged, but the logged cost is below the computed one: maybe they are used",
        )
    return ()


def _approximate(groups: Sequence[Group]) -> tuple[str, ...]:
    if any(g.facts.approximate for g in groups):
        return (
            "beginnings were hashed at 4,096 characters, then doubling: about 1,024 tokens, so shares are rough",
        )
    return ()


def _partly(groups: Iterable[Group], found: Reading) -> tuple[str, ...]:
    prompt = sum(g.facts.prompt for g in groups)
    if found.prompt < prompt:
        return (f"looked at the calls with hashes: {found.prompt / prompt:.1%} of the input",)
    return ()


def _table(asked: Asked, groups: Sequence[Group]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for lifetime in sorted(asked.lifetimes, key=lambda one: (one.ttl, one.clock)):
        found = reading(asked, lifetime, groups)
        endless = lifetime.ttl == FOREVER
        rows.append(
            (
                "unlimited" if endless else span_text(lifetime.ttl),
                None if endless else lifetime.ttl,
                lifetime.clock,
                found.any_hit,
                found.whole,
                found.tokens,
                share(found.tokens, found.prompt),
                found.billed,
                share(found.billed, found.prompt),
                found.freely_saved_share,
                found.saved_share,
            )
        )
    return Table(
        name="prefixes",
        title="Input that a provider's cache would read",
        columns=COLUMNS,
        rows=tuple(rows),
        notes=NOTES,
    )


def _observed_table(asked: Asked) -> Table:
    return Table(
        name="cached_now",
        title="Input that the provider's cache reads now, as logged",
        columns=(
            *ENDPOINT_AND_MODEL,
            Column("cache_read", "Read", Kind.COUNT),
            Column("cache_write", "Written", Kind.COUNT),
            Column("share", "Of the input", Kind.SHARE),
        ),
        rows=tuple(
            (
                g.facts.endpoint,
                g.facts.model,
                g.facts.cache_read,
                g.facts.cache_write,
                share(g.facts.cache_read, g.facts.prompt),
            )
            for g in asked.generating
            if asked.is_listed(g)
        ),
        notes=("A share of 0 may mean that the log does not say.",),
    )


ESTIMATOR = Estimator(
    name="prefixes",
    lever="prompt_cache",
    parameter="read_share",
    title="repeated beginnings",
    method="Share of the input billed in full whose beginning the same deployment read before, within the time that the "
    "provider keeps it after its last use, from the model's minimum on and in steps of 128 tokens.",
    limit="A provider promises no lifetime and may spread calls over machines, so a real cache reads less.",
    measure=measure,
)
