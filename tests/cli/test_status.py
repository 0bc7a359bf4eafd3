"""What the database holds, what needs attention, and where settings come from."""

import json
import shutil

import pytest

from tests.cli.logs import call, log
from tests.cli.schemas import require_fit


@pytest.fixture
def filled(run, tmp_path, cache):
    """Return a way to run the program beside a database of a small log; a worker reads the log once for all tests."""
    kept = cache / "status.duckdb"
    if not kept.exists():
        log(
            tmp_path / "a.jsonl",
            call(1),
            call(2, timestamp="2026-11-04T00:00:00Z"),
            call(3, prompt_tokens=-1),
        )
        # By its name in this folder, which is what the outputs show.
        assert run("ingest", "a.jsonl", "--db", kept).code == 0
    shutil.copy(kept, tmp_path / "costctl.duckdb")
    return run


def told(result) -> dict:
    return json.loads(result.stdout)["result"]


def test_status_says_what_there_is(filled):
    result = filled("status")
    assert (result.code, result.stderr) == (0, "")
    for words in (
        "database     costctl.duckdb\n",
        "usage        2 rows, 2 requests, 4,340 tokens\n",
        "newest       2026-11-04 00:00 UTC, 19 d before now\n",
        "gaps         2 days without usage: 2026-11-02, 2026-11-03\n",
        "unpriced     none\n",
        "rejected     1 line; `costctl status --rejects` lists them\n",
        ", a.jsonl, 2 new rows\n",
        "prices       version ",
    ):
        assert words in result.stdout


def test_json_of_status_validates(filled):
    for flags in ((), ("--rejects",), ("--max-age", "400d")):
        result = filled("status", "--json", *flags)
        assert result.code == 0
        require_fit(json.loads(result.stdout), "status")
        assert result.stderr == ""


def test_gaps_are_days_of_the_zone(filled):
    days = told(filled("status", "--json", "--tz", "America/New_York"))["missing_days"]
    assert days == ["2026-11-01", "2026-11-02"]


def test_rejected_lines_are_listed(filled):
    result = filled("status", "--rejects", "--format", "jsonl")
    line = json.loads(result.stdout)
    assert (line["path"], line["line"]) == ("a.jsonl", 3)
    assert "prompt_tokens" in line["excerpt"]


def test_no_database_is_exit_2(run):
    result = run("status")
    assert result.code == 2
    assert "costctl ingest" in result.stderr


def test_an_empty_database_is_exit_3(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1, prompt_tokens=-1))
    run("ingest", "a.jsonl")
    result = run("status")
    assert result.code == 3
    assert "usage        none" in result.stdout
    assert (
        result.stderr
        == "inconclusive: the database holds no usage\nhint: `costctl ingest LOGS` adds usage\n"
    )


@pytest.mark.parametrize(("priced", "code"), [(199, 0), (198, 3)])
def test_too_much_without_a_price_is_exit_3(run, tmp_path, priced, code):
    """One request in 200 is 0.5 %, which is allowed; one in 199 is more."""
    log(tmp_path / "a.jsonl", *(call(n) for n in range(priced)), call(999, model="nobody-1"))
    run("ingest", "a.jsonl")
    result = run("status")
    assert result.code == code
    assert "unpriced     1 request, 2,170 tokens: nobody-1 (1)" in result.stdout
    assert ("requests have no price" in result.stderr) == (code == 3)


@pytest.mark.parametrize(("age", "code"), [("19d", 0), ("456h", 0), ("455h", 3), ("2w", 3)])
def test_usage_that_is_too_old_is_exit_3(filled, age, code):
    result = filled("status", "--max-age", age)
    assert result.code == code
    assert ("the newest usage is 19 d old" in result.stderr) == (code == 3)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-04T00:30", "30 min before now"),
        ("2026-11-04T05:30", "5 h 30 min before now"),
        ("2026-11-05T05:30", "1 d 5 h before now"),
    ],
)
def test_ages_are_told_in_their_two_largest_units(filled, moment, words):
    assert words in filled("status", "--as-of", moment).stdout


def test_usage_without_a_time_is_never_fresh(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1, timestamp=None))
    run("ingest", "a.jsonl")
    result = run("status", "--max-age", "1d")
    assert result.code == 3
    assert "newest       no row has a time" in result.stdout
    assert "the newest usage is undated" in result.stderr


@pytest.mark.parametrize("age", ["2", "2 days", "-1d", "1m", ""])
def test_a_wrong_age_is_exit_2(filled, age):
    result = filled("status", f"--max-age={age}")
    assert result.code == 2
    assert "write 12h, 2d or 1w" in result.stderr


def test_rows_after_now_are_left_out_and_counted(filled):
    result = filled("status", "--json", "--as-of", "2026-11-04")
    document = json.loads(result.stdout)
    assert document["data"]["rows"] == 1
    assert document["warnings"] == [
        {"code": "future_rows", "message": "1 row at or after 2026-11-04 00:00 UTC: left out"}
    ]


def test_an_old_price_table_is_a_warning(filled):
    result = filled("status", "--as-of", "2028-01-01")
    assert "warning: the price table is " in result.stderr


def test_settings_are_shown_with_their_origin_without_a_database(run, tmp_path):
    (tmp_path / "costctl.yaml").write_text("timezone: Europe/Berlin\n")
    result = run("status", "--show-config", "--db", "x.duckdb", "--format", "csv")
    assert result.code == 0
    assert result.stdout.splitlines() == [
        "name,value,origin",
        "as_of,2026-11-23T00:00:00Z,COSTCTL_AS_OF",
        "db,x.duckdb,'--db",
        f"timezone,Europe/Berlin,{tmp_path}/costctl.yaml:1",
    ]


def test_json_of_settings_validates(run):
    result = run("status", "--show-config", "--json")
    require_fit(json.loads(result.stdout), "status")


@pytest.mark.parametrize("place", ["flag", "environment", "file"])
def test_an_unknown_zone_is_exit_2_wherever_it_stands(run, tmp_path, place):
    (tmp_path / "costctl.yaml").write_text(
        "timezone: Europe/Berln\n" if place == "file" else "version: 1\n"
    )
    flags = ["--tz", "Europe/Berln"] if place == "flag" else []
    env = {"COSTCTL_TZ": "Europe/Berln"} if place == "environment" else {}
    result = run("status", "--show-config", *flags, env=env)
    assert result.code == 2
    assert "did you mean Europe/Berlin" in result.stderr
