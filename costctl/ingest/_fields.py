"""The names that the fields of a file go by, as `--map` writes them, and the stated ones that it lacks."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from zoneinfo import available_timezones

from costctl.errors import CostctlError, nearest
from costctl.formats._base import Format, Path
from costctl.formats.detect import Sample
from costctl.formats.evaluate import found
from costctl.formats.stated import Stated

LOOKED_AT = 20
DEEPEST = 6
SHOWN = 20
SHORT = {"requested_model": "model", "occurred_at": "timestamp"}
PLAIN = re.compile(r'[^\s.^"\[\]][^."\[\]]*')
"""A key that a path may name without quotes."""


def fields(sample: Sample) -> tuple[str, ...]:
    """Return the paths of the values in the first records, in order of appearance; containers are not values."""
    names: dict[str, None] = {}
    for record in sample.records[:LOOKED_AT]:
        names.update(dict.fromkeys(_leaves(record, "", DEEPEST)))
    for table, columns in sample.tables.items():
        names.update(dict.fromkeys(f"{table}.{column}" for column in columns))
    return tuple(names)


def some_fields(sample: Sample) -> str:
    """Return the first of the fields as a list to read."""
    names = fields(sample)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _leaves(value: object, path: str, deep: int) -> Iterator[str]:
    if not (isinstance(value, Mapping) and deep):
        if path:
            yield path
        return
    for key, inner in value.items():
        name = str(key) if PLAIN.fullmatch(str(key)) else f'"{key}"'
        yield from _leaves(inner, f"{path}.{name}" if path else name, deep - 1)


def absent(said: Stated, form: Format, sample: Sample) -> dict[str, str]:
    """Return the stated fields whose path no record of the sample has, each with its flag and what may be meant.

    A format that unfolds records reads paths from what is inside, which the sample does not show.
    """
    records = _records(sample, form)
    if not records or form.explode:
        return {}
    fold = sample.container in {"csv", "sqlite"}
    lacking = {}
    for field, expression in {**said.row, **said.counts}.items():
        paths = [p for value in expression for p in value.paths if not (p.up or p.attributes)]
        if paths and not any(_has(record, path, fold) for record in records for path in paths):
            own = {name for record in records for name in _leaves(record, "", DEEPEST)}
            close = nearest(str(paths[0]), own).removeprefix("; ")
            flag = f"--map {SHORT.get(field, field)}={paths[0]}"
            text = f"{flag}: none of the first records has {paths[0]}"
            lacking[field] = f"{text} ({close})" if close else text
    return lacking


def lacks(absent: Mapping[str, str]) -> list[str]:
    """Return the warning about stated fields that are absent, if any."""
    return ["; ".join(absent.values())] if absent else []


def _records(sample: Sample, form: Format) -> list[object]:
    """Return the records of a sample, or what stands for them: rows of its tables, what a wrapper holds."""
    records: list[object] = list(sample.records)
    for table, columns in sample.tables.items():
        if not form.tables or table in form.tables:
            records.append(dict.fromkeys(columns))
    wrapped = [value for r in sample.records for path in form.unwrap for value in found(r, path)]
    return records + [_parsed(value) if isinstance(value, str) else value for value in wrapped]


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def without(said: Stated, fields: Collection[str]) -> Stated:
    """Return what the user stated, but for some fields."""
    row = {name: value for name, value in said.row.items() if name not in fields}
    counts = {name: value for name, value in said.counts.items() if name not in fields}
    return replace(said, row=row, counts=counts)


def _has(record: object, path: Path, fold: bool) -> bool:  # noqa: FBT001 - passed on
    return bool(found(record, path, fold=fold))


def require_values(said: Stated) -> None:
    """Refuse a `--set` that no record could take.

    Errors: `CostctlError`.
    """
    for field, expression in said.counts.items():
        for value in expression:
            if value.constant is not None and not str(value.constant).isdecimal():
                raise CostctlError(
                    f"--set {field}={value.constant}: no count of tokens", hint="write digits"
                )
    zone = said.constants.get("tz")
    if zone is not None and zone not in available_timezones():
        raise CostctlError(
            f"--set tz={zone}: unknown time zone{nearest(zone, available_timezones())}",
            hint="names are as in Europe/Berlin, or UTC",
        )
