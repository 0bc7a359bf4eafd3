"""What a provider's prompt cache reads now, and could read."""

from collections.abc import Iterable, Mapping, Sequence

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
from costctl.measure.prefixes import FOREVER, Lifetime, Reads, reads_of
from costctl.store.measures_rows import stepped
from costctl.table import Cell, Column, Kind, Table

SHOWN = (
    Lifetime(60, "sliding"),
    Lifetime(300, "sliding"),
    Lifetime(300, "fixed"),
    Lifetime(3600, "sliding"),
    Lifetime(3600, "fixed"),
    Lifetime(FOREVER, "sliding"),
)

Found = Mapping[tuple[Lifetime, int], Reads]


def measure(asked: Asked) -> Measured:
    """Find how much of the input a provider's cache would read."""
    chosen = Lifetime(asked.settings.prefix_ttl, "sliding")
    lifetimes = tuple(dict.fromkeys((*SHOWN, chosen)))
    told = {g.facts.number: _why_not(g) for g in asked.generating}
    able = [g for g in asked.generating if told[g.facts.number] is None]
    minimum = {g.facts.number: g.cache_minimum for g in able}
    found = reads_of(stepped(asked.store), lifetimes, minimum) if able else {}
    estimates = [
        _one(g.place, (g,), found, chosen)
        if told[g.facts.number] is None
        else Estimate(g.place, None, g.facts.rows, told[g.facts.number], notes=_observed((g,)))
        for g in asked.generating
    ]
    if able:
        estimates.insert(0, _one(EVERYTHING, able, found, chosen))
    tables = [_observed_table(asked)] if asked.generating else []
    if able:
        tables.append(_table(able, found, lifetimes))
    return Measured(tuple(estimates), tuple(tables))


def _why_not(group: Group) -> str | None:
    return refusals.why_not(group, group.facts.stepped, refusals.NO_STEPS)


def _one(place: Place, groups: Sequence[Group], found: Found, lifetime: Lifetime) -> Estimate:
    reads = _sum(found, lifetime, groups)
    value = share(reads.gained, reads.uncached)
    writes = any(g.rate and g.rate.has_cache_write for g in groups)
    written = min(reads.written, max(0, reads.uncached - reads.gained))
    return Estimate(
        place,
        value,
        reads.requests,
        None if value is not None else "no input that was billed in full",
        further={"write_share": written / reads.uncached} if writes and reads.uncached else {},
        plan=bool(value) and not place.everything and _is_cheaper(groups),
        notes=(*_observed(groups), *_approximate(groups), *_partly(groups, reads)),
    )


def _is_cheaper(groups: Sequence[Group]) -> bool:
    """Return whether reading from the cache has a price of its own."""
    return any(g.rate and g.rate.has_cache_read for g in groups)


def _observed(groups: Sequence[Group]) -> tuple[str, ...]:
    read = sum(g.facts.cache_read for g in groups)
    prompt = sum(g.facts.prompt for g in groups)
    if read:
        return (f"{read / prompt:.2%} of the input is already read from the provider's cache",)
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


def _partly(groups: Sequence[Group], reads: Reads) -> tuple[str, ...]:
    prompt = sum(g.facts.prompt for g in groups)
    if reads.prompt < prompt:
        return (f"looked at the calls with hashes: {reads.prompt / prompt:.1%} of the input",)
    return ()


def _sum(found: Found, lifetime: Lifetime, groups: Iterable[Group]) -> Reads:
    total = Reads()
    for group in groups:
        one = found.get((lifetime, group.facts.number), Reads())
        for name, value in vars(one).items():
            setattr(total, name, getattr(total, name) + value)
    return total


def _table(groups: Sequence[Group], found: Found, lifetimes: Sequence[Lifetime]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for lifetime in sorted(lifetimes, key=lambda one: (one.ttl, one.clock)):
        reads = _sum(found, lifetime, groups)
        endless = lifetime.ttl == FOREVER
        rows.append(
            (
                "unlimited" if endless else span_text(lifetime.ttl),
                None if endless else lifetime.ttl,
                lifetime.clock,
                reads.any_hit,
                reads.whole,
                reads.tokens,
                share(reads.tokens, reads.prompt),
                share(reads.billed, reads.prompt),
            )
        )
    return Table(
        name="prefixes",
        title="Input that a provider's cache would read",
        columns=(
            Column("kept", "Kept", Kind.TEXT),
            Column("ttl_seconds", "TTL", Kind.COUNT, wide_only=True),
            Column("clock", "Clock", Kind.TEXT),
            Column("any_hit", "Calls with a hit", Kind.COUNT),
            Column("whole", "Wholly known", Kind.COUNT, wide_only=True),
            Column("tokens", "Tokens", Kind.COUNT),
            Column("share", "Of the input", Kind.SHARE),
            Column("billed_share", "As billed", Kind.SHARE),
        ),
        rows=tuple(rows),
        notes=("As billed: with the model's minimum prompt and in steps of 128 tokens.",),
    )


def _observed_table(asked: Asked) -> Table:
    return Table(
        name="cached_now",
        title="Input that the provider's cache reads now, as logged",
        columns=(
            Column("endpoint", "Endpoint", Kind.TEXT),
            Column("model", "Model", Kind.NAME),
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
        ),
        notes=("A share of 0 may mean that the log does not say.",),
    )


ESTIMATOR = Estimator(
    name="prefixes",
    lever="prompt_cache",
    parameter="read_share",
    title="repeated prompt beginnings",
    method="Share of the input billed in full whose beginning the same deployment read before, within the time that the "
    "provider keeps it after its last use, from the model's minimum on and in steps of 128 tokens.",
    limit="A provider promises no lifetime and may spread calls over machines, so a real cache reads less.",
    measure=measure,
)
