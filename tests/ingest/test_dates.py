"""Days that are written without any mark between their parts, and files that hold a header only."""

import json
from pathlib import Path

import pytest

HEADER = "timestamp,endpoint,model,prompt_tokens,completion_tokens,total_tokens\n"


def _write(path: Path, *moments: str) -> Path:
    path.write_text(HEADER + "".join(f"{m},a,gpt-4o,10,1,11\n" for m in moments))
    return path


def test_digits_of_a_day_are_a_day_and_no_second_of_1970(run, tmp_path):
    moments = ("20261104", "20261104153000", "20261399", "1762270200", "1762270200000")
    log = _write(tmp_path / "a.csv", *moments)
    found = run("breakdown", log, "--by", "hour", "--json")
    rows = json.loads(found.stdout)["result"]["rows"]
    hours = {row["hour"]: row["requests"] for row in rows}
    # 2026-13-99 is no day; the last two are the same second.
    assert hours == {
        "2025-11-04T15:00Z": 2,
        "2026-11-04T00:00Z": 1,
        "2026-11-04T15:00Z": 1,
    }
    assert "1 line was rejected" in found.stdout


@pytest.mark.parametrize("log", ["a.csv", "."])
def test_an_export_without_a_call_is_no_error(run, tmp_path, log):
    _write(tmp_path / "a.csv")
    found = run("ingest", tmp_path / log, "--db", tmp_path / "x.duckdb", "--json")
    assert found.code == 0
    assert json.loads(found.stdout)["result"]["total"]["records"] == 0


def test_a_header_that_means_nothing_is_still_told(run, tmp_path):
    (tmp_path / "a.csv").write_text("hello, world, you\n")
    found = run("ingest", tmp_path / "a.csv", "--db", tmp_path / "x.duckdb")
    assert (found.code, "it has hello, world, you" in found.stderr) == (2, True)


def test_dimensions_may_be_given_one_by_one(run, tmp_path):
    log = _write(tmp_path / "a.csv", "2026-11-04T10:00:00Z")
    one = run("breakdown", log, "--by", "endpoint", "--by", "model", "--json")
    other = run("breakdown", log, "--by", "endpoint,model", "--json")
    assert json.loads(one.stdout)["result"] == json.loads(other.stdout)["result"]
