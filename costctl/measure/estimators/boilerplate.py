"""How much of the input is the same in most calls."""

from costctl.measure import refusals
from costctl.measure.base import Asked, Estimate, Estimator, Group, Measured, share
from costctl.measure.prefixes import tokens_in
from costctl.store import measures_shares
from costctl.store.measures_shares import Common

MOST = 0.5
"""A beginning is boilerplate if at least this share of a group's calls has it."""


def measure(asked: Asked) -> Measured:
    """Find the input that is no boilerplate."""
    told = any(g.facts.stepped for g in asked.generating)
    common = (
        {one.group: one for one in measures_shares.common_beginnings(asked.store, MOST)}
        if told
        else {}
    )
    return Measured(tuple(_one(g, common.get(g.facts.number)) for g in asked.generating))


def _one(group: Group, common: Common | None) -> Estimate:
    facts = group.facts
    if not facts.singles or not facts.stepped:
        reason = refusals.NO_STEPS if facts.singles else refusals.NO_CALLS
        return Estimate(group.place, None, facts.rows, reason)
    if common is None:
        note = "no beginning is the same in half of the calls"
        return Estimate(group.place, 1.0, facts.stepped, notes=(note,))
    mean = facts.stepped_prompt // facts.stepped
    each = tokens_in(common.steps, common.step_tokens, mean)
    boilerplate = share(each * common.calls, facts.stepped_prompt) or 0.0
    note = (
        f"{common.calls:,} calls share their first {each:,} tokens: {boilerplate:.2%} of the input"
    )
    rough = (" (roughly: hashed by characters)",) if common.step_tokens is None else ("",)
    return Estimate(
        group.place, max(0.0, 1.0 - boilerplate), facts.stepped, notes=(note + rough[0],)
    )


ESTIMATOR = Estimator(
    name="boilerplate",
    lever="compress",
    parameter="compressible",
    title="input that is no boilerplate",
    method="One minus the share of the input in the longest beginning that at least half of the calls have in common.",
    limit="Only a common beginning is seen, no text repeated further inside; instructions may well be shortened once.",
    measure=measure,
)
