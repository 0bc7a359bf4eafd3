"""Lines of other formats behind the beginning of a file, which is all that detection looks at.

Nearly every line tells by a few of its bytes that it is of the file's own format, or of none; only the others are
taken apart.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from costctl.formats._base import Format, Path, Predicate
from costctl.formats.detect import SAMPLE, wrapped_format
from costctl.formats.evaluate import may_recognise, names_of, recognises
from costctl.formats.mixed import MOST

Signs = tuple[tuple[str, ...], ...]
"""Words that a line holds: of each of these one."""

ROWS = 4096
"""Lines that are looked at together."""

MOST_WAYS = 16
"""Ways in which a rule may hold before it is taken to say nothing."""


class Strangers:
    """Finds them; remembers which formats some keys may belong to."""

    def __init__(self, formats: Sequence[Format]) -> None:
        self.formats = formats
        # The longest word first: it is the rarest, and most lines are told by the lack of it.
        self.ways = {
            form.name: [
                tuple(map(_bytes, sorted(way, key=lambda words: -min(map(len, words)))))
                for way in ways_of(form)
            ]
            for form in formats
        }
        self.signs: dict[str, list[list[list[bytes]]]] = {}
        self.possible: dict[tuple[str, ...], list[Format]] = {}

    def among(self, forms: Sequence[Format], rows: Iterable[bytes]) -> dict[str, list[object]]:
        """Return the names of other formats that some lines are of, each with a few of these lines as records."""
        known = {form.name for form in forms}
        found: dict[str, list[object]] = {}
        for row in self._not_of(forms[0], rows):
            record = _object(row)
            name = self._format_of(record, row) if record else ""
            if name and name not in known and (name in found or len(found) + len(known) < MOST):
                records = found.setdefault(name, [])
                if len(records) < SAMPLE:
                    records.append(record)
        return found

    def are_of(self, form: Format, rows: Sequence[bytes]) -> bool:
        """Return whether the lines are of a format, at least one of them, and the others objects of none."""
        others = list(self._not_of(form, rows))
        for row in others:
            record = _object(row)
            if not record or self._format_of(record, row) not in {"", form.name}:
                return False
        if len(others) == len(rows):
            return False
        apart = set(map(id, others))
        first = next(row for row in rows if id(row) not in apart)
        return recognises(form, _object(first))

    def is_like(self, form: Format, row: bytes) -> bool:
        """Return whether a line holds the words of a format in which capitals count."""
        # Loops and no generators, which take twice the time: this is asked of each of very many files.
        for way in self._signs_of(form):
            for signs in way:
                for sign in signs:
                    if sign in row:
                        break
                else:
                    break
            else:
                return True
        return False

    def of_others(self, form: Format, rows: Iterable[bytes]) -> bool:
        """Return whether one of some lines is of another format."""
        return any(
            self._format_of(record, row) not in {"", form.name}
            for row in self._not_of(form, rows)
            if (record := _object(row))
        )

    def _not_of(self, form: Format, rows: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines that lack a word of a format, whichever way its rule holds."""
        signs = self._signs_of(form)
        lines = iter(rows)
        while some := list(islice(lines, ROWS)):
            for way in signs:
                some = _lacking(some, way, fold=form.ignore_case)
            yield from some

    def _signs_of(self, form: Format) -> list[list[list[bytes]]]:
        """Return the words, in quotes, that a line of a format holds, way by way; nothing where one way has none."""
        if form.name not in self.signs:
            ways = ways_of(form)
            told = ways if all(ways) else []
            fold = form.ignore_case
            self.signs[form.name] = [[_quoted(words, fold=fold) for words in way] for way in told]
        return self.signs[form.name]

    def _format_of(self, record: dict[str, object], row: bytes) -> str:
        keys = tuple(record)
        if keys not in self.possible:
            names = names_of(record)
            self.possible[keys] = [f for f in self.formats if may_recognise(f, names, "jsonl")]
        for form in self.possible[keys]:
            if self._has_words(form, row) and recognises(form, record):
                return form.name
        return wrapped_format(record, self.formats)

    def _has_words(self, form: Format, row: bytes) -> bool:
        """Return whether a line holds the words that a format asks for: a quick no for nearly every line."""
        text = row.lower()
        return any(
            all(any(word in text for word in words) for words in way)
            for way in self.ways[form.name]
        )


def _bytes(words: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(json.dumps(word)[1:-1].lower().encode() for word in words)


def _object(row: bytes) -> dict[str, object]:
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _quoted(words: Iterable[str], *, fold: bool) -> list[bytes]:
    return [f'"{word.lower() if fold else word}"'.encode() for word in words]


def _lacking(rows: list[bytes], way: list[list[bytes]], *, fold: bool) -> list[bytes]:
    """Return the lines that do not hold all the words of a format, in quotes."""
    found: list[bytes] = []
    for signs in way:
        lacking = rows
        for sign in signs:
            if fold:
                lacking = [row for row in lacking if sign not in row.lower()]
            else:
                lacking = [row for row in lacking if sign not in row]
        # Nearly always a file has no such line.
        if lacking:
            found += lacking
            apart = set(map(id, lacking))
            rows = [row for row in rows if id(row) not in apart]
    return found


def ways_of(form: Format) -> list[Signs]:
    """Return what a line of a format may hold, way by way; an empty way says nothing."""
    rule = form.recognise
    if rule is None or rule.tables or "jsonl" not in (rule.containers or form.containers):
        return []
    parts = [[_names((path,))] for path in rule.has]
    parts += [[_names(rule.has_any)]] if rule.has_any else []
    return _both([*parts, *([_ways(rule.test)] if rule.test else [])])


def _ways(test: Predicate) -> list[Signs]:
    if test.kind == "all":
        return _both([_ways(part) for part in test.of])
    if test.kind == "any":
        return [way for part in test.of for way in _ways(part)]
    if test.kind == "not":
        return [()]
    values = (test.values,) if test.kind == "in" else ()
    return [(*_names(test.paths), *values)]


def _both(parts: Sequence[list[Signs]]) -> list[Signs]:
    """Return the ways in which all parts hold."""
    ways: list[Signs] = [()]
    for part in parts:
        ways = [(*way, *more) for way in ways for more in part]
    return ways if len(ways) <= MOST_WAYS else [()]


def _names(paths: Sequence[Path]) -> Signs:
    """Return the keys on a path, or one key of each of several; nothing where one may begin elsewhere."""
    keys = [[key for key in path.keys if isinstance(key, str)] for path in paths]
    if not all(keys) or any(path.up or path.attributes for path in paths):
        return ()
    if len(keys) == 1:
        return tuple((key,) for key in keys[0])
    return (tuple(max(names, key=len) for names in keys),)
