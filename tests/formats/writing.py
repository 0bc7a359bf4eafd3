"""Writes canonical rows in the shape of a format, by turning its declaration around.


The shape is a record of the format's sample; only the counts and what makes a record a call of its own change.
"""

# ruff: noqa: S608 - the names are ours

import copy
import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path as File
from typing import Any

from costctl.formats import builtin
from costctl.formats._base import Expression, Format, Path, Predicate, TokenBlock, Value
from costctl.formats.detect import SAMPLE
from costctl.formats.evaluate import holds
from costctl.sources import log_text
from costctl.store import Store
from tests.formats.cases import BY_NAME, CLASSES, Case, read

LANGFUSE = {
    "input": "input",
    "cache_read": "input_cached_tokens",
    "cache_write": "input_cache_creation",
    "cache_write_long": "input_cache_creation_1h",
    "audio_input": "input_audio_tokens",
    "audio_output": "output_audio_tokens",
    "image_input": "input_image_tokens",
    "image_output": "output_image_tokens",
    "reasoning": "output_reasoning_tokens",
    "output": "output",
}
ORDER = ("cache_write_long", "cache_write", "cache_read", "reasoning", "audio_input")
DISJOINT = CLASSES[:8]

Row = dict[str, int]


class Shape:
    """A record of a format that rows can be written into.

    Attributes:
        form: the declaration.
        counts: token classes that the format can tell.
        above: documents that enclose the record, outermost first.
    """

    def __init__(self, name: str) -> None:
        self.case: Case = BY_NAME[name]
        self.form: Format = builtin(name)
        self.documents = list(_documents(self.case))
        self.before: list[Any] = []
        self.document = self._usable()
        self.block = self._block()
        self.counts = self._classes()

    def _usable(self) -> Any:
        """Return a document that gives one billable row on its own, with what must stand before it."""
        for number, document in enumerate(self.documents):
            for candidate in _trimmed(self.form, document):
                lines = [d for d in self.documents[:number] if self._is_carried(d)]
                if _gives_one(self, lines, candidate):
                    self.before = lines
                    return candidate
        raise AssertionError(self.case.format)

    def _is_carried(self, document: Any) -> bool:
        """Return whether a line is no call, but may say something about the calls that follow."""
        keep = self.form.keep
        return bool(self.form.carry) and keep is not None and not holds(keep, document)

    def _block(self) -> TokenBlock:
        record = self._levels(self.document)[-1]
        for variant in self.form.variants:
            if variant.tokens and (variant.when is None or _may_hold(variant.when, record)):
                return variant.tokens
        return self.form.tokens

    def _classes(self) -> set[str]:
        known = {"input_uncached" if n == "input" else n for n in self.block.counts if n != "total"}
        if "cache_write" not in known:
            known.discard("cache_write_long")
        return known

    def _levels(self, document: Any) -> list[Any]:
        levels = [document]
        for explode in self.form.explode:
            inner = _get(levels[-1], explode.path.keys)
            if isinstance(inner, list) and inner:
                levels.append(inner[0])
            elif isinstance(inner, dict) and not explode.or_self:
                levels.append(next(iter(inner.values())))
        return levels

    def written(self, row: Mapping[str, int], number: int) -> Any:
        """Return the document of a row; its number makes it a call of its own."""
        document = copy.deepcopy(self.document)
        levels = self._levels(document)
        for name in self.block.counts:
            for value in self.block.counts[name]:
                for path in (*value.paths, *value.sum, *value.less):
                    _remove(self.form, levels, path)
        for name, count in sorted(self._logged(row).items(), key=_rank):
            self._put_count(levels, name, count)
        self._make_own(levels, number)
        return document

    def _logged(self, row: Mapping[str, int]) -> Row:
        block = self.block
        logged = {n: row.get(n, 0) for n in block.counts if n not in {"input", "output", "total"}}
        if "input" in block.counts:
            logged["input"] = row.get("input_uncached", 0) + sum(
                logged.get(n, 0) for n in block.input_includes
            )
        if "output" in block.counts:
            inside = sum(logged.get(n, 0) for n in block.output_includes if n != "reasoning")
            added = sum(logged.get(n, 0) for n in block.output_adds)
            logged["output"] = row.get("output", 0) + inside - added
        return logged

    def _put_count(self, levels: list[Any], name: str, count: int) -> None:
        value = self.block.counts[name][0]
        if value.sum_keys is not None:
            details = levels[-1].setdefault("usageDetails", {})
            if name == "cache_write":
                count -= details.get(LANGFUSE["cache_write_long"], 0)
            details[LANGFUSE[name]] = count
        elif value.sum:
            rest = sum(int(_read(levels, path) or 0) for path in value.sum[1:])
            _put(self.form, levels, value.sum[0], count - rest)
        elif value.delta is not None:
            _put(self.form, levels, value.delta, count)
        else:
            _put(self.form, levels, value.paths[0], count)

    def _make_own(self, levels: list[Any], number: int) -> None:
        fixed = {str(p) for p in _tested(self.form.keep)}
        expressions: list[Expression] = [*self.form.identity.key]
        expressions += [self.form.row.get("request_id", ())]
        if self.form.merge == "sum_last":
            expressions.append(self.form.row["endpoint"])
        paths = [p for e in expressions for v in e for p in v.paths]
        for path in paths:
            old = _read(levels, path)
            if str(path) in fixed or isinstance(old, bool | int | float) or path.up:
                continue
            if _is_time(self.form, path):
                continue
            if old is None and path != paths[0]:
                continue
            _put(self.form, levels, path, f"{old or 'k'}-{number}")
        if self.form.changed is not None:
            _put(self.form, levels, Path((*self.form.changed.keys, "total_tokens")), 10**6 + number)

    def save(self, documents: list[Any], target: File) -> File:
        """Write documents in the container of the format's sample."""
        documents = [*self.before, *documents]
        kind = self.form.containers[0]
        if kind == "sqlite":
            _save_sqlite(self.form, documents, target)
        elif kind == "csv":
            _save_csv(documents, target)
        elif kind == "log":
            target.write_text("".join(f"INFO:app:{d!r}\n" for d in documents), "utf-8")
        else:
            target.write_text("".join(json.dumps(d) + "\n" for d in documents), "utf-8")
        return target


