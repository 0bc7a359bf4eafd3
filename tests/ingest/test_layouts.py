"""Rows lie in the smallest table that holds all they say, and no question can tell in which one."""

import json
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from costctl.record import USAGE
from costctl.store import Store
from costctl.store.schema import LAYOUTS, VERSION
from tests.ingest.records import file_of, record, total_of, write

SESSION = "sample_logs/formats/claude_code/claude_code_session.jsonl"
NARROW, AGENT, NESTED, WIDE = (layout.table for layout in LAYOUTS)
EVERYTHING = f"SELECT {', '.join(c.name for c in USAGE)} FROM usage ORDER BY event_key"  # noqa: S608 - our own columns


def answer(call: str, prompt: int, audio: int = 0) -> dict[str, object]:
    """Return an answer as the provider gives it, of which the later and larger one counts."""
    details = {"audio_tokens": audio}
    usage = {"prompt_tokens": prompt, "completion_tokens": 7, "prompt_tokens_details": details}
    return {
        "id": call,
        "object": "chat.completion",
        "created": 1_793_966_400,
        "model": "gpt-4o-audio-preview",
        "usage": usage,
    }


def held(path: Path) -> dict[str, int]:
    """Return the tables of a database that have rows, and how many."""
    with Store.open(path / "costctl.duckdb") as store:
        counts = {
            layout.table: store.connection.execute(
                f"SELECT count(*) FROM {layout.table}"  # noqa: S608 - our own table
            ).fetchone()
            for layout in LAYOUTS
        }
    return {table: count[0] for table, count in counts.items() if count and count[0]}


def everything(path: Path) -> list[tuple[object, ...]]:
    with Store.open(path / "costctl.duckdb") as store:
        return store.connection.execute(EVERYTHING).fetchall()


def test_each_table_has_the_columns_of_the_one_before_and_the_last_has_all():
    for smaller, larger in pairwise(LAYOUTS):
        assert smaller.names < larger.names
    assert LAYOUTS[-1].names == {column.name for column in USAGE}


@pytest.mark.parametrize(
    ("said", "table"),
    [
        ({}, NARROW),
        ({"estimated_cost_usd": 1.5}, AGENT),
        ({"status": "error"}, NESTED),
        ({"user_id": "ann"}, NESTED),
        ({"team": "search"}, WIDE),
        ({"team": "search", "user_id": "ann"}, WIDE),
    ],
)
def test_a_row_lies_in_the_smallest_table_that_holds_all_it_says(run, tmp_path, said, table):
    write(tmp_path / "a.jsonl", [record(1, **said)])
    run("ingest", "a.jsonl", "--source", "it's")
    assert held(tmp_path) == {table: 1}
    names = ("source", "source_format", "logged_cost_usd", "user_id", "team", "status")
    row = dict(zip((c.name for c in USAGE), everything(tmp_path)[0], strict=True))
    cost = said.get("estimated_cost_usd", 0.001)
    assert [str(row[name]) for name in names[:2]] == ["it's", "lesson_jsonl"]
    assert float(row["logged_cost_usd"]) == cost
    assert row["user_id"] == said.get("user_id")
    assert row["team"] == said.get("team")
    assert row["status"] == said.get("status", "ok")


def test_one_row_that_says_more_takes_the_rows_read_with_it_along(run, tmp_path):
    write(tmp_path / "a.jsonl", [answer("c1", 100), answer("c2", 50)])
    run("ingest", "a.jsonl")
    assert held(tmp_path) == {AGENT: 2}
    write(tmp_path / "b.jsonl", [answer("c3", 100), answer("c4", 100, audio=30)])
    run("ingest", "b.jsonl")
    assert held(tmp_path) == {AGENT: 2, WIDE: 2}
    tokens = total_of(run("breakdown", "--json"))["tokens"]
    assert (tokens["input_uncached"], tokens["audio_input"]) == (100 + 50 + 100 + 70, 30)


def test_a_replaced_row_moves_to_the_table_of_what_it_says_now(run, tmp_path):
    for number, (prompt, audio, table) in enumerate(
        [(100, 0, AGENT), (200, 30, WIDE), (300, 0, AGENT), (300, 0, AGENT)]
    ):
        write(tmp_path / f"{number}.jsonl", [answer("c1", prompt, audio)])
        found = file_of(run("ingest", f"{number}.jsonl", "--json"))
        assert (found["new_rows"], found["replaced"]) == (number == 0, number in {1, 2})
        assert held(tmp_path) == {table: 1}
        (row,) = everything(tmp_path)
        told = dict(zip((c.name for c in USAGE), row, strict=True))
        assert (told["requests"], told["input_uncached"]) == (1, prompt - audio)
    total = total_of(run("breakdown", "--json"))
    assert (total["requests"], total["tokens"]["input_uncached"]) == (1, 300)


