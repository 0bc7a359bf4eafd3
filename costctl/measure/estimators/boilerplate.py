"""How much of the input is the same in most calls."""

from costctl.measure import refusals
from costctl.measure.base import Asked, Estimate, Estimator, Group, Measured, share
from costctl.store import measures_prefixes
from costctl.store.measures_prefixes import FIRST_STEP, Common

MOST = 0.5
"""A beginning is boilerplate if at least this share of a group's calls has it."""

TOO_SHORT = (
    f"no beginning of 4,096 characters (about {FIRST_STEP:,} tokens) is the same in half of the calls, "
    "and shorter ones leave no hash"
)


def measure(asked: Asked) -> Measured:
    """Find the input that is no boilerplate."""
    common: dict[int, Common] = {}
    if asked.prefixes.seen:
        found = measures_prefixes.common_beginnings(asked.store, MOST)
        common = {one.group: one for one in found}
    listed = [g for g in asked.generating if asked.is_listed(g)]
    return Measured(tuple(_one(g, common.get(g.facts.number)) for g in listed))


def _one(group: Group, common: Common | None) -> Estimate:
    facts = group.facts
    if not facts.singles or not facts.stepped:
        reason = refusals.NO_STEPS if facts.singles else refusals.NO_CALLS
        return Estimate(group.place, None, facts.rows, reason)
    if common is None and facts.approximate:
        return Estimate(group.place, None, facts.stepped, TOO_SHORT)
    if common is None:
        note = "no beginning is the same in half of the calls"
        return Estimate(group.place, 1.0, facts.stepped, notes=(note,))
    boilerplate = share(common.tokens, facts.stepped_prompt) or 0.0
    size = common.tokens // common.calls
    rough = " (roughly: hashed by characters)" if common.step_tokens is None else ""
    note = (
        f"{common.calls:,} of {facts.stepped:,} calls share their first {size:,} tokens: "
        f"{boilerplate:.1%} of the input{rough}"
    )
    return Estimate(group.place, max(0.0, 1.0 - boilerplate), facts.stepped, notes=(note,))


ESTIMATOR = Estimator(
    name="boilerplate",
    lever="compress",
    parameter="compressible",
    title="input beside boilerplate",
    method="One minus the share of the input in the longest beginning that at least half of the calls have in common.",
    limit="Only a common beginning is seen, no text repeated further inside; instructions may well be shortened once.",
    measure=measure,
)
