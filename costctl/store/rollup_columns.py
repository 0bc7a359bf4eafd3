"""The columns that decide a row's price, and how finely rows are kept apart by them."""

from dataclasses import dataclass
from enum import IntEnum

from costctl.store.dimensions import Branch, Parameters, plain_expression
from costctl.vocabulary import PROMPT_CLASSES

KEY_COLUMNS = (
    "provider",
    "response_model",
    "requested_model",
    "deployment",
    "resource",
    "deployment_type",
    "region",
)
"""The columns that decide which price a row has, besides its time, tier and prompt size."""


class Slot(IntEnum):
    """How finely rows of different times are kept apart."""

    DAY = 0
    HOUR = 1
    QUARTER = 2
    MINUTE = 3
    EXACT = 4


_SLOT_SQL = {
    Slot.DAY: "CAST(occurred_at AS DATE)",
    Slot.HOUR: "time_bucket(INTERVAL 1 HOUR, occurred_at)",
    # Every zone's offset is a multiple of 15 minutes, so local days can be cut after grouping.
    Slot.QUARTER: "time_bucket(INTERVAL 15 MINUTE, occurred_at)",
    Slot.MINUTE: "date_trunc('minute', occurred_at)",
    Slot.EXACT: "occurred_at",
}

_PRESENT = {
    "input_uncached": "input_uncached > 0",
    "cache_read": "cache_read > 0",
    "cache_write": "cache_write > cache_write_long",
    "cache_write_long": "cache_write_long > 0",
    "output": '"output" > reasoning',
    "reasoning": "reasoning > 0",
    "audio_input": "audio_input > 0",
    "audio_output": "audio_output > 0",
    "image_input": "image_input > 0",
    "image_output": "image_output > 0",
}
"""Which price classes a row needs; one bit each, where a price may lack some of them."""


@dataclass(frozen=True)
class Grain:
    """How far rows are kept apart so that all rows of a group have the same rates.

    Attributes:
        slot: of the time.
        fine_slot, fine_models: a finer one for the models (as logged) whose prices change within a slot.
        thresholds: prompt sizes at which some price in use changes, ascending.
        classes: rows with different token classes are kept apart.
    """

    slot: Slot = Slot.DAY
    fine_slot: Slot = Slot.DAY
    fine_models: tuple[str, ...] = ()
    thresholds: tuple[int, ...] = ()
    classes: bool = False


def price_columns(branch: Branch, grain: Grain, parameters: Parameters) -> dict[str, str]:
    """Return what decides a price, by name."""
    buckets = "granularity" in branch.columns
    keys = {name: branch.column(name) for name in (*KEY_COLUMNS, "tier", "billable", "cache_hit")}
    keys["model"] = plain_expression("model", branch, parameters)
    keys["bucket"] = "(granularity = 'bucket')" if buckets else "false"
    keys["slot"] = _slot(branch, grain, parameters)
    keys["ends_at"] = _of_buckets("ended_at", branch, "CAST(NULL AS TIMESTAMP)")
    keys["prompt_known"] = (
        "(granularity <> 'bucket' OR prompt_tokens_from IS NOT NULL)" if buckets else "true"
    )
    keys["step"] = _step(branch, grain)
    keys["classes"] = _classes(branch, grain)
    keys["units"] = branch.column("units")
    keys["assumed"] = branch.column("assumed")
    return keys


def _of_buckets(name: str, branch: Branch, otherwise: str) -> str:
    if "granularity" not in branch.columns or name not in branch.columns:
        return otherwise
    return f"CASE WHEN granularity = 'bucket' THEN {name} END"


def _slot(branch: Branch, grain: Grain, parameters: Parameters) -> str:
    coarse = _SLOT_SQL[grain.slot]
    if not grain.fine_models or grain.fine_slot <= grain.slot:
        return coarse
    model = plain_expression("model", branch, parameters)
    models = parameters.bind(list(grain.fine_models))
    fine = _SLOT_SQL[grain.fine_slot]
    return f"CASE WHEN list_contains({models}, {model}) THEN {fine} ELSE {coarse} END"


def prompt_size(branch: Branch) -> str:
    """Return the prompt size of a request, or the lower bound of a bucket's, as SQL."""
    size = " + ".join(name for name in PROMPT_CLASSES if name in branch.columns)
    if "granularity" not in branch.columns:
        return f"({size})"
    lower = "prompt_tokens_from" if "prompt_tokens_from" in branch.columns else "NULL"
    return f"CASE WHEN granularity = 'bucket' THEN coalesce({lower}, 0) ELSE {size} END"


def _step(branch: Branch, grain: Grain) -> str:
    if not grain.thresholds:
        return "0"
    cases = " ".join(
        f"WHEN {prompt_size(branch)} >= {int(minimum)} THEN {int(minimum)}"
        for minimum in reversed(grain.thresholds)
    )
    return f"CASE {cases} ELSE 0 END"


def _classes(branch: Branch, grain: Grain) -> str:
    if not grain.classes:
        return "0"
    bits = [
        f"CAST({_over(present, branch)} AS INTEGER) * {1 << bit}"
        for bit, (name, present) in enumerate(_PRESENT.items())
        if name in branch.columns
    ]
    return f"({' + '.join(bits)})"


def _over(present: str, branch: Branch) -> str:
    for part in ("cache_write_long", "reasoning"):
        if part not in branch.columns:
            present = present.replace(part, "0")
    return present
