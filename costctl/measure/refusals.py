"""Why a log cannot tell."""

from costctl.measure.base import Group

NO_TEXT = "the log has no prompt text, or in a field that `ingest --map text=FIELD` must name"
NO_HASHES = f"no hashes of prompts: {NO_TEXT}"
NO_NORMALISED = f"no hashes of normalised prompts: {NO_TEXT}"
NO_STEPS = f"no hashes of prompt beginnings: {NO_TEXT}; nor block hashes"
SAMPLED = "a sampled log holds only some of the calls, and understates repeats"
NO_CALLERS = "no call in scope names a user or a session: whether somebody waits cannot be told"
NO_COST = "none of these calls has a price"
NO_CALLS = "no single calls with a time: sums over many calls cannot tell"
BEYOND = "it is about groups beyond the dearest alone; --top lists more"
NOTHING_WRITES = "no calls that write answers"


def why_not(group: Group, hashed: int, reason: str) -> str | None:
    """Return why repeats in a group cannot be told, or None."""
    if not group.facts.singles:
        return NO_CALLS
    if group.facts.sampled:
        return SAMPLED
    return None if hashed else reason
