"""Which format a file has, by the first of its records and never by its name."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from costctl.formats._base import Explode, Format, Path
from costctl.formats.evaluate import found, may_recognise, names_of, recognises

SAMPLE = 200
"""Records, or lines of a log, that are looked at."""

PAGES = (
    "data",
    "records",
    "result",
    "results",
    "items",
    "rows",
    "logs",
    "entries",
    "events",
    "value",
    "observations",
    "spans",
)
"""Keys under which an envelope holds its records."""

WRAPPERS = ("response", "body", "message")
MOST_KEYS = 30


@dataclass(frozen=True)
class Sample:
    """The beginning of a file.

    Attributes:
        container: jsonl, json, csv, sqlite, parquet, log.
        records: up to `SAMPLE` of them.
        lines: up to `SAMPLE` lines of a log.
        tables: of an SQLite file, with their columns.
    """

    container: str
    records: Sequence[object] = ()
    lines: Sequence[str] = ()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Detection:
    """What detection found.

    Attributes:
        format: the format with most votes, fitted to the file (see `fitted`); None where nothing is recognised.
        votes: format name -> records that voted for it, most first.
    """

    format: Format | None
    votes: tuple[tuple[str, int], ...] = ()


def detect(sample: Sample, formats: Sequence[Format]) -> Detection:
    """Return the format of a file; `formats` come in the order in which they are asked."""
    if sample.container == "sqlite":
        form = next((f for f in formats if _has_tables(f, sample.tables)), None)
        return Detection(form, ((form.name, 1),) if form else ())
    if sample.container == "log":
        return _of_log(sample, formats)
    votes, paged = _votes(sample, formats)
    by_name = {form.name: form for form in formats}
    order = {form.name: place for place, form in enumerate(formats)}
    ranked = sorted(votes.items(), key=lambda item: (-item[1], order[item[0]]))
    if not ranked:
        return Detection(None)
    best = by_name[ranked[0][0]]
    if best.name in paged:
        unfold = Explode(Path((paged[best.name],)), or_self=True)
        best = replace(best, explode=(unfold, *best.explode))
    return Detection(fitted(best, sample), tuple(ranked))


def wrapped_format(record: Mapping[str, object], formats: Sequence[Format]) -> str:
    """Return the name of the format of what a line wraps, empty where it wraps no record of any."""
    if any(_may_hold(record.get(key)) for key in (*WRAPPERS, "@message")):
        for form in formats:
            if any(recognises(form, inner) for inner in _unwrapped(record, form)):
                return form.name
    return ""


def _may_hold(value: object) -> bool:
    """Return whether a record may stand in a wrapper."""
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip().startswith("{"))


def _votes(sample: Sample, formats: Sequence[Format]) -> tuple[Counter[str], dict[str, str]]:
    """Return the records that each format takes, and the page key of those that it takes from pages."""
    votes: Counter[str] = Counter()
    paged: dict[str, str] = {}
    possible: dict[tuple[str, ...], list[Format]] = {}
    for record in sample.records:
        keys = tuple(record) if isinstance(record, dict) else ()
        if keys not in possible:
            names = names_of(record)
            possible[keys] = [f for f in formats if may_recognise(f, names, sample.container)]
        name, page = _vote(record, possible[keys], formats, sample.container)
        if name:
            votes.update([name, *_sharing(name, record, possible[keys], sample.container)])
        if page:
            paged[name] = page
    return votes, paged


def _sharing(name: str, record: object, possible: Sequence[Format], container: str) -> list[str]:
    """Return the other formats of which a page holds records, where a page may hold records of several."""
    shared = [form for form in possible if form.recognise is not None and form.recognise.shared]
    if name not in {form.name for form in shared}:
        return []
    return [
        form.name
        for form in shared
        if form.name != name and recognises(form, record, container=container)
    ]


def _vote(
    record: object, possible: Sequence[Format], formats: Sequence[Format], container: str
) -> tuple[str, str]:
    """Return the first format that takes a record, and the page key if it takes what is inside a page."""
    for form in possible:
        if recognises(form, record, container=container):
            return form.name, ""
    for form in formats:
        for inner in _unwrapped(record, form):
            if recognises(form, inner, container=container):
                return form.name, ""
    return _vote_in_page(record, formats, container)


def _vote_in_page(record: object, formats: Sequence[Format], container: str) -> tuple[str, str]:
    pages = [(key, record.get(key)) for key in PAGES] if isinstance(record, Mapping) else []
    for key, inside in pages:
        items = inside[:SAMPLE] if isinstance(inside, list) else []
        for form in formats if items else ():
            held = [inner for item in items for inner in (item, *_unwrapped(item, form))]
            if any(recognises(form, item, container=container) for item in held):
                return form.name, key
    return "", ""


def _unwrapped(record: object, form: Format) -> list[object]:
    values = [value for path in form.unwrap for value in found(record, path)]
    return [_parsed(value) if isinstance(value, str) else value for value in values]


def _parsed(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError):
        return None


def _has_tables(form: Format, tables: Mapping[str, Sequence[str]]) -> bool:
    rule = form.recognise
    if rule is None or "sqlite" not in form.containers:
        return False
    names = {name.lower(): columns for name, columns in tables.items()}
    if not all(name.lower() in names for name in rule.tables):
        return False
    wanted = [name.lower() for name in form.tables]
    mine = [columns for name, columns in names.items() if not wanted or name in wanted]
    if not (rule.has or rule.has_any or rule.test):
        return bool(rule.tables) and bool(mine)
    as_records = [dict.fromkeys(columns) for columns in mine]
    loose = replace(form, recognise=replace(rule, tables=(), containers=()), ignore_case=True)
    return any(recognises(loose, record, container="sqlite") for record in as_records)


def _of_log(sample: Sample, formats: Sequence[Format]) -> Detection:
    for form in formats:
        pattern = form.recognise.text if form.recognise else ""
        if pattern and "log" in form.containers:
            votes = sum(1 for line in sample.lines if re.search(pattern, line))
            if votes:
                return Detection(form, ((form.name, votes),))
    return Detection(None)


def seen_keys(sample: Sample) -> tuple[str, ...]:
    """Return the keys of the records in order of appearance, those of nested objects with dots."""
    keys: dict[str, None] = {}
    for record in sample.records[:20]:
        if isinstance(record, Mapping):
            for key, value in record.items():
                keys[str(key)] = None
                if isinstance(value, Mapping):
                    keys.update(dict.fromkeys(f"{key}.{inner}" for inner in value))
    for name, columns in sample.tables.items():
        keys.update(dict.fromkeys(f"{name}.{column}" for column in columns))
    return tuple(keys)[:MOST_KEYS]


def fitted(form: Format, sample: Sample) -> Format:
    """Return a format with its keys spelled as this file spells them, where case does not matter."""
    if not (form.ignore_case or sample.container in {"csv", "sqlite"}):
        return form
    spelled: dict[str, set[str]] = {}
    for record in sample.records:
        _collect(record, spelled)
    return _respelled(form, spelled) if spelled else form


def _collect(value: object, spelled: dict[str, set[str]], depth: int = 6) -> None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _parsed(value)
    if isinstance(value, Mapping) and depth:
        for key, inner in value.items():
            spelled.setdefault(str(key).strip().lower(), set()).add(str(key))
            _collect(inner, spelled, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value[:SAMPLE]:
            _collect(inner, spelled, depth - 1)


def _respelled(thing: object, spelled: Mapping[str, set[str]]) -> Format:
    found_form = _respell(thing, spelled)
    if not isinstance(found_form, Format):  # pragma: no cover - a format stays one
        raise TypeError(type(found_form).__name__)
    return found_form


def _respell(thing: object, spelled: Mapping[str, set[str]]) -> object:
    if isinstance(thing, Path):
        return replace(thing, keys=tuple(_key(key, spelled) for key in thing.keys))
    if isinstance(thing, tuple):
        return tuple(_respell(part, spelled) for part in thing)
    if isinstance(thing, dict):
        return {name: _respell(part, spelled) for name, part in thing.items()}
    if hasattr(thing, "__dataclass_fields__") and not isinstance(thing, type):
        changes = {
            name: _respell(getattr(thing, name), spelled) for name in thing.__dataclass_fields__
        }
        return replace(thing, **changes)  # type: ignore[type-var]
    return thing


def _key(key: str | int, spelled: Mapping[str, set[str]]) -> str | int:
    if isinstance(key, int):
        return key
    known = spelled.get(key.lower(), set())
    # A file that mixes spellings keeps the declared one where it occurs.
    return key if not known or key in known else min(known)
