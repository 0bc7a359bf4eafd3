"""Tests of a declaration on records in memory: what detection asks of the first records of a file."""

import json
import re
from collections.abc import Mapping

from costctl.formats._base import EACH, Format, Path, Predicate

NOTHING: tuple[object, ...] = (None, "", {}, [])


def found(record: object, path: Path, *, fold: bool = False) -> list[object]:
    """Return what stands at a path, even null; `[*]` may give several. `fold` ignores the case of keys."""
    if path.up or path.attributes:
        return []
    value = record
    for place, key in enumerate(path.keys):
        # Nearly every step is to a key that is there.
        if not isinstance(value, dict) or key not in value:
            return _walk(value, path.keys[place:], fold=fold)
        value = value[key]
    return [value]


def _walk(value: object, keys: tuple[str | int, ...], *, fold: bool) -> list[object]:
    if not keys:
        return [value]
    children = _children(value, keys[0], fold=fold)
    return [inner for child in children for inner in _walk(child, keys[1:], fold=fold)]


def _children(value: object, key: str | int, *, fold: bool) -> list[object]:
    if isinstance(value, dict):
        if key == EACH:
            return list(value.values())
        if key in value:
            return [value[key]]
        if not fold:
            return []
        folded = str(key).lower()
        return [v for k, v in value.items() if k.strip().lower() == folded][:1]
    if isinstance(value, list) and isinstance(key, int):
        return list(value) if key == EACH else value[key : key + 1]
    return []


def holds(test: Predicate, record: object, *, fold: bool = False) -> bool:
    """Return whether a record passes a test."""
    if test.kind == "all":
        return all(holds(part, record, fold=fold) for part in test.of)
    if test.kind == "any":
        return any(holds(part, record, fold=fold) for part in test.of)
    if test.kind == "not":
        return not holds(test.of[0], record, fold=fold)
    values = [v for path in test.paths for v in found(record, path, fold=fold)]
    if test.kind == "has":
        return bool(values)
    filled = [v for v in values if v not in NOTHING]
    if test.kind == "filled":
        return bool(filled)
    return any(_compare(test, text_of(value)) for value in filled)


def _compare(test: Predicate, text: str) -> bool:
    if test.kind == "in":
        return text in test.values
    if test.kind == "matches":
        return re.search(test.values[0], text) is not None
    try:
        return float(text) >= float(test.values[0])
    except ValueError:
        return False


def text_of(value: object) -> str:
    """Return a JSON value as the text that paths give."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def names_of(record: object) -> frozenset[str]:
    """Return the keys of a record, case and space around them aside."""
    if not isinstance(record, dict):
        return frozenset()
    return frozenset(str(key).strip().lower() for key in record)


def may_recognise(form: Format, names: frozenset[str], container: str) -> bool:
    """Return whether a record with these keys may be of a format: a quick no for nearly every other format."""
    rule = form.recognise
    if rule is None or container not in (rule.containers or form.containers) or rule.tables:
        return False
    return not any(keys.isdisjoint(names) for keys in rule.needed)


def recognises(form: Format, record: object, *, container: str = "jsonl") -> bool:
    """Return whether a record is of a format, wrappers and pages aside."""
    rule = form.recognise
    if rule is None or container not in (rule.containers or form.containers) or rule.tables:
        return False
    if not (rule.has or rule.has_any or rule.test) or not isinstance(record, Mapping):
        return False
    fold = form.ignore_case or container == "csv"
    return (
        all(found(record, path, fold=fold) for path in rule.has)
        and (not rule.has_any or any(found(record, path, fold=fold) for path in rule.has_any))
        and (rule.test is None or holds(rule.test, record, fold=fold))
    )
