"""Reading lines as structs on all cores gives the same staged records as reading them one document at a time."""

import gzip
import json
from collections.abc import Iterator
from copy import copy
from functools import reduce
from pathlib import Path

import pytest

from costctl.formats import format_named, load_formats
from costctl.formats._base import Format
from costctl.store import Store, loading_direct
from costctl.store.compile import compile_format
from costctl.store.loading import Loader
from costctl.store.readers import Part

SAMPLES = Path(__file__).parents[2] / "sample_logs" / "formats"
FORMATS = {form.name: form for form in load_formats({}, "")}
DIRECT = (
    "bedrock_invocation",
    "otlp_genai",
    "claude_code",
    "helicone_requests",
    "kong",
    "litellm_payload",
    "langsmith_runs",
    "openai_response_objects",
    "portkey",
)
Place = tuple[str | int, ...]
NO_RECORDS = (
    b"[1, 2]",
    b"17",
    b"null",
    b'{"type": "assis',
    b"{}",
    b'{"other": 1}',
    b"\xff{}",
    b'"{}"',
    b"{} {}",
)


@pytest.fixture(autouse=True)
def _small_files_too(monkeypatch) -> None:
    monkeypatch.setattr(loading_direct, "FROM", 0)


def _places(value: object, path: Place = ()) -> Iterator[Place]:
    """Yield the path of everything inside an object, arrays included."""
    if path:
        yield path
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in inside:
            yield from _places(inner, (*path, key))


def _changed(record: object, path: Place, value: object) -> object:
    """Return a record in which one value, at any depth, is another one."""
    if not path:
        return value
    changed = copy(record)
    changed[path[0]] = _changed(record[path[0]], path[1:], value)
    return changed


def _odd(value: object) -> list[object]:
    """Return what may stand in the place of a value, though nobody expects it there."""
    odd: list[object] = [None, {}, [], "", "text", 12.5, {"unknown": 1}, ["a", {"b": 1}], True]
    return [*odd, [], [value], [None, value, value], {"a": value, "b": value}]


def _text(record: object) -> bytes:
    return json.dumps(record).encode()


def _without(record: object, path: Place) -> bytes:
    """Return a record in which a value is called otherwise, and its name stands twice, in two cases."""
    marked = _text(_changed(record, path, "HERE"))
    name = _text(path[-1])
    return marked.replace(
        name + b': "HERE"', name.upper() + b": {}, " + name + b": [], " + name + b": 7"
    )


def _sample(name: str) -> list[bytes]:
    (path,) = (SAMPLES / name).iterdir()
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()


def _lines(own: list[bytes]) -> list[bytes]:
    """Return the lines of a log, lines that are no records, and records with wrong values at each place in turn."""
    record = json.loads(max(own, key=len))
    changed = []
    for number, place in enumerate(_places(record)):
        value = reduce(lambda inside, key: inside[key], place, record)
        changed += [_text(_changed(record, place, odd)) for odd in _odd(value)[number % 3 :: 3]]
        changed.append(_without(record, place))
    return [*own, *NO_RECORDS, b"", b" \t", *changed, *own]


def _staged(store: Store) -> tuple[list[str], list[tuple[object, ...]]]:
    names = [row[0] for row in store.connection.execute("DESCRIBE staged").fetchall()]
    rows = store.connection.execute("SELECT * FROM staged ORDER BY ingest_id, rn, sub").fetchall()
    return names, rows


def _assert_both_stage_the_same(form: Format, path: Path) -> None:
    statement = compile_format(form)
    with Store.memory() as store:
        loader = Loader(store)
        loader.stage(statement, [Part(7, str(path))])
        thorough = _staged(store)
        assert loader._stage_directly(statement, [Part(7, str(path))])
        assert _staged(store) == thorough
    assert {row[3] for row in thorough[1]} >= {"row", "rejected"}


@pytest.mark.parametrize("name", DIRECT)
def test_both_readers_stage_the_same_records(tmp_path, name):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines(_sample(name))))
    _assert_both_stage_the_same(FORMATS[name], path)


