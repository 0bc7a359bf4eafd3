"""The quick no of detection never rules out a format that a closer look takes."""

import csv
import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from costctl.formats import load_formats
from costctl.formats._base import CONTAINERS, Path, Predicate, Recognise
from costctl.formats.evaluate import may_recognise, names_of, recognises
from tests.formats.cases import CASES, Case

FORMATS = load_formats()
AT_MOST = 12
"""Records of a sample that are tried."""


def documents(case: Case) -> list[object]:
    """Return the JSON values of a sample log, those of a CSV as text."""
    if case.log.suffix not in {".jsonl", ".json", ".csv"}:
        return []
    text = case.log.read_text("utf-8-sig")
    if case.log.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))[:AT_MOST]
    if case.log.suffix == ".json":
        return [json.loads(text)]
    lines = [line for line in text.splitlines() if line.startswith(("{", "["))]
    return [json.loads(line) for line in lines if line.endswith(("}", "]"))][:AT_MOST]


def inside(value: object, depth: int = 3) -> Iterator[object]:
    """Yield a value and what stands in it: records of pages and wrappers among them."""
    yield value
    members = value.values() if isinstance(value, dict) else value
    if depth and isinstance(members, (list, type({}.values()))):
        for member in list(members)[:AT_MOST]:
            yield from inside(member, depth - 1)


def respelled(record: object, how: str) -> object:
    """Return a record with its keys written otherwise, at every depth."""
    if isinstance(record, dict):
        change = {"upper": str.upper, "title": str.title, "spaced": " {} ".format}[how]
        return {change(str(key)): respelled(value, how) for key, value in record.items()}
    return [respelled(item, how) for item in record] if isinstance(record, list) else record


def without(record: object, key: str) -> object:
    return {k: v for k, v in record.items() if k != key} if isinstance(record, dict) else record


def mutations(case: Case) -> Iterator[object]:
    """Yield what might be a record of the case's format, and what might be none any more."""
    for document in documents(case):
        for record in inside(document):
            yield record
            yield from (respelled(record, how) for how in ("upper", "title", "spaced"))
            yield from ({"response": record}, {"data": [record]}, [record])
            if isinstance(record, dict):
                yield from (without(record, key) for key in record)
                yield dict.fromkeys(record)


@pytest.mark.parametrize("case", CASES, ids=[case.format for case in CASES])
def test_a_quick_no_is_never_wrong(case: Case):
    taken = 0
    for record in mutations(case):
        names = names_of(record)
        for form in FORMATS:
            for container in ("jsonl", "json", "csv"):
                if recognises(form, record, container=container):
                    taken += 1
                    assert may_recognise(form, names, container), (form.name, container, record)
    assert taken or not documents(case)


def test_a_quick_no_is_given_to_nearly_every_other_format():
    asked = [
        (record, form)
        for case in CASES
        for record in documents(case)
        for form in FORMATS
        if form.name != case.format
    ]
    passed = sum(may_recognise(form, names_of(record), "jsonl") for record, form in asked)
    assert passed < len(asked) / 10


KEYS = ("a", "B", " c ", "a.b")
RECORDS = (
    *({"a": 1}, {"A": "x"}, {"b": {"a": 2}}, {"B": None}, {"c": 1}, {" c ": [1]}, {"a.b": 1}),
    *({}, {"a": "", "B": "x"}, {"x": {"a": 1, "B": 2}}, [{"a": 1}], None, "a"),
)


def _path(chance: random.Random) -> Path:
    first = chance.choice((*KEYS, -1, 0))
    return Path((first, *chance.choice(((), ("a",), (-1,)))), up=chance.choice((0, 0, 0, 1)))


def _takes(rule: Recognise, record: object, *, fold: bool) -> bool:
    form = replace(FORMATS[0], recognise=rule, containers=CONTAINERS, ignore_case=fold)
    return recognises(form, record)


def _test(chance: random.Random, depth: int) -> Predicate:
    kind = chance.choice(("all", "any", "not", "filled", "has", "in", "matches", "at_least"))
    if kind in {"all", "any", "not"}:
        if not depth:
            return Predicate("has", paths=(_path(chance),))
        parts = 1 if kind == "not" else chance.randint(1, 3)
        return Predicate(kind, tuple(_test(chance, depth - 1) for _ in range(parts)))
    paths = tuple(_path(chance) for _ in range(chance.randint(1, 2)))
    return Predicate(kind, paths=paths, values=("1",))


@pytest.mark.parametrize("seed", range(4))
def test_any_declaration_needs_only_keys_of_what_it_takes(seed: int):
    chance = random.Random(seed)
    passed = 0
    for _ in range(500):
        paths = [tuple(_path(chance) for _ in range(chance.randint(0, 2))) for _ in range(2)]
        rule = Recognise(has=paths[0], has_any=paths[1], test=_test(chance, 2))
        for record in RECORDS:
            for fold in (False, True):
                if _takes(rule, record, fold=fold):
                    passed += 1
                    assert not any(k.isdisjoint(names_of(record)) for k in rule.needed), rule
    assert passed
