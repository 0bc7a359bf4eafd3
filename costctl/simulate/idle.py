"""Why a lever cannot act."""

from collections.abc import Mapping, Sequence

from costctl.errors import nearest
from costctl.levers import LEVERS
from costctl.levers._base import PROMPT
from costctl.simulate.plan import PlannedLever, matches
from costctl.simulate.price_table import PriceTable, number
from costctl.vocabulary import Condition


def idle_levers(
    planned: Sequence[PlannedLever],
    acts_on: Mapping[str, tuple[int, ...]],
    table: PriceTable,
    logged: Sequence[Mapping[str, object]],
    long: Mapping[str, Sequence[Sequence[float] | None]],
) -> dict[str, str]:
    """Say of each lever that cannot act why it cannot.

    `long` holds, for a lever that asked single requests, the shares in long prompts of each group.
    """
    found = {}
    for lever in planned:
        reason = _reason(lever, acts_on[lever.name], table, logged)
        if not reason and lever.lever == "prompt_cache":
            groups, shares = acts_on[lever.name], long.get(lever.name, ())
            reason = _no_caching(lever, groups, table, logged, shares)
        if reason:
            found[lever.name] = reason
    return found


def _reason(
    planned: PlannedLever,
    groups: tuple[int, ...],
    table: PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> str:
    lever = LEVERS[planned.lever]
    if not groups:
        if planned.unless:
            return "later settings take all that it selects"
        unmet = f"no usage matches its selector: {unmet_of(planned.where, logged)}"
        return unmet if planned.where else "no usage of this kind"
    if lever.moves and not table.moves[planned.name]:
        return "; ".join(sorted(table.refused[planned.name]))
    if lever.needs_requests and not any(number(logged[g].get("requests")) for g in groups):
        return "the logs have no count of requests"
    return ""


def unmet_of(where: Sequence[Condition], logged: Sequence[Mapping[str, object]]) -> str:
    """Return the condition that nothing meets, with the nearest value that something does."""
    for condition in where:
        if not any(matches((condition,), group) for group in logged):
            known = {str(g.get(condition.dimension)) for g in logged if g.get(condition.dimension)}
            return f"{_words(condition)}{nearest(condition.patterns[0], known)}"
    return " and ".join(map(_words, where))


def _words(condition: Condition) -> str:
    name = condition.dimension.replace("price_name", "model")
    return f"{name} {' or '.join(condition.patterns)}"


def _no_caching(
    planned: PlannedLever,
    groups: tuple[int, ...],
    table: PriceTable,
    logged: Sequence[Mapping[str, object]],
    long: Sequence[Sequence[float] | None],
) -> str:
    """Return why no group can be cached by its provider; empty where one can."""
    declared = planned.params.get("min_prompt_tokens")
    cached = [price for price, has in enumerate(table.cached) if has]
    reasons = []
    for group in groups:
        minima = [
            declared.mode if declared else table.minimum[price]
            for price in cached
            if table.groups[price] == group
        ]
        reason = _uncached(logged[group], minima, long[group] if long else None)
        if not reason:
            return ""
        reasons.append(reason)
    return "; ".join(dict.fromkeys(reasons))


def _uncached(
    counts: Mapping[str, object], minima: Sequence[float], long: Sequence[float] | None
) -> str:
    if not minima:
        return f"{counts['model']} has no cached price"
    minimum = min(minima)
    if long is not None:
        reached = f"reaches the minimum of {minimum:,.0f} tokens"
        return "" if any(long) else f"no prompt with uncached input {reached}"
    requests = number(counts.get("requests"))
    prompt = sum(number(counts.get(c)) for c in PROMPT) / requests if requests else 0.0
    if prompt < minimum * (1 - 1e-12):
        return f"the average prompt of {prompt:,.0f} tokens is below the minimum of {minimum:,.0f}"
    return ""
