"""A writer that dies leaves the state before or after a file, never one between."""

import json
import os
import random
import signal
import subprocess
import sys
import time

from costctl.store import Store
from tests.ingest.records import record, write

FILES = 6
ROWS = 6_000
KILLS = 10
SUMS = "SELECT count(*), sum(input_uncached), sum(output), sum(logged_cost_usd), count(DISTINCT event_key) FROM usage"


def start(folder, cache, db):
    command = "import sys; from costctl.cli import main; sys.exit(main(sys.argv[1:]))"
    env = {**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", command, "ingest", str(folder / "logs"), "--db", str(db)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def sums(db):
    with Store.open(db) as store:
        return store.connection.execute(SUMS).fetchone()


def test_ten_killed_ingests_leave_a_store_that_a_last_one_completes(tmp_path, cache):
    (tmp_path / "logs").mkdir()
    for file in range(FILES):
        first = file * ROWS
        # What is odd about a record decides the table of its file's odd rows.
        odd = {"status": "error"} if file % 2 else {"team": "search"}
        rows = (record(first + n, **odd if n % 7 == 0 else {}) for n in range(ROWS))
        write(tmp_path / "logs" / f"{file}.jsonl", rows)
    whole = tmp_path / "whole.duckdb"
    begun = time.monotonic()
    assert start(tmp_path, cache, whole).wait() == 0
    took = time.monotonic() - begun

    moments = random.Random(20_261_123)
    torn = tmp_path / "torn.duckdb"
    for _ in range(KILLS):
        process = start(tmp_path, cache, torn)
        time.sleep(took * moments.uniform(0.3, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if torn.exists():
            rows = sums(torn)[0]
            assert rows % ROWS == 0, "a file is in the store whole or not at all"
    assert start(tmp_path, cache, torn).wait() == 0
    assert sums(torn) == sums(whole)


def test_a_second_writer_is_told_who_holds_the_database(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1)])
    run("ingest", "a.jsonl")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, time; c = duckdb.connect('costctl.duckdb'); print('held', flush=True); time.sleep(60)",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for command in (("breakdown",), ("ingest", "a.jsonl")):
            result = run(*command)
            assert result.code == 2
            assert f"PID {holder.pid}" in result.stderr
            assert "hint" in result.stderr
    finally:
        holder.kill()
        holder.communicate()


def test_databases_that_are_none_are_told_apart(run, tmp_path):
    write(tmp_path / "a.jsonl", [record(1)])
    missing = run("breakdown", "--db", "none.duckdb")
    assert (missing.code, "no usage database" in missing.stderr) == (2, True)
    assert not (tmp_path / "none.duckdb").exists()
    (tmp_path / "text.duckdb").write_text("not a database " * 1000)
    assert "not a costctl database" in run("breakdown", "--db", "text.duckdb").stderr
    with Store.open(tmp_path / "newer.duckdb", write=True) as store:
        store.connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    newer = run("ingest", "a.jsonl", "--db", "newer.duckdb")
    assert (newer.code, "newer costctl" in newer.stderr) == (2, True)
    with Store.open(tmp_path / "older.duckdb", write=True) as store:
        store.connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    for command in (("ingest", "a.jsonl"), ("breakdown",)):
        older = json.loads(run(*command, "--db", "older.duckdb", "--json").stderr)["error"]
        assert older["code"] == "older_database"
        assert "would count twice" in older["message"]
        assert "make a new database from the logs" in older["hint"]
    result = json.loads(run("breakdown", "--db", "text.duckdb", "--json").stderr)
    assert result["error"]["code"] == "corrupt_database"