def tokens_of(store: Store) -> list[tuple[int, ...]]:
    """Return the token classes of all rows, sorted."""
    listed = ", ".join(CLASSES)
    return sorted(store.connection.execute(f"SELECT {listed} FROM usage").fetchall())


def _gives_one(shape: Shape, before: list[Any], document: Any) -> bool:
    target = File(_scratch()) / "one"
    shape.before = before
    store, (result,) = read(shape.save([document], target), log_format=shape.form.name)
    if result.error:
        return False
    rows = store.connection.execute(
        "SELECT count(*), count(*) FILTER (billable AND status = 'ok') FROM usage"
    ).fetchone()
    return rows == (1, 1)


def _scratch() -> str:
    import tempfile  # noqa: PLC0415 - one throw-away folder

    return tempfile.mkdtemp(prefix="costctl-test-")


def _documents(case: Case) -> Iterator[Any]:
    form = builtin(case.format)
    raw = case.log.read_bytes()
    if raw.startswith(b"SQLite"):
        with sqlite3.connect(case.log) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(r) for r in connection.execute(f"SELECT * FROM {form.tables[0]}")]
        connection.close()
        yield from (_parsed(form, record) for record in found)
        return
    text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8-sig")
    if case.log.suffix == ".csv":
        yield from (_parsed(form, dict(r)) for r in csv.DictReader(text.splitlines()))
        return
    if case.log.suffix == ".log":
        lines = (d for _, _, d in log_text.records(text.splitlines()[:SAMPLE]))
        yield from (json.loads(line) for line in lines if line)
        return
    try:
        yield _parsed(form, json.loads(text))
    except ValueError:
        yield from (_parsed(form, json.loads(x)) for x in text.splitlines() if x.endswith("}"))


def _parsed(form: Format, document: Any) -> Any:
    for parse in form.parse:
        text = _get(document, parse.path.keys)
        if isinstance(text, str) and text.startswith(("{", "[", '"')):
            # What is cut off stays the text that it is.
            with suppress(ValueError):
                _set(document, parse.path.keys, json.loads(text))
    return document


