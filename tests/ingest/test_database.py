"""A database that is damaged, foreign or cannot grow is told, and what it holds is never changed for it."""

import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from costctl.ingest import _small
from costctl.ingest._base import FileResult, Plan
from costctl.ingest._load import BatchLoader
from tests.ingest.records import record, total_of, write

SMALL = 1 << 16


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_what_was_there(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1)])
    run("ingest", "a.jsonl")
    before = run("breakdown", "--json").stdout
    write(tmp_path / "b.jsonl", [record(n) for n in range(2, 3000)])
    with files_of_at_most(SMALL):
        result = run("ingest", "b.jsonl")
    assert result.code == 2
    assert "cannot write costctl.duckdb: " in result.stderr
    assert "free some space" in result.stderr
    assert run("breakdown", "--json").stdout == before
    assert run("ingest", "b.jsonl").code == 0
    assert total_of(run("breakdown", "--json"))["requests"] == 2999


def test_a_full_disk_leaves_no_half_database(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(n) for n in range(3000)])
    with files_of_at_most(SMALL):
        result = run("ingest", "a.jsonl", "--json")
    assert result.code == 2
    assert json.loads(result.stderr)["error"]["code"] in {"disk_full", "unwritable"}
    assert not list(tmp_path.glob("costctl.duckdb*"))


def test_a_flipped_byte_is_damage_and_no_bug(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(n) for n in range(50)])
    run("ingest", "a.jsonl")
    whole = (tmp_path / "costctl.duckdb").read_bytes()
    right = total_of(run("breakdown", "--json"))
    damaged = 0
    for place in range(5_000, len(whole), len(whole) // 8):
        (tmp_path / "x.duckdb").write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        result = run("breakdown", "--db", "x.duckdb", "--json")
        if result.code == 0:
            assert total_of(result) == right, "a byte that nobody reads"
            continue
        damaged += 1
        assert (result.code, json.loads(result.stderr)["error"]["code"]) == (2, "corrupt_database")
    assert damaged


def test_a_database_that_was_cut_off_is_damaged(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(n) for n in range(50)])
    run("ingest", "a.jsonl")
    whole = (tmp_path / "costctl.duckdb").read_bytes()
    (tmp_path / "cut.duckdb").write_bytes(whole[:20_000])
    for command in (("breakdown",), ("ingest", "a.jsonl")):
        result = run(*command, "--db", "cut.duckdb")
        assert result.code == 2
        assert "damaged" in result.stderr
        assert "move it away and ingest again" in result.stderr
    assert (tmp_path / "cut.duckdb").read_bytes() == whole[:20_000]


def test_the_database_of_another_program_is_told_without_asking_the_network(run, tmp_path):
    with sqlite3.connect(tmp_path / "app.db") as made:
        made.execute("CREATE TABLE calls (n)")
    made.close()
    result = run("breakdown", "--db", "app.db")
    assert result.code == 2
    assert "app.db: not a costctl database" in result.stderr
    assert "download" not in result.stderr


@pytest.mark.parametrize("size", ["large", "small"])
@pytest.mark.parametrize("change", ["grows", "is cut", "is replaced"])
def test_a_log_that_changes_while_it_is_read_is_whole_after_the_next_ingest(
    run, tmp_path, monkeypatch, change, size
):
    if size == "large":
        monkeypatch.setattr(_small, "SMALL", 0)
    path = write(tmp_path / "a.jsonl", [record(1), record(2)])
    after = {"grows": [1, 2, 3, 4], "is cut": [1], "is replaced": [5, 6, 7]}[change]
    load = BatchLoader.load

    def _changed_before(self: BatchLoader, plans: list[Plan]) -> list[FileResult]:
        write(path, [record(n) for n in after])
        return load(self, plans)

    with monkeypatch.context() as patched:
        patched.setattr(BatchLoader, "load", _changed_before)
        assert run("ingest", "a.jsonl").code == 0
    assert run("ingest", "a.jsonl").code == 0
    tokens = total_of(run("breakdown", "--json"))["tokens"]["input_uncached"]
    # A small log is read at once: what it said before the change has been counted too.
    seen = {*after, 1, 2} if size == "small" else set(after)
    assert tokens == sum(100 + n for n in seen)


def test_a_log_that_is_taken_away_before_it_is_read_fails_alone(run, tmp_path, monkeypatch):
    write(tmp_path / "b.jsonl", [record(10_000)])
    path = write(tmp_path / "a.jsonl", [record(n) for n in range(9000)])
    load = BatchLoader.load

    def _gone_before(self: BatchLoader, plans: list[Plan]) -> list[FileResult]:
        path.unlink(missing_ok=True)
        return load(self, plans)

    monkeypatch.setattr(BatchLoader, "load", _gone_before)
    result = run("ingest", "a.jsonl", "b.jsonl", "--json")
    assert result.code == 2
    errors = {file["path"]: file["error"] for file in json.loads(result.stdout)["result"]["files"]}
    assert "a.jsonl" in str(errors["a.jsonl"])
    assert errors["b.jsonl"] is None
