"""Why a lever cannot act."""

from collections.abc import Mapping, Sequence

from costctl.levers import LEVERS
from costctl.levers._base import PROMPT
from costctl.simulate.plan import PlannedLever
from costctl.simulate.price_table import PriceTable, number


def idle_levers(
    planned: Sequence[PlannedLever],
    acts_on: Mapping[str, tuple[int, ...]],
    table: PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> dict[str, str]:
    """Say of each lever that cannot act why it cannot."""
    found = {}
    for lever in planned:
        reason = _reason(lever, acts_on[lever.name], table, logged)
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
        return "no usage matches its selector" if planned.where else "no usage of this kind"
    if lever.moves and not table.moves[planned.name]:
        return "; ".join(sorted(table.refused[planned.name]))
    if lever.needs_requests and not any(number(logged[g].get("requests")) for g in groups):
        return "the logs have no count of requests"
    if lever.name == "prompt_cache":
        return _no_caching(planned, groups, table, logged)
    return ""


def _no_caching(
    planned: PlannedLever,
    groups: tuple[int, ...],
    table: PriceTable,
    logged: Sequence[Mapping[str, object]],
) -> str:
    reasons = []
    declared = planned.params.get("min_prompt_tokens")
    reachable = bool(len(table.places) > len(table.own))
    for group in groups:
        price, counts = table.own[group], logged[group]
        minimum = declared.mode if declared else table.minimum[price]
        requests = number(counts.get("requests"))
        prompt = sum(number(counts.get(c)) for c in PROMPT) / requests if requests else 0.0
        if not table.cached[price] and not reachable:
            reasons.append(f"{counts['model']} has no cached price")
        elif prompt < minimum * (1 - 1e-12):
            reasons.append(
                f"the average prompt of {prompt:,.0f} tokens is below the minimum of {minimum:,.0f}"
            )
        else:
            return ""
    return "; ".join(dict.fromkeys(reasons))
