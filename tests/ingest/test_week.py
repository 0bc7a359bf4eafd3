"""The week whose cost everybody can check by hand, in each container it may come in."""

import json
import sqlite3

import pytest

from tests.ingest.records import WEEK, WEEK_USD

KEYS = (
    "request_id",
    "endpoint",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "timestamp",
)


def calls():
    number = 0
    for endpoint, model, count, prompt, completion in WEEK:
        for _ in range(count):
            number += 1
            day, second = divmod(number, 30_000)
            stamp = f"2026-11-0{day + 1}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{number % 1000:03d}001"
            yield (f"req_{number}", endpoint, model, prompt, completion, prompt + completion, stamp)


def costs(result) -> dict[str, str]:
    rows = json.loads(result.stdout, parse_float=str)["result"]["rows"]
    return {row["endpoint"]: str(row["cost_usd"]) for row in rows}


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    folder = tmp_path_factory.mktemp("week")
    with (folder / "week.jsonl").open("w") as out:
        for call in calls():
            out.write(json.dumps(dict(zip(KEYS, call, strict=True))) + "\n")
    with sqlite3.connect(folder / "week.db") as connection:
        connection.execute(f"CREATE TABLE token_usage ({', '.join(KEYS)})")
        connection.executemany("INSERT INTO token_usage VALUES (?, ?, ?, ?, ?, ?, ?)", calls())
    connection.close()
    rows = [f"2026-11-01T00:00:00Z,{e},{m},{n},{n * p},{n * c}" for e, m, n, p, c in WEEK]
    header = "occurred_at,endpoint,model,requests,input_uncached,output"
    (folder / "week.csv").write_text("\n".join([header, *rows, ""]))
    return folder


@pytest.mark.parametrize("name", ["week.jsonl", "week.db", "week.csv"])
def test_the_week_costs_what_its_tokens_say(run, week, name):
    result = run("breakdown", week / name, "--json")
    assert result.code == 0
    assert costs(result) == WEEK_USD
    rows, total = (json.loads(result.stdout)["result"][name] for name in ("rows", "total"))
    assert {row["endpoint"]: row["requests"] for row in rows} == {e: n for e, _, n, *_ in WEEK}
    assert total["requests"] == 174_000
    assert total["cost_usd"] == 1041.9509


def test_a_file_read_in_one_pass_is_known_in_another_container(run, week, tmp_path):
    run("ingest", week / "week.jsonl", "--db", tmp_path / "u.duckdb")
    again = run("ingest", week / "week.db", "--db", tmp_path / "u.duckdb", "--json")
    counts = json.loads(again.stdout)["result"]["total"]
    assert (counts["records"], counts["new_rows"], counts["duplicates"]) == (174_000, 0, 174_000)


def test_a_cache_at_60_percent_needs_no_other_option(run, week):
    result = run("simulate", week / "week.csv", "--cache-hit", "0.6")
    assert result.code == 0
    # 0.6 x (635.06 + 358.40 + 47.85) x 30; the bucket's only moment makes it one day. Embeddings are not cached.
    assert "$18,743.58" in result.stdout
