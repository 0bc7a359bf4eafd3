"""What a declaration can say about one value: where it is, when it counts, and what is done with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

EACH = -1
"""The position that stands for every element of an array or object; only in what recognises a format."""


@dataclass(frozen=True)
class Path:
    """Where a value is, seen from the record.

    Attributes:
        keys: object keys (text) and array positions (int); none is the whole record.
        up: how many enclosing records to climb first (`^`, `^^`): exploded arrays and wrappers enclose.
        attributes: prefix of a keyed list (`@`, `resource@`), or empty; then `keys` is its one full name.
    """

    keys: tuple[str | int, ...] = ()
    up: int = 0
    attributes: str = ""

    def __str__(self) -> str:
        """Return the path as it is written in a declaration."""
        if self.attributes:
            return self.attributes + str(self.keys[0])
        return "^" * self.up + "".join(_steps(self.keys)).removeprefix(".") or "."


def _steps(keys: tuple[str | int, ...]) -> Iterator[str]:
    for key in keys:
        if isinstance(key, int):
            yield "[*]" if key == EACH else f"[{key}]"
        else:
            plain = key and not any(c in key for c in '."^@[]')
            yield f".{key}" if plain else f'."{key}"'


@dataclass(frozen=True)
class Predicate:
    """A test of one record.

    Attributes:
        kind: `all`, `any`, `not` (of `of`); `filled` (neither absent, null, `""`, `{}` nor `[]`); `has` (the key is
            there, even as null); `in` (its text is one of `values`); `matches` (its text contains the pattern
            `values[0]`); `at_least` (a number no less than `values[0]`).
        of: parts of `all`, `any`, `not`.
        paths: what `filled`, `has`, `in`, `matches`, `at_least` look at: the first filled one.
        values: texts to compare with.
    """

    kind: str
    of: tuple["Predicate", ...] = ()
    paths: tuple[Path, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class SumKeys:
    """A sum over the values of a map whose keys match `where` and do not match `unless` (regular expressions)."""

    path: Path
    where: str
    unless: str = ""


@dataclass(frozen=True)
class Scale:
    """A factor: fixed, or looked up by the text of a field (`by`, `factors`); without an entry it is `factor`."""

    factor: Decimal = Decimal(1)
    by: Path | None = None
    factors: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Value:
    """One way to a value: a source, then operations in the order of the attributes below.

    Exactly one source is set: `paths` (first filled wins), `constant`, `column` (another column of this row; only
    in an identity), `sum` (of the filled ones, without those of `less`), `sum_keys`, or `delta` (increase since the previous record in
    which the path was filled; the value itself where there was none or it shrank).

    Attributes:
        when: where false, the value is absent.
        prefix: the source is a list; take its first text that starts so, without the prefix.
        match: take the first capture group of this regular expression.
        mapping: translate; a text without an entry becomes `otherwise`, or absent when that is None.
        time: the form of a time, see `TIMES`; `tz` is the zone of naive texts, `since` the base of relative ones.
        kind: `text`, `int`, `number`, `money`, `flag`; None means that of the column.
        scale: multiplies the number.
    """

    paths: tuple[Path, ...] = ()
    constant: str | None = None
    column: str | None = None
    sum: tuple[Path, ...] = ()
    less: tuple[Path, ...] = ()
    sum_keys: SumKeys | None = None
    delta: Path | None = None
    when: Predicate | None = None
    prefix: str | None = None
    match: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None
    time: str | None = None
    tz: str | None = None
    since: datetime | None = None
    kind: str | None = None
    scale: Scale | None = None


Expression = tuple[Value, ...]
"""Alternatives: the first that is filled wins."""


def needed_of(
    has: tuple[Path, ...], has_any: tuple[Path, ...], test: Predicate | None
) -> tuple[frozenset[str], ...]:
    """Return sets of keys, in lower case, of each of which a record has one if it passes these tests."""
    clauses = [_firsts((path,)) for path in has]
    clauses += [_firsts(has_any), *(_needed(test) if test else ())]
    return tuple(sorted(filter(None, clauses), key=len))


def _needed(test: Predicate) -> list[frozenset[str]]:
    if test.kind == "all":
        return [clause for part in test.of for clause in _needed(part)]
    if test.kind == "any":
        smallest = [min(filter(None, _needed(part)), key=len, default=None) for part in test.of]
        known = [clause for clause in smallest if clause is not None]
        return [frozenset().union(*known)] if len(known) == len(smallest) else []
    return [] if test.kind == "not" else [_firsts(test.paths)]


def _firsts(paths: tuple[Path, ...]) -> frozenset[str]:
    """Return the keys of the record at which paths begin; none where one may begin elsewhere."""
    keys = [path.keys[0] if path.keys else 0 for path in paths if not (path.up or path.attributes)]
    names = [key.strip().lower() for key in keys if isinstance(key, str)]
    return frozenset(names if len(names) == len(keys) else ())
