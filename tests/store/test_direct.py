"""Reading lines as structs on all cores gives the same staged records as reading them one document at a time."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from costctl.formats import load_formats
from costctl.store import Store, loading_direct
from costctl.store.compile import compile_format
from costctl.store.loading import Loader
from costctl.store.readers import Part

SAMPLES = Path(__file__).parents[2] / "sample_logs" / "formats"
FORMATS = {form.name: form for form in load_formats({}, "")}
DIRECT = (
    "bedrock_invocation",
    "claude_code",
    "helicone_requests",
    "litellm_payload",
    "langsmith_runs",
    "openai_response_objects",
    "portkey",
)
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


def _values(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything inside an object."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))


def _with(record: dict[str, object], path: tuple[str, ...], value: object) -> bytes:
    """Return a record in which one value, at any depth, is another one."""
    changed = json.loads(json.dumps(record))
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return json.dumps(changed).encode()


def _lines(name: str) -> list[bytes]:
    """Return the sample of a format, lines that are no records, and records with a wrong value at each place in turn."""
    (path,) = (SAMPLES / name).iterdir()
    content = path.read_bytes()
    own = (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()
    record = json.loads(max(own, key=len))
    odd: list[object] = [None, {}, [], "text", 12.5, {"unknown": 1}, ["a", {"b": 1}], True]
    changed = [_with(record, path, odd[n % len(odd)]) for n, path in enumerate(_values(record))]
    changed += [
        _with(record, path, odd[(n + 3) % len(odd)]) for n, path in enumerate(_values(record))
    ]
    return [*own, *NO_RECORDS, b"", b" \t", *changed, *own]


def _staged(store: Store) -> tuple[list[str], list[tuple[object, ...]]]:
    names = [row[0] for row in store.connection.execute("DESCRIBE staged").fetchall()]
    rows = store.connection.execute("SELECT * FROM staged ORDER BY ingest_id, rn, sub").fetchall()
    return names, rows


@pytest.mark.parametrize("name", DIRECT)
def test_both_readers_stage_the_same_records(tmp_path, name):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines(name)))
    statement = compile_format(FORMATS[name])
    with Store.memory() as store:
        loader = Loader(store)
        loader.stage(statement, [Part(7, path)])
        thorough = _staged(store)
        assert loader._stage_directly(statement, [Part(7, path)])
        assert _staged(store) == thorough
    assert {row[3] for row in thorough[1]} >= {"row", "rejected"}


def test_several_files_in_one_have_their_own_records(tmp_path):
    lines = _lines("claude_code")
    files = [lines[:5], lines[5:6], lines[6:]]
    counts = [sum(1 for line in some if line.strip()) for some in files]
    one = tmp_path / "all.jsonl"
    one.write_bytes(b"\n".join(lines))
    parts, alone = [], []
    for number, some in enumerate(files):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(b"\n".join(some))
        alone.append(Part(number + 1, path))
        first = 1 + sum(counts[:number])
        parts.append(Part(number + 1, one, first=first, records=counts[number]))
    statement = compile_format(FORMATS["claude_code"])
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
    path.write_bytes(b"\n".join(_lines("claude_code")))
    statement = compile_format(FORMATS["claude_code"])
    with Store.memory() as store:
        loader = Loader(store)
        assert not loader._stage_directly(statement, [Part(1, path, first=1, records=3)])


def test_a_file_of_which_most_is_unsure_is_read_thoroughly(tmp_path, monkeypatch):
    monkeypatch.setattr(loading_direct, "MOST_UNSURE", 1)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(_lines("claude_code")))
    with Store.memory() as store:
        loader = Loader(store)
        assert not loader._stage_directly(compile_format(FORMATS["claude_code"]), [Part(1, path)])


@pytest.mark.parametrize("name", ["codex_exec", "otlp_genai", "vertex_rr_log"])
def test_formats_that_need_the_order_or_the_whole_record_are_not_read_directly(tmp_path, name):
    form = FORMATS[name]
    (tmp_path / "a").touch()
    select = loading_direct.direct_select(
        form, [Part(1, tmp_path / "a")], tz="UTC", key="k", longest=1 << 24, with_text=False
    )
    assert select is None