def _trimmed(form: Format, document: Any) -> Iterator[Any]:
    """Yield copies of a document with one element in each array that is unfolded."""
    if not form.explode:
        yield copy.deepcopy(document)
        return

    def cut(level: Any, rest: tuple[Any, ...]) -> Iterator[Any]:
        if not rest:
            yield copy.deepcopy(level)
            return
        inner = _get(level, rest[0].path.keys)
        if isinstance(inner, list):
            for element in inner:
                for one in cut(element, rest[1:]):
                    whole = copy.deepcopy(level)
                    _set(whole, rest[0].path.keys, [_parsed(form, one)])
                    yield whole
        else:
            yield copy.deepcopy(level)

    yield from cut(document, form.explode)


def _may_hold(test: Predicate, record: Any) -> bool:
    if test.kind in {"all", "any"}:
        parts = [_may_hold(part, record) for part in test.of]
        return all(parts) if test.kind == "all" else any(parts)
    return any(_get(record, path.keys) is not None for path in test.paths)


def _tested(test: Predicate | None) -> Iterator[Path]:
    """Yield the paths whose value a test compares."""
    if test is not None:
        yield from test.paths if test.kind not in {"filled", "has"} else ()
        for part in test.of:
            yield from _tested(part)


def _is_time(form: Format, path: Path) -> bool:
    return any(path in v.paths for v in form.row.get("occurred_at", ()))


def _rank(item: tuple[str, int]) -> int:
    return ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)


def _read(levels: list[Any], path: Path) -> Any:
    at = len(levels) - 1 - path.up
    return _get(levels[at], path.keys) if at >= 0 and not path.attributes else None


def _get(value: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def _set(document: Any, keys: tuple[str | int, ...], value: Any) -> None:
    for key in keys[:-1]:
        inner = document.get(key)
        if not isinstance(inner, dict | list):
            document[key] = inner = {}
        document = inner
    document[keys[-1]] = value


def _real(form: Format, keys: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return where a path stands in a record, if it begins with a name that the format gives to a text."""
    for parse in form.parse:
        if parse.name and keys[0] == parse.name:
            return (*parse.path.keys, *keys[1:])
    return keys


def _put(form: Format, levels: list[Any], path: Path, value: Any) -> None:
    if path.attributes:
        declared = form.attributes[path.attributes]
        entries = _get(levels[-1], declared.list.keys)
        if declared.objects:
            _set(levels[-1], (*declared.list.keys, path.keys[0]), value)
            return
        if entries is None:
            entries = []
            _set(levels[-1], declared.list.keys, entries)
        shown = {"intValue": str(value)} if declared.typed == "otlp" else value
        entries.append({declared.key: path.keys[0], declared.value: shown})
        return
    _set(levels[len(levels) - 1 - path.up], _real(form, path.keys), value)


def _remove(form: Format, levels: list[Any], path: Path) -> None:
    if path.attributes:
        declared = form.attributes[path.attributes]
        entries = _get(levels[-1], declared.list.keys) or []
        if isinstance(entries, dict):
            entries.pop(path.keys[0], None)
            return
        entries[:] = [e for e in entries if e.get(declared.key) != path.keys[0]]
        return
    keys = _real(form, path.keys)
    inside = _get(levels[-1], keys[:-1])
    if isinstance(inside, dict):
        inside.pop(keys[-1], None)


def _save_csv(documents: list[Any], target: File) -> None:
    names = list(dict.fromkeys(name for d in documents for name in d))
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, names)
        out.writeheader()
        for document in documents:
            out.writerow(
                {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in document.items()}
            )


def _save_sqlite(form: Format, documents: list[Any], target: File) -> None:
    target.unlink(missing_ok=True)
    connection = sqlite3.connect(target)
    names = list(dict.fromkeys(name for d in documents for name in d))
    for table in ("_llm_migrations", "conversations"):
        connection.execute(f"CREATE TABLE {table} (name TEXT)")
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(f"CREATE TABLE {form.tables[0]} ({columns})")
    marks = ", ".join("?" for _ in names)
    for document in documents:
        values = [document.get(name) for name in names]
        plain = [json.dumps(v) if isinstance(v, dict | list) else v for v in values]
        connection.execute(f"INSERT INTO {form.tables[0]} VALUES ({marks})", plain)
    connection.commit()
    connection.close()


__all__ = ["DISJOINT", "Shape", "Value", "tokens_of"]
