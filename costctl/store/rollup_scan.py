"""One pass over the rows: grouped by what is asked for and by what decides a price."""

import re
from dataclasses import dataclass, replace
from enum import IntEnum

from costctl.record import BY_NAME
from costctl.store.connection import Store
from costctl.store.dimensions import (
    NARROW_BRANCH,
    TIME_DIMENSIONS,
    WIDE_BRANCH,
    Branch,
    Parameters,
    check_dimension,
    filters,
    plain_expression,
    time_expression,
)
from costctl.vocabulary import ALL_CLASSES, PROMPT_CLASSES, Query

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


@dataclass(frozen=True)
class Held:
    """What the wide table holds, so that a query leaves out what nobody logged."""

    narrow: bool
    wide: bool
    columns: frozenset[str]


_STORED = frozenset(BY_NAME)
_OPTIONAL = (*KEY_COLUMNS, "units", "assumed", "prompt_tokens_from", "ended_at")


def held(store: Store) -> Held:
    """Look which tables have rows, and which rare columns have values."""
    counts = ", ".join(f"count({name}) > 0" for name in _OPTIONAL)
    row = store.connection.execute(
        f"SELECT EXISTS (FROM usage_narrow), count(*) > 0, "
        f"count(*) FILTER (granularity = 'bucket') > 0, {counts} FROM usage_wide"
    ).fetchone()
    narrow, wide, buckets, *filled = row or (False, False, False)
    names = {name for name, some in zip(_OPTIONAL, filled, strict=True) if some}
    return Held(
        bool(narrow), bool(wide), frozenset(names | ({"granularity"} if buckets else set()))
    )


def coarse_grain(query: Query) -> Grain:
    """Return the coarsest grain that the dimensions of a question allow."""
    times = TIME_DIMENSIONS.intersection(query.by)
    if times and query.tz != "UTC":
        return Grain(Slot.QUARTER)
    return Grain(Slot.HOUR if "hour" in times else Slot.DAY)


def scan(store: Store, query: Query, grain: Grain, found: Held) -> None:
    """Make the temp table `rolled`: one row a group, `d0`, `d1`, ... being the dimensions asked for."""
    parameters = Parameters()
    selects = [
        _branch(branch, query, grain, found, parameters)
        for branch, filled in ((NARROW_BRANCH, found.narrow), (WIDE_BRANCH, found.wide))
        if filled
    ]
    # Without any row there is still a table: an empty one.
    body = " UNION ALL ".join(selects) or _branch(NARROW_BRANCH, query, grain, found, parameters)
    sql = (
        "CREATE OR REPLACE TEMP TABLE rolled AS "
        f"SELECT row_number() OVER () AS group_id, * FROM ({body})"
    )
    store.connection.execute(sql, parameters.values)


def _branch(branch: Branch, query: Query, grain: Grain, found: Held, parameters: Parameters) -> str:
    """Return the query over one table: what it stores is grouped, constants are added afterwards."""
    seen = _only_filled(branch, found)
    keys: dict[str, str] = {}
    outer = [
        f"{_typed(name, _grouped(expression, keys))} AS {name}"
        for name, expression in _keys(seen, grain, parameters).items()
    ]
    outer += [
        f"{_dimension(name, query, keys, seen, parameters)} AS d{number}"
        for number, name in enumerate(query.by)
    ]
    measures = _measures(seen)
    outer += [name if "(" in sql else f"{sql} AS {name}" for name, sql in measures.items()]
    inner = [f"{expression} AS {alias}" for expression, alias in keys.items()]
    inner += [f"{sql} AS {name}" for name, sql in measures.items() if "(" in sql]
    kept = filters(branch, query.window, query.where, query.tz, parameters)
    return (
        f"SELECT {', '.join(outer)} FROM "
        f"(SELECT {', '.join(inner)} FROM {branch.table} WHERE {kept} GROUP BY ALL)"
    )


def _typed(name: str, expression: str) -> str:
    return f"CAST({expression} AS TIMESTAMP)" if name == "slot" else expression


