"""What cutting long prompts to a size would remove."""

from collections.abc import Sequence

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
)
from costctl.store import measures_shares
from costctl.store.measures_shares import Part
from costctl.table import Cell, Column, Kind, Table

CAPS = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000)

Parts = dict[tuple[int, int], Part]


def measure(asked: Asked) -> Measured:
    """Find the input above each cap, call by call."""
    own = asked.settings.cap
    caps = sorted({*CAPS, own} - {None}) if own else list(CAPS)
    parts = {
        (part.group, int(part.name)): part
        for part in measures_shares.above(asked.store, [cap for cap in caps if cap])
    }
    able = [g for g in asked.generating if g.facts.number in asked.calls]
    listed = [g for g in asked.generating if asked.is_listed(g)]
    found = [_one(asked, g.place, (g,), parts) for g in listed]
    if own and able:
        found.insert(0, _one(asked, EVERYTHING, able, parts))
    tables = (_table(asked, able, [cap for cap in caps if cap], parts),) if able else ()
    return Measured(tuple(found), tables)


def _one(asked: Asked, place: Place, groups: Sequence[Group], parts: Parts) -> Estimate:
    cap = asked.settings.cap
    rows = sum(g.facts.rows for g in groups)
    calls = [asked.calls[g.facts.number] for g in groups if g.facts.number in asked.calls]
    if not calls:
        return Estimate(place, None, rows, refusals.NO_CALLS)
    if cap is None:
        return Estimate(
            place, None, rows, "how far prompts may be cut is a decision: give --cap TOKENS"
        )
    cut = [parts[g.facts.number, cap] for g in groups if (g.facts.number, cap) in parts]
    requests = sum(part.requests for part in calls)
    value = share(sum(part.tokens for part in cut), sum(part.uncached for part in calls))
    return Estimate(
        place,
        value,
        requests,
        None if value is not None else "no input that was billed in full",
        by_requests=share(sum(part.requests for part in cut), requests),
        names={"cap_tokens": str(cap)},
        plan=bool(value) and not place.everything,
    )


def _table(asked: Asked, groups: Sequence[Group], caps: Sequence[int], parts: Parts) -> Table:
    calls = [asked.calls[g.facts.number] for g in groups]
    requests, tokens = sum(c.requests for c in calls), sum(c.uncached for c in calls)
    prompt = sum(c.prompt for c in calls)
    mean = prompt / requests if requests else 0.0
    rows: list[tuple[Cell, ...]] = []
    for cap in caps:
        cut = [part for g in groups if (part := parts.get((g.facts.number, cap)))]
        above = sum(part.requests for part in cut)
        if above:
            removed = sum(part.tokens for part in cut)
            by_mean = min(tokens, max(0.0, mean - cap) * requests)
            rows.append(
                (
                    cap,
                    above,
                    share(above, requests),
                    removed,
                    share(removed, tokens),
                    share(by_mean, tokens),
                )
            )
    return Table(
        name="caps",
        title="Input above a cap on each prompt",
        columns=(
            Column("cap", "Cap", Kind.COUNT),
            Column("requests", "Calls above", Kind.COUNT),
            Column("request_share", "Of the calls", Kind.SHARE),
            Column("tokens", "Tokens", Kind.COUNT),
            Column("share", "Of the input", Kind.SHARE),
            Column("by_mean", "By the mean", Kind.SHARE, wide_only=True),
        ),
        rows=tuple(rows),
        notes=(
            "By the mean: what the average prompt alone would suggest; too little wherever sizes differ.",
        ),
    )


ESTIMATOR = Estimator(
    name="caps",
    lever="compress",
    parameter="saved",
    title="input above a cap",
    method="Share of the input billed in full that lies above the cap, summed call by call.",
    limit="What is cut may be what the answer needed.",
    measure=measure,
)
