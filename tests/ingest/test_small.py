"""Many small files are read as one, and known by their neighbours: the answer is as if each were read alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from costctl import ingest as reading
from costctl.ingest import _small
from costctl.ingest._base import FileResult, Plan
from costctl.ingest._plan import Planner
from costctl.sources import lines
from costctl.sources.discover import Found, Missing
from tests.ingest.records import record

CLAUDE = {
    "type": "assistant",
    "sessionId": "s",
    "message": {
        "id": "",
        "model": "claude-sonnet-4-5",
        "usage": {"input_tokens": 0, "output_tokens": 5},
    },
}


def _call(number: int) -> bytes:
    message = {**CLAUDE["message"], "id": f"msg_{number}"}  # type: ignore[dict-item]
    message["usage"] = {"input_tokens": number, "output_tokens": 5}
    moment = f"2026-10-{number % 28 + 1:02}T10:00:00.123Z"
    return json.dumps({**CLAUDE, "timestamp": moment, "message": message}).encode()


ODD = {
    18: lambda text: b"\n" + text.replace(b"\n", b"\r\n") + b" \t\n",
    20: lambda text: text.rstrip(),
    22: lambda text: text + b'{"type": "assistant", "mess',
    24: lambda text: text.replace(b"{}", b"[1]\n17\nnot json\nnull"),
    26: lambda text: json.dumps(record(1)).encode() + b"\n" + text,
    28: lambda text: text + json.dumps(record(2)).encode() + b"\n",
}
"""Sessions that are odd, and how; two have a call of another format, of 101 and 102 tokens."""


def _tree(folder: Path) -> int:
    """Make sessions of which some are odd; return the input tokens of all their calls."""
    for session in range(30):
        some = [_call(session * 5 + n) for n in range(1, 6)]
        some[2:2] = [b'{"type": "user", "sessionId": "s", "message": {"content": "hi"}}', b"{}"]
        text = b"\n".join(some) + b"\n"
        changed = ODD.get(session, bytes)(text)
        (folder / f"session-{session:02}.jsonl").write_bytes(changed)
    (folder / "session-10-empty.jsonl").write_bytes(b"")
    (folder / "session-21-blank.jsonl").write_bytes(b"\n \n\t\n")
    (folder / "notes.md").write_text("# Notes\n")
    return sum(range(1, 151)) + 101 + 102


def _answers(run, folder: Path, db: str) -> tuple[Any, Any, Any]:
    def document(*words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run(*words, "--db", db, "--json").stdout)["result"]
        return found

    read = document("ingest", str(folder))
    told = document("breakdown", "--by", "day,model")
    return (
        read["files"],
        (told["rows"], told["total"]),
        document("status", "--rejects")["rejects"],
    )


def test_a_tree_of_small_files_is_read_as_each_alone(run, tmp_path, monkeypatch):
    folder = tmp_path / "logs"
    folder.mkdir()
    total = _tree(folder)
    together = _answers(run, folder, "a.duckdb")
    again = json.loads(run("ingest", "logs", "--db", "a.duckdb", "--json").stdout)
    assert again["result"]["total"]["new_rows"] == 0
    monkeypatch.setattr(_small, "SMALL", 0)
    alone = _answers(run, folder, "b.duckdb")
    assert together == alone
    assert together[1][1]["tokens"]["input_uncached"] == total


def test_a_line_of_another_format_is_seen_anywhere_among_alike_files(run, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for session in range(20):
        some = [_call(session * 5 + n) for n in range(1, 6)]
        if session == 18:
            some[1:1] = [json.dumps(record(3)).encode()]
        (folder / f"session-{session:02}.jsonl").write_bytes(b"\n".join(some) + b"\n")
    told = json.loads(run("breakdown", "logs", "--json").stdout)["result"]["total"]
    assert (told["requests"], told["tokens"]["input_uncached"]) == (101, sum(range(1, 101)) + 103)


ANOTHERS = {
    "type": "message",
    "id": "msg_other",
    "model": "claude-sonnet-4-5",
    "usage": {"input_tokens": 1000, "output_tokens": 1},
}
"""A raw answer: it begins as the lines of a session do."""


@pytest.mark.parametrize("place", [1, 3, 250])
def test_no_line_of_another_format_hides_behind_the_same_first_key(run, tmp_path, place):
    folder = tmp_path / "logs"
    folder.mkdir()
    for session in range(20):
        some = [_call(session * 5 + n) for n in range(1, 6)]
        # Only where the line hides are there many others.
        more = 300 if session == 18 else 3
        some += [b'{"type": "progress", "sessionId": "s", "data": {"n": 1}}'] * more
        if session == 18:
            some.insert(place, json.dumps(ANOTHERS).encode())
        (folder / f"session-{session:02}.jsonl").write_bytes(b"\n".join(some) + b"\n")
    told = json.loads(run("breakdown", "logs", "--json").stdout)["result"]["total"]
    assert (told["requests"], told["tokens"]["input_uncached"]) == (101, sum(range(1, 101)) + 1000)


def test_a_file_that_only_has_the_words_of_its_neighbours_is_read_as_if_alone(run, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for session in range(20):
        some = [_call(session * 5 + n) for n in range(1, 6)]
        (folder / f"session-{session:02}.jsonl").write_bytes(b"\n".join(some) + b"\n")
    said = {"type": "log", "role": "assistant", "sessionId": "s", "message": "done"}
    lines = b"".join(json.dumps(said | record(n)).encode() + b"\n" for n in (4, 5))
    (folder / "session-18.jsonl").write_bytes(lines)
    told = json.loads(run("breakdown", "logs", "--json").stdout)["result"]["total"]
    without = sum(range(1, 101)) - sum(range(91, 96))
    assert (told["requests"], told["tokens"]["input_uncached"]) == (97, without + 104 + 105)


def test_records_that_were_counted_wrongly_are_read_file_by_file(run, tmp_path, monkeypatch):
    folder = tmp_path / "logs"
    folder.mkdir()
    total = _tree(folder)
    monkeypatch.setattr(lines, "records_in", len)
    told = _answers(run, folder, "a.duckdb")
    assert told[1][1]["tokens"]["input_uncached"] == total
    assert sum(1 for file in told[0] if file["rejected"]) == 2


@pytest.mark.parametrize("bundle", [{"FILES": 4}, {"BYTES": 2000}])
def test_a_bundle_ends_where_it_is_full(run, tmp_path, monkeypatch, bundle):
    for name, value in bundle.items():
        monkeypatch.setattr(_small, name, value)
    folder = tmp_path / "logs"
    folder.mkdir()
    total = _tree(folder)
    told = json.loads(run("breakdown", "logs", "--json").stdout)["result"]["total"]
    assert told["tokens"]["input_uncached"] == total


@pytest.mark.parametrize(
    ("content", "records"),
    [(b"", 0), (b"{}", 1), (b"{}\n", 1), (b"\n{}\r\n\r\n \t\n{}\n\n{}", 3), (b"\n\n", 0)],
)
def test_blank_lines_are_no_records(content, records):
    assert lines.records_in(content.split(b"\n")) == records


def test_planning_ahead_changes_no_answer(run, tmp_path, monkeypatch):
    folder = tmp_path / "logs"
    folder.mkdir()
    total = _tree(folder)
    monkeypatch.setattr(_small, "FILES", 12)
    plain = run("ingest", "logs", "--dry-run", "--json").stdout
    monkeypatch.setattr(reading, "MANY", 1)
    ahead = run("ingest", "logs", "--json").stdout
    assert json.loads(ahead)["result"]["files"] == json.loads(plain)["result"]["files"]
    told = json.loads(run("breakdown", "--json").stdout)["result"]["total"]
    assert told["tokens"]["input_uncached"] == total


def test_what_goes_wrong_while_planning_ahead_is_told(run, tmp_path, monkeypatch):
    folder = tmp_path / "logs"
    folder.mkdir()
    _tree(folder)
    monkeypatch.setattr(reading, "MANY", 1)
    plan = Planner.plan
    seen: list[str] = []

    def _breaks(self: Planner, found: Found | Missing) -> Plan | FileResult:
        seen.append(found.shown)
        if len(seen) == 25:
            raise KeyboardInterrupt
        return plan(self, found)

    monkeypatch.setattr(Planner, "plan", _breaks)
    assert run("ingest", "logs").code == 130
    assert len(seen) == 25
