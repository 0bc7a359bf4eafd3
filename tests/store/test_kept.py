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
        assert found["result"]["total"]["requests"] == count
        assert len(groups_of(db)) == 1


@pytest.mark.usefixtures("_all_kept")
def test_rows_that_are_only_added_are_added_to_what_was_kept(run, tmp_path):
    log, db = tmp_path / "a.jsonl", tmp_path / "x.duckdb"
    write(log, [record(n) for n in range(40)])
    run("ingest", log, "--db", db)
    change(db, 'UPDATE kept_0 SET "output" = "output" + 1')
    write(log, [record(n) for n in range(50)])
    run("ingest", log, "--db", db)
    found = json.loads(run("breakdown", "--json", "--db", db).stdout)["result"]["total"]
    # One more than there are, as the groups of the first rows were not made again.
    assert (found["requests"], found["tokens"]["output"]) == (50, 501)


@pytest.mark.usefixtures("_all_kept")
@pytest.mark.parametrize("changed", ["a call that goes on", "rows taken away"])
def test_groups_are_made_anew_where_known_rows_changed(run, tmp_path, changed):
    log, db = tmp_path / "a.jsonl", tmp_path / "x.duckdb"
    calls = [_claude(n, 5) for n in range(40)]
    write(log, calls)
    run("ingest", log, "--db", db)
    change(db, 'UPDATE kept_0 SET "output" = "output" + 1000')
    if changed == "rows taken away":
        change(db, "DELETE FROM agent_rows WHERE input_uncached = 0")
        write(log, [*calls, _claude(41, 5)])
        expected = 40 * 5
    else:
        write(log, [*calls, _claude(39, 8), _claude(41, 5)])
        expected = 41 * 5 + 3
    run("ingest", log, "--db", db)
    found = json.loads(run("breakdown", "--json", "--db", db).stdout)["result"]["total"]
    assert found["tokens"]["output"] == expected


def _claude(number: int, output: int) -> dict[str, object]:
    usage = {"input_tokens": number, "output_tokens": output}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "usage": usage}
    moment = f"2026-11-01T10:{number:02}:00.5Z"
    return {"type": "assistant", "sessionId": "s", "timestamp": moment, "message": message}


@pytest.mark.usefixtures("_all_kept")
def test_what_was_added_up_answers_as_the_rows_do(run, tmp_path, monkeypatch):
    one, other = tmp_path / "kept.duckdb", tmp_path / "bare.duckdb"
    some = [FORMATS / name for name in ("openai_usage_api", "otlp_genai", "litellm_spendlogs")]
    for log in (*LOGS, *some):
        assert run("ingest", log, "--db", one).code == 0
    monkeypatch.setattr(kept, "LEAST_ROWS", 1 << 60)
    assert run("ingest", *LOGS, *some, "--db", other).code == 0
    assert (len(groups_of(one)) > 0, groups_of(other)) == (True, [])
    assert answers(run, one) == answers(run, other)


def test_a_small_database_keeps_nothing_beside_its_rows(run, tmp_path):
    log, db = write(tmp_path / "a.jsonl", [record(n) for n in range(40)]), tmp_path / "x.duckdb"
    run("ingest", log, "--db", db)
    assert groups_of(db) == []
