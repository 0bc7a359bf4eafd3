"""What a user is told is true for what was asked."""

import json
import sqlite3
from contextlib import closing

import pytest

CALL = {
    "request_id": "1",
    "endpoint": "chat",
    "model": "gpt-4o",
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "timestamp": "2026-11-02T10:00:00",
}


@pytest.fixture
def log(tmp_path):
    """Return a log of one call."""
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(CALL) + "\n")
    return path


@pytest.mark.parametrize(
    "command", ["breakdown", "simulate", "measure", "forecast", "baseline save"]
)
def test_logs_without_usage_in_scope_are_not_called_a_database(run, log, command):
    words = command.split()
    result = run(*words, log, "--where", "model=none")
    assert result.code == 3
    assert "`costctl formats explain FILE` shows what a log holds" in result.stderr
    run("ingest", log, "--db", "a.duckdb")
    result = run(*words, "--db", "a.duckdb", "--where", "model=none")
    assert result.code == 3
    assert "`costctl status` shows what a database holds" in result.stderr


def test_advice_on_standard_input_names_no_file_of_ours(run):
    result = run("breakdown", "-", stdin="{}\n".encode("utf-16"))
    assert result.code == 2
    assert "iconv -f UTF-16 -t UTF-8 -)" in result.stderr


def test_the_moment_of_an_empty_answer_names_its_zone(run, log):
    result = run("breakdown", log, "--where", "model=none", "--tz", "Asia/Kolkata")
    assert "as of 2026-11-23 00:00 UTC · days in Asia/Kolkata" in result.stdout


def test_a_file_whose_name_is_no_text_is_read(run, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in (b"\xff\xe4.jsonl", b"\xfe.jsonl"):
        target = folder.joinpath(name.decode("utf-8", "surrogateescape"))
        try:
            target.write_text(json.dumps({**CALL, "request_id": repr(name)}) + "\n")
        except OSError:
            pytest.skip("file names of this system are text")
    for new in (2, 0):
        result = run("ingest", "logs", "--db", "a.duckdb", "--json")
        assert result.code == 0
        assert json.loads(result.stdout)["result"]["total"]["new_rows"] == new
    assert run("status", "--db", "a.duckdb").code == 0
    assert run("breakdown", *folder.iterdir()).code == 0


def test_a_wrong_zone_is_told_with_where_it_stands(run, tmp_path, log):
    (tmp_path / "own.yaml").write_text("version: 1\ntimezone: Mars\n")
    said = {
        "own.yaml:2: unknown": (("--config", "own.yaml"), {}),
        "COSTCTL_TZ: unknown": ((), {"COSTCTL_TZ": "Mars"}),
        "--tz: unknown": (("--tz", "Mars"), {}),
        "--source-tz: unknown": (("--source-tz", "Mars"), {}),
    }
    for words, (flags, environ) in said.items():
        result = run("breakdown", log, *flags, env=environ)
        assert result.code == 2
        assert f"{words} time zone 'Mars'" in result.stderr


@pytest.mark.parametrize("written", ["[a]", "5"])
def test_formats_that_are_no_mapping_are_not_passed_over(run, tmp_path, log, written):
    (tmp_path / "costctl.yaml").write_text(f"version: 1\nformats: {written}\n")
    result = run("breakdown", log)
    assert result.code == 2
    assert "costctl.yaml:2: formats: expected a mapping" in result.stderr


def test_one_is_counted_as_one(run, tmp_path, log):
    run("ingest", log, "--db", "a.duckdb")
    status = run("status", "--db", "a.duckdb").stdout
    assert "usage        1 row, 1 request, 1,100 tokens\n" in status
    explained = run("formats", "explain", log).stdout
    assert "1 record looked at" in explained
    assert "1 record: 1 row, 0 repeats, 0 skipped, 0 rejected" in explained
    nameless = {"endpoint": "chat", "model": "gpt-4o", "prompt_tokens": 1, "completion_tokens": 1}
    (tmp_path / "no.jsonl").write_text(json.dumps(nameless) + "\n")
    said = run("ingest", "no.jsonl", "--dry-run").stderr
    assert "neither id nor time in 1 record: " in said


def test_a_model_that_another_provider_sells_is_told_with_its_seller(run, tmp_path):
    (tmp_path / "log.jsonl").write_text(json.dumps({**CALL, "model": "gpt-35-turbo"}) + "\n")
    shown = run("breakdown", "log.jsonl").stdout
    assert "gpt-35-turbo is sold by azure/gpt-35-turbo; set pricing.default_provider" in shown
    (tmp_path / "costctl.yaml").write_text("version: 1\npricing: {default_provider: azure}\n")
    shown = json.loads(run("breakdown", "log.jsonl", "--json").stdout)
    # 1,000 tokens in at 0.5 and 100 out at 1.5 a million
    assert shown["result"]["total"]["cost_usd"] == pytest.approx(0.00065, abs=1e-12)
    told = run("pricing", "explain", "gpt-35-turbo", "--provider", "openai")
    assert "sold by" not in told.stdout + told.stderr


@pytest.mark.parametrize("path", ["nope.jsonl", "nope*.jsonl"])
def test_a_path_that_leads_nowhere_is_told_what_a_path_may_be(run, path):
    found = run("ingest", path, "--db", "x.duckdb")
    assert (found.code, "hint: name files, folders, patterns" in found.stderr) == (2, True)


def test_a_wrong_moment_is_told_by_the_name_that_gave_it(run, log):
    flag = run("breakdown", log, "--as-of", "noon", env={"COSTCTL_AS_OF": "dusk"})
    assert (flag.code, flag.stderr.splitlines()[0]) == (2, "error: --as-of: 'noon' is no time")
    variable = run("breakdown", log, env={"COSTCTL_AS_OF": "dusk"})
    assert variable.code == 2
    assert variable.stderr.startswith("error: COSTCTL_AS_OF: 'dusk' is no time\nhint: write 2026-")


def test_a_wrong_default_provider_is_told_with_its_line(run, log, tmp_path):
    (tmp_path / "costctl.yaml").write_text("version: 1\npricing:\n  default_provider: openia\n")
    result = run("breakdown", log)
    assert result.code == 2
    assert "costctl.yaml:3: pricing.default_provider: 'openia' is no provider" in result.stderr
    assert "did you mean openai?" in result.stderr


def test_explaining_what_is_not_one_file_says_why(run, tmp_path):
    missing = run("formats", "explain", "nope.jsonl")
    assert (missing.code, missing.stderr) == (2, "error: nope.jsonl: no such file or folder\n")
    for number, said in enumerate(("no file is there", None, "explain takes one file")):
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        if number:
            (folder / f"{number}.jsonl").write_text(json.dumps(CALL) + "\n")
        result = run("formats", "explain", "folder")
        assert result.code == (0 if said is None else 2)
        assert said is None or f"folder: {said}\nhint: `costctl ingest --dry-run`" in result.stderr


def test_a_database_without_usage_is_told_once_what_to_do(run, tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as made:
        made.executescript("CREATE TABLE pets (name, age); INSERT INTO pets VALUES ('Rex', 3);")
    for command in ("breakdown", "ingest"):
        result = run(command, "app.db")
        assert result.code == 2
        assert "no table of this SQLite file looks like usage: pets(name, age)" in result.stderr
        assert result.stderr.count("say what its fields mean") == 1
