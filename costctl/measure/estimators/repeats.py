"""How often the same prompt comes again: what a response cache could answer."""

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
    span_text,
)
from costctl.measure.repeats import CLOCKS, FOREVER, TTLS, Repeats
from costctl.table import Cell, Column, Kind, Table

CLOCK = "fixed"
"""The usual expiry of a cache: an entry dies a while after it was written."""


def measure(asked: Asked) -> Measured:
    """Find repeats, word by word and normalised."""
    found: list[Estimate] = []
    rows: list[tuple[Cell, ...]] = []
    for variant, repeats in asked.repeats.items():
        told = {
            group.facts.number: refusals.why_not(group, _hashed(group, variant), _reason(variant))
            for group in asked.generating
        }
        able = [group for group in asked.generating if told[group.facts.number] is None]
        if able:
            found.append(_one(EVERYTHING, repeats, [g.facts.number for g in able], variant))
            rows += _rows(repeats, [g.facts.number for g in able], variant)
        for group in asked.listed:
            if not group.facts.generating:
                continue
            reason = told[group.facts.number]
            if reason is None:
                found.append(_one(group.place, repeats, [group.facts.number], variant))
            else:
                found.append(Estimate(group.place, None, group.facts.rows, reason, variant=variant))
    return Measured(tuple(found), (_table(rows),) if rows else ())


def _hashed(group: Group, variant: str) -> int:
    return group.facts.hashed if variant == "exact" else group.facts.normalised


def _reason(variant: str) -> str:
    if variant == "exact":
        return refusals.NO_HASHES
    return refusals.NO_NORMALISED


def _one(place: Place, repeats: Repeats, groups: Sequence[int], variant: str) -> Estimate:
    total, hit = repeats.total(groups), repeats.hit(repeats.ttl, CLOCK, groups)
    interval = repeats.interval(CLOCK, groups)
    value = share(hit.cost, total.cost)
    return Estimate(
        place,
        value,
        total.requests,
        None if value is not None else refusals.NO_COST,
        variant=variant,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        by_requests=share(hit.requests, total.requests),
        plan=variant == "exact" and bool(value) and not place.everything,
    )


def _rows(repeats: Repeats, groups: Sequence[int], variant: str) -> list[tuple[Cell, ...]]:
    total = repeats.total(groups)
    later = total.later_cost
    rows: list[tuple[Cell, ...]] = []
    for ttl in sorted({*TTLS, repeats.ttl}):
        for clock in CLOCKS if ttl < FOREVER else CLOCKS[:1]:
            hit = repeats.hit(ttl, clock, groups)
            rows.append(
                (
                    variant,
                    span_text(ttl) if ttl < FOREVER else "unlimited",
                    ttl if ttl < FOREVER else None,
                    clock,
                    hit.requests,
                    share(hit.requests, total.requests),
                    hit.prompt,
                    share(hit.prompt, total.prompt),
                    share(hit.cost, total.cost),
                    share(hit.later_cost, later),
                    hit.cost,
                )
            )
    return rows


def _table(rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(
        name="repeats",
        title="Prompts that come again",
        columns=(
            Column("variant", "Compared", Kind.TEXT),
            Column("kept", "Kept", Kind.TEXT),
            Column("ttl_seconds", "TTL", Kind.COUNT, wide_only=True),
            Column("clock", "Clock", Kind.TEXT),
            Column("hits", "Hits", Kind.COUNT),
            Column("request_share", "Of the calls", Kind.SHARE),
            Column("input_tokens", "Input", Kind.COUNT, wide_only=True),
            Column("input_share", "Of the input", Kind.SHARE, wide_only=True),
            Column("cost_share", "Of the cost", Kind.SHARE),
            Column("later_cost_share", "Later half", Kind.SHARE, wide_only=True),
            Column("cost_usd", "Cost", Kind.USD),
        ),
        rows=tuple(rows),
        notes=("Sliding: an answer is kept from its last use; fixed: from when it was written.",),
    )


ESTIMATOR = Estimator(
    name="repeats",
    lever="response_cache",
    parameter="hit",
    title="repeated prompts",
    method="Share of the cost of calls whose prompt (exact, or without case, space and punctuation) the same endpoint "
    "and model answered before, within the time that answers are kept after they were written; retries left out. Low and high hold 9 of 10 draws of whole days, from "
    "seven days on.",
    limit="Questions in other words are not seen, and whether an old answer would still be right is not in the log.",
    measure=measure,
)