def test_logs_read_again_add_nothing_to_any_table(run, tmp_path):
    calls = [record(1), record(2, status="error"), record(3, team="search")]
    calls.append(record(4, estimated_cost_usd=1.5))
    for name, call in zip("abce", calls, strict=True):
        write(tmp_path / f"{name}.jsonl", [call])
        run("ingest", f"{name}.jsonl")
    before = everything(tmp_path)
    assert held(tmp_path) == {NARROW: 1, AGENT: 1, NESTED: 1, WIDE: 1}
    write(tmp_path / "d.jsonl", calls)
    found = file_of(run("ingest", "d.jsonl", "--json"))
    assert (found["new_rows"], found["duplicates"]) == (0, 4)
    assert everything(tmp_path) == before
    in_memory = total_of(run("breakdown", "d.jsonl", "--json"))
    assert in_memory == total_of(run("breakdown", "--json"))
    assert in_memory["requests"] == 4


def test_no_question_tells_the_tables_apart(run, tmp_path):
    calls = [record(n, status="error" if n % 2 else None) for n in range(4)]
    calls += [record(n, team="search", user_id="ann") for n in range(4, 6)]
    calls += [record(n, estimated_cost_usd=1.5) for n in range(6, 9)]
    for number, some in enumerate((calls[0:4:2], calls[1:4:2], calls[4:6], calls[6:])):
        write(tmp_path / f"{number}.jsonl", some)
        run("ingest", f"{number}.jsonl")
    assert held(tmp_path) == {NARROW: 2, AGENT: 3, NESTED: 2, WIDE: 2}
    rows = json.loads(run("breakdown", "--by", "source,user,team", "--json").stdout)["result"]
    assert total_of(run("breakdown", "--json"))["requests"] == 9
    assert len(rows["rows"]) == 2
    early = total_of(run("breakdown", "--as-of", "2026-11-01T12:00:03Z", "--json"))
    assert (early["requests"], early["errors"]) == (3, 1)
    only = total_of(run("breakdown", "--where", "user=ann", "--json"))
    assert (only["requests"], only["tokens"]["input_uncached"]) == (2, 104 + 105)


OLDER = {
    "2": ("usage_wide", ["DROP VIEW usage_nested", "DROP TABLE nested_rows"]),
    "3": ("nested_rows", []),
}
"""Schema -> where it kept the rows of agents, and what else it did not have."""


@pytest.mark.parametrize("schema", OLDER)
def test_a_database_without_the_tables_between_is_upgraded_in_place(run, tmp_path, request, schema):
    table, changes = OLDER[schema]
    shutil.copy(request.config.rootpath / SESSION, tmp_path / "s.jsonl")
    write(tmp_path / "a.jsonl", [record(1), record(2)])
    run("ingest", "a.jsonl", "s.jsonl")
    assert held(tmp_path) == {NARROW: 2, AGENT: 4}
    before = everything(tmp_path)
    with Store.open(tmp_path / "costctl.duckdb", write=True) as store:
        columns = next(", ".join(one.stored) for one in LAYOUTS if one.table == table)
        rows = "(SELECT a.origin, u.* FROM usage u JOIN agent_rows a USING (event_key))"
        for statement in (
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows}",  # noqa: S608 - our own table
            "DROP VIEW usage_agent",
            "DROP TABLE agent_rows",
            *changes,
            f"UPDATE meta SET value = '{schema}' WHERE key = 'schema'",  # noqa: S608
        ):
            store.connection.execute(statement)
    told = run("breakdown")
    assert told.code == 2
    assert f"schema {schema}" in told.stderr
    assert "costctl ingest" in told.stderr
    write(tmp_path / "b.jsonl", [record(3, status="error")])
    run("ingest", "b.jsonl", "s.jsonl")
    assert held(tmp_path) == dict(Counter({NARROW: 2, NESTED: 1}) + Counter({table: 4}))
    (new,) = [row for row in everything(tmp_path) if row not in before]
    assert len(everything(tmp_path)) == len(before) + 1
    assert new[2:4] == ("lesson_jsonl", "lesson_jsonl")
    assert total_of(run("breakdown", "--json"))["requests"] == 7
    with Store.open(tmp_path / "costctl.duckdb") as store:
        row = store.connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    assert row == (str(VERSION),)