NESTED = """
name: nested
about: Calls in batches
containers: [jsonl]
recognise: {has: [batches]}
records: {explode: [batches, calls]}
parse: [answer]
attributes:
  "@": {list: labels, key: name, value: text}
  "counts@": {list: answer.counts, key: kind, value: n, typed: sum}
  "more@": {list: steps, key: name, value: n, typed: sum}
  "batch@": {list: ^about.labels, key: key, value: value, typed: otlp}
keep: {path: kind, in: [call]}
skip: {filled: hidden}
row:
  request_id: id
  occurred_at: {path: [at, ^at], time: auto}
  requested_model: [model, ^model, ^^model]
  endpoint: steps[0].name
  status: {when: {filled: error}, value: error}
  tags.team: "@team"
  tags.place: "batch@place"
tokens: {input: ["counts@in", answer.input], output: answer.output, reasoning: "more@think"}
identity: {key: [id]}
merge: last
"""


def test_records_two_arrays_deep_with_keyed_lists_of_each_kind(tmp_path):
    """A name that occurs twice, a text that holds JSON, and values of two enclosing records."""
    call = {
        "kind": "call",
        "id": "a",
        "at": "2026-03-02T10:00:00Z",
        "labels": [{"name": "team", "text": "x"}, {"name": "team", "text": "y"}, {"name": None}],
        "answer": '{"output": 5, "counts": [{"kind": "in", "n": 3}, {"kind": "in", "n": 4}]}',
        "steps": [{"name": "think", "n": 1}, {"name": "think", "n": "1"}],
        "error": {"code": 1},
        "hidden": {},
    }
    other = {"kind": "call", "id": "b", "answer": {"input": 1, "output": 2}, "hidden": {"a": 1}}
    about = {"labels": [{"key": "place", "value": {"intValue": 3}}]}
    batch = {"about": about, "calls": [call, other, {"kind": "no"}], "at": "2026-03-03 10:00:00"}
    lines = [_text({"batches": [{**batch, "model": "m"}, batch, {"calls": []}], "model": "n"})]
    form = tmp_path / "nested.yaml"
    form.write_text(NESTED)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines(lines)))
    _assert_both_stage_the_same(format_named(str(form)), path)


@pytest.mark.parametrize("name", ["claude_code", "otlp_genai"])
def test_several_files_in_one_have_their_own_records(tmp_path, name):
    lines = _lines(_sample(name))
    files = [lines[:5], lines[5:6], lines[6:]]
    counts = [sum(1 for line in some if line.strip()) for some in files]
    one = tmp_path / "all.jsonl"
    one.write_bytes(b"\n".join(lines))
    parts, alone = [], []
    for number, some in enumerate(files):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(b"\n".join(some))
        alone.append(Part(number + 1, str(path)))
        first = 1 + sum(counts[:number])
        parts.append(Part(number + 1, str(one), first=first, records=counts[number]))
    statement = compile_format(FORMATS[name])
    with Store.memory() as store:
        loader = Loader(store)
        loader.stage(statement, alone)
        each = _staged(store)
        loader.stage(statement, parts)
        assert _staged(store) == each
        assert loader._stage_directly(statement, parts)
        assert _staged(store) == each


def test_files_of_which_a_line_is_amiss_are_not_read_directly(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines(_sample("claude_code"))))
    statement = compile_format(FORMATS["claude_code"])
    with Store.memory() as store:
        loader = Loader(store)
        assert not loader._stage_directly(statement, [Part(1, str(path), first=1, records=3)])


def test_a_file_of_which_most_is_unsure_is_read_thoroughly(tmp_path, monkeypatch):
    monkeypatch.setattr(loading_direct, "MOST_UNSURE", 1)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines(_sample("claude_code"))))
    with Store.memory() as store:
        loader = Loader(store)
        assert not loader._stage_directly(
            compile_format(FORMATS["claude_code"]), [Part(1, str(path))]
        )


@pytest.mark.parametrize("name", ["codex_exec", "gemini_cli", "vertex_rr_log"])
def test_formats_that_need_the_order_or_the_whole_record_are_not_read_directly(tmp_path, name):
    form = FORMATS[name]
    (tmp_path / "a").touch()
    select = loading_direct.direct_select(
        compile_format(form),
        [Part(1, str(tmp_path / "a"))],
        key="k",
        longest=1 << 24,
        with_text=False,
    )
    assert select is None
