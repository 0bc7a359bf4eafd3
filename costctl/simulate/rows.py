"""Facts from single requests, where averages would mislead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

from costctl.groups import Group, GroupKey, OrderedShare
from costctl.levers import LEVERS
from costctl.levers._base import COUNTS
from costctl.levers.prompt_cache import SLACK
from costctl.simulate.bind import RowFacts, groups_of
from costctl.simulate.inputs import Inputs, Source
from costctl.simulate.plan import PlannedLever
from costctl.simulate.price_table import DEFAULT_MINIMUM, MEDIA
from costctl.simulate.worlds import numbers_of

TENTHS = tuple(n / 10 for n in range(1, 10))
"""Fractions of the requests at which an order is looked up besides those of the plan."""


def row_facts(
    planned: Sequence[PlannedLever], inputs: Inputs, source: Source
) -> tuple[dict[str, RowFacts], dict[str, str]]:
    """Return what rows tell of each lever that asks them, and where an average had to do."""
    facts, remarks = {}, {}
    logged, groups = inputs.usage.to_dicts(), inputs.groups
    for lever in planned:
        single = [groups[number].row_level for number in groups_of(lever, logged)]
        known = all(single), any(single)
        if lever.cap_tokens is not None:
            facts[lever.name] = _capped(lever.cap_tokens, groups, source.cut(lever.cap_tokens))
            remarks[lever.name] = _remark("", "the average prompt is capped", *known)
        elif lever.order != "flat":
            facts[lever.name] = _ordered(lever, groups, source)
            remarks[lever.name] = _remark("", "the calls are taken as equal", *known)
        elif lever.lever == "prompt_cache":
            if any(single):
                facts[lever.name] = _long_prompts(lever, planned, inputs, source)
            rows = "prompts are held against the minimum one by one"
            remarks[lever.name] = _remark(rows, "the average prompt is held against it", *known)
    return facts, {name: remark for name, remark in remarks.items() if remark}


def _remark(rows: str, average: str, all_single: bool, any_single: bool) -> str:  # noqa: FBT001
    """Say what was asked: single requests, or averages where there are none."""
    parts = [rows] if any_single and rows else []
    if not all_single:
        parts.append(f"where no single requests are stored, {average}")
    return "; ".join(parts)


def in_order(planned: Sequence[PlannedLever], order: str) -> list[PlannedLever]:
    """Return the plan with every route that takes any calls taking them in this order."""
    return [
        replace(lever, order=order) if lever.lever == "route" and lever.order == "flat" else lever
        for lever in planned
    ]


def _capped(cap: int, groups: Sequence[Group], cut: Mapping[GroupKey, int]) -> RowFacts:
    return RowFacts(capped=[_share_cut(group, cap, cut) for group in groups])


def _share_cut(group: Group, cap: int, cut: Mapping[GroupKey, int]) -> float:
    """Return the share of the uncached input that a cap removes."""
    if not group.input_uncached:
        return 0.0
    if group.row_level:
        return cut.get(group.key, 0) / group.input_uncached
    if not group.requests:
        return 0.0
    prompt = _average_prompt(group)
    return min(1.0, max(0.0, prompt - cap) * group.requests / group.input_uncached)


def _ordered(lever: PlannedLever, groups: Sequence[Group], source: Source) -> RowFacts:
    number, levels = numbers_of(lever)["fraction"], LEVERS["route"].params["fraction"].levels
    own = lever.levels.get("fraction", levels)
    asked = sorted({number.low, number.mode, number.high, *own, *TENTHS} - {0.0, 1.0})
    knots = [0.0, *asked, 1.0]
    found: dict[GroupKey, dict[float, OrderedShare]] = {}
    for share in source.ordered(lever.order, asked):
        found.setdefault(share.key, {})[share.fraction] = share
    held = {
        count: [_at_knots(found.get(group.key, {}), count, knots, group) for group in groups]
        for count in COUNTS
    }
    return RowFacts(knots=knots, held=held)


def _at_knots(
    shares: Mapping[float, OrderedShare], count: str, knots: Sequence[float], group: Group
) -> list[float]:
    return [_share_of(shares[k], count, group) if k in shares else k for k in knots]


def _share_of(share: OrderedShare, count: str, group: Group) -> float:
    """Return what the first requests hold of a count; audio and images go with the requests that carry them."""
    if count != "media":
        return float(getattr(share, count))
    tokens = {name: getattr(group, name) for name in MEDIA}
    held = sum(number * getattr(share, name) for name, number in tokens.items())
    total = sum(tokens.values())
    return held / total if total else share.requests


def _long_prompts(
    lever: PlannedLever, planned: Sequence[PlannedLever], inputs: Inputs, source: Source
) -> RowFacts:
    """Return how much uncached input long prompts hold, at the minima and at what shortening makes of them."""
    minima = {
        DEFAULT_MINIMUM if value is None else float(value)
        for value in inputs.prices["min_prompt_tokens"].to_list()
    }
    declared = lever.params.get("min_prompt_tokens")
    if declared:
        minima = {declared.low, declared.mode, declared.high}
    lengths = sorted(
        {
            float(ceil(minimum / kept * (1 - SLACK)))
            for minimum in minima
            for kept in (1.0, _kept(planned, "mode"), _kept(planned, "high"))
            if kept > 0
        }
    )
    found = source.long([int(length) for length in lengths])
    none = (0.0,) * len(lengths)
    return RowFacts(
        minima=lengths,
        long=[found.get(group.key, none) if group.row_level else None for group in inputs.groups],
        logged_prompt=[_average_prompt(group) for group in inputs.groups],
    )


def _kept(planned: Sequence[PlannedLever], at: str) -> float:
    """Return the part of a prompt that all levers together leave of it."""
    kept = 1.0
    for lever in planned:
        if lever.lever in {"context", "compress"} and lever.cap_tokens is None:
            numbers = numbers_of(lever)
            kept *= 1 - getattr(numbers["saved"], at) * getattr(numbers["compressible"], at)
    return kept


def _average_prompt(group: Group) -> float:
    if not group.requests:
        return 0.0
    return (group.input_uncached + group.cache_read + group.cache_write) / group.requests
