"""Groups that are kept beside the rows: never another answer, whatever came since."""

import json
from pathlib import Path

import duckdb
import pytest

from costctl.store import kept
from tests.ingest.records import record, write

FORMATS = Path(__file__).parents[2] / "sample_logs" / "formats"
LOGS = [FORMATS / name for name in ("claude_code", "lesson_jsonl")]

QUESTIONS = (
    ("breakdown",),
    ("breakdown", "--by", "day,model"),
    ("breakdown", "--as-of", "2026-11-05"),
    ("simulate", "--cache-hit", "0.6"),
)


@pytest.fixture
def _all_kept(monkeypatch) -> None:
    monkeypatch.setattr(kept, "LEAST_ROWS", 1)
    monkeypatch.setattr(kept, "LEAST_SHARE", 0)


def answers(run, db):
    return [run(*question, "--json", "--db", db).stdout for question in QUESTIONS]


def groups_of(db):
    with duckdb.connect(str(db), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'kept%'"
        ).fetchall()
    return sorted(name for (name,) in names)


def change(db, sql):
    with duckdb.connect(str(db)) as connection:
        connection.execute(sql)


@pytest.mark.usefixtures("_all_kept")
def test_what_is_kept_answers_as_the_rows_do(run, tmp_path, monkeypatch):
    one, other = tmp_path / "kept.duckdb", tmp_path / "bare.duckdb"
    assert run("ingest", *LOGS, "--db", one).code == 0
    monkeypatch.setattr(kept, "LEAST_ROWS", 1 << 60)
    assert run("ingest", *LOGS, "--db", other).code == 0
    # Prices with steps and windows need a second look, which is kept too.
    assert (len(groups_of(one)) > 1, groups_of(other)) == (True, [])
    assert answers(run, one) == answers(run, other)


@pytest.mark.usefixtures("_all_kept")
def test_the_question_of_the_ingest_is_answered_by_what_is_kept(run, tmp_path):
    log, db = write(tmp_path / "a.jsonl", [record(n) for n in range(40)]), tmp_path / "x.duckdb"
    run("ingest", log, "--db", db)
    change(db, 'UPDATE kept_0 SET "output" = "output" + 1')
    found = json.loads(run("breakdown", "--json", "--db", db).stdout)
    assert found["result"]["total"]["tokens"]["output"] == 401


@pytest.mark.usefixtures("_all_kept")
def test_what_is_kept_of_other_rows_is_not_used(run, tmp_path):
    log, db = write(tmp_path / "a.jsonl", [record(n) for n in range(40)]), tmp_path / "x.duckdb"
    run("ingest", log, "--db", db)
    change(db, 'UPDATE kept_0 SET "output" = "output" + 1')
    change(db, "DELETE FROM narrow_rows WHERE input_uncached = 100")
    found = json.loads(run("breakdown", "--json", "--db", db).stdout)["result"]["total"]
    assert (found["requests"], found["tokens"]["output"]) == (39, 390)


@pytest.mark.usefixtures("_all_kept")
def test_each_ingest_that_changes_rows_keeps_anew(run, tmp_path):
    log, db = tmp_path / "a.jsonl", tmp_path / "x.duckdb"
    for count in (10, 25, 26):
        write(log, [record(n) for n in range(count)])
        run("ingest", log, "--db", db)
        found = json.loads(run("breakdown", "--json", "--db", db).stdout)
        assert (found["result"]["total"]["requests"], groups_of(db)) == (count, ["kept_0"])


def test_a_small_database_keeps_nothing_beside_its_rows(run, tmp_path):
    log, db = write(tmp_path / "a.jsonl", [record(n) for n in range(40)]), tmp_path / "x.duckdb"
    run("ingest", log, "--db", db)
    assert groups_of(db) == []