def _only_filled(branch: Branch, found: Held) -> Branch:
    """Return the table without the columns in which it has nothing but defaults."""
    if branch is NARROW_BRANCH:
        return branch
    rare = {*_OPTIONAL, "granularity"} - found.columns
    return replace(branch, columns=branch.columns - rare)


def _grouped(expression: str, keys: dict[str, str]) -> str:
    """Return the name under which the inner query groups by an expression; a constant stays as it is."""
    if not _STORED.intersection(re.findall(r"\w+", expression)):
        return expression
    return keys.setdefault(expression, f"k{len(keys)}")


def _keys(branch: Branch, grain: Grain, parameters: Parameters) -> dict[str, str]:
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


def _dimension(
    name: str,
    query: Query,
    keys: dict[str, str],
    branch: Branch,
    parameters: Parameters,
) -> str:
    if check_dimension(name) not in TIME_DIMENSIONS:
        return _grouped(plain_expression(name, branch, parameters), keys)
    slot = next(alias for expression, alias in keys.items() if "occurred_at" in expression)
    return time_expression(name, f"CAST({slot} AS TIMESTAMP)", query.tz, parameters)


def _measures(branch: Branch) -> dict[str, str]:
    """Return the sums of a group, by name."""
    counted = "requests" in branch.columns
    requests = "requests" if counted else "1"
    at_least = "coalesce(requests, 1)" if counted else "1"
    sums = {name: _sum(name, branch) for name in ALL_CLASSES}
    return {
        "rows": "count(*)",
        "requests": "coalesce(sum(requests), 0)" if counted else "count(*)",
        "uncounted": "count(*) - count(requests)" if counted else "0",
        "known_or_one": f"sum({at_least})" if counted else "count(*)",
        "errors": _where(requests, f"{branch.column('status')} = 'error'"),
        "tokens_unknown": _where(at_least, f"NOT {branch.column('tokens_known')}"),
        **sums,
        "longest_prompt": f"max({prompt_size(branch)})",
        "logged_cost_usd": "sum(logged_cost_usd)",
        "first_at": "min(occurred_at)",
        "last_at": "max(occurred_at)",
    }


def _sum(name: str, branch: Branch) -> str:
    return f'coalesce(sum("{name}"), 0)' if name in branch.columns else "0::HUGEINT"


def _where(summed: str, condition: str) -> str:
    if summed == "1":
        return f"count(*) FILTER ({condition})"
    return f"coalesce(sum({summed}) FILTER ({condition}), 0)"


def rows_sql(query: Query, found: Held, parameters: Parameters) -> str:
    """Return the query for single rows with the columns of `rolled`, and `event_key`."""
    selects = [
        _single(branch, query, found, parameters)
        for branch, filled in ((NARROW_BRANCH, found.narrow), (WIDE_BRANCH, found.wide))
        if filled
    ]
    return " UNION ALL ".join(selects) or _single(NARROW_BRANCH, query, found, parameters)


def _single(branch: Branch, query: Query, found: Held, parameters: Parameters) -> str:
    seen = _only_filled(branch, found)
    keys = _keys(seen, Grain(Slot.EXACT), parameters)
    keys["step"] = prompt_size(seen)
    columns = [f"{expression} AS {name}" for name, expression in keys.items()]
    columns += [f'{seen.column(name)} AS "{name}"' for name in ALL_CLASSES]
    counted = "requests" in branch.columns
    columns += [
        "event_key",
        "1 AS rows",
        f"{'coalesce(requests, 0)' if counted else '1'} AS requests",
        f"{'CAST(requests IS NULL AS INTEGER)' if counted else '0'} AS uncounted",
    ]
    columns += [
        f"{_of_row(name, query, seen, parameters)} AS d{number}"
        for number, name in enumerate(query.by)
    ]
    kept = filters(branch, query.window, query.where, query.tz, parameters)
    return f"SELECT {', '.join(columns)} FROM {branch.table} WHERE {kept}"


def _of_row(name: str, query: Query, branch: Branch, parameters: Parameters) -> str:
    if check_dimension(name) in TIME_DIMENSIONS:
        return time_expression(name, "occurred_at", query.tz, parameters)
    return plain_expression(name, branch, parameters)
