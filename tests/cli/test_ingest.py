"""Reading logs: what is said about every file, and when the exit code is not 0."""

import json
import os
import pty
import subprocess
import sys
import time

import pytest
from jsonschema import Draft202012Validator

from costctl.cli import _progress, schema
from costctl.errors import CostctlError
from costctl.store import Store
from costctl.store.watching import watch
from tests.cli.logs import call, log

BAD = call(9, prompt_tokens=-5)


def told(result) -> dict:
    return json.loads(result.stdout)["result"]


def test_a_log_is_read_and_told(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), call(2, timestamp="2026-11-02T12:00:00Z"))
    result = run("ingest", "a.jsonl")
    assert (result.code, result.stderr) == (0, "")
    assert "a.jsonl  lesson_jsonl  jsonl            2    2" in result.stdout
    assert "2026-11-01 00:00  2026-11-02 12:00" in result.stdout
    assert (tmp_path / "costctl.duckdb").stat().st_mode & 0o777 == 0o600


def test_json_validates_and_is_the_only_thing_on_stdout(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), BAD, "broken")
    result = run("ingest", "a.jsonl", "--json")
    document = json.loads(result.stdout)
    Draft202012Validator(schema.schema("ingest")).validate(document)
    file = document["result"]["files"][0]
    assert (file["records"], file["new_rows"], file["rejected"]) == (3, 1, 2)
    assert file["first_reject"].startswith("line 2: ")
    assert document["result"]["total"]["rejected"] == 2
    assert (result.code, result.stderr) == (0, "")


def test_a_second_ingest_adds_nothing(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    run("ingest", "a.jsonl")
    again = run("ingest", "a.jsonl")
    assert again.code == 0
    assert again.stdout == "1 file unchanged since the last ingest\n"
    assert told(run("ingest", "a.jsonl", "--json"))["files"][0]["unchanged"]


def test_rejected_lines_are_told_with_the_first_and_are_no_failure(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), BAD)
    result = run("ingest", "a.jsonl")
    assert result.code == 0
    assert "1 line rejected, first in a.jsonl: line 2: " in result.stdout
    assert "`costctl status --rejects` lists them" in result.stdout


def test_models_without_a_price_are_named(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), call(2, model="nobody-1"))
    result = run("ingest", "a.jsonl")
    assert "no price for nobody-1 (1 request, unknown model" in result.stdout
    log(tmp_path / "b.jsonl", call(3, model="nobody-1"))
    unpriced = told(run("ingest", "b.jsonl", "--json"))["unpriced_models"]
    assert [(u["model"], u["requests"], u["reason"]) for u in unpriced] == [
        ("nobody-1", 2, "unknown_model")
    ]


def test_usage_before_the_first_price_is_told_with_its_date(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1, timestamp="2023-11-16T00:00:00Z"))
    result = run("ingest", "a.jsonl")
    assert "(1 request, no price at date, its prices are known from 2024-05-13 on)" in result.stdout


def test_a_missing_file_is_exit_2_and_the_others_are_read(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    result = run("ingest", "gone.jsonl", "a.jsonl", "gone_too.jsonl")
    assert result.code == 2
    assert "error: gone.jsonl: " in result.stderr
    assert "and 1 more that could not be read" in result.stderr
    assert json.loads(run("status", "--json").stdout)["data"]["rows"] == 1


def test_a_run_that_reads_nothing_leaves_no_database(run, tmp_path):
    assert run("ingest", "gone.jsonl").code == 2
    assert not (tmp_path / "costctl.duckdb").exists()


def test_a_file_of_unknown_shape_is_exit_2_with_what_to_do(run, tmp_path):
    log(tmp_path / "a.jsonl", {"colour": "red"}, {"colour": "blue"})
    result = run("ingest", "a.jsonl")
    assert result.code == 2
    assert "colour" in result.stderr
    assert "--map" in result.stderr


def test_strict_refuses_a_file_whole_and_reads_the_others(run, tmp_path):
    log(tmp_path / "bad.jsonl", call(1), BAD)
    log(tmp_path / "good.jsonl", call(2))
    result = run("ingest", "bad.jsonl", "good.jsonl", "--strict")
    assert result.code == 2
    assert "bad.jsonl: refused" in result.stderr
    assert json.loads(run("status", "--json").stdout)["data"]["rows"] == 1


@pytest.mark.parametrize("before", [0, 1])
def test_a_dry_run_writes_nothing(run, tmp_path, before):
    if before:
        run("ingest", log(tmp_path / "old.jsonl", call(7)))
    result = run("ingest", log(tmp_path / "a.jsonl", call(1)), "--dry-run")
    assert result.code == 0
    assert result.stdout.startswith("What would be added\n")
    assert (tmp_path / "costctl.duckdb").exists() == bool(before)
    if before:
        assert json.loads(run("status", "--json").stdout)["data"]["rows"] == 1


def test_standard_input_is_a_file_like_any_other(run):
    text = "".join(json.dumps(call(number)) + "\n" for number in range(3))
    result = run("ingest", "-", "--json", stdin=text)
    assert result.code == 0
    assert told(result)["total"]["new_rows"] == 3


def test_flags_say_what_a_log_does_not(run, tmp_path):
    log(tmp_path / "a.csv", "feature,tokens_in,out,when", "search,100,20,2026-11-01 00:00:00")
    flags = (
        "--map",
        "endpoint=feature",
        "--map",
        "input=tokens_in",
        "--map",
        "output=out",
        "--map",
        "timestamp=when",
    )
    result = run(
        "ingest",
        "a.csv",
        *flags,
        "--set",
        "model=gpt-4o",
        "--source",
        "gateway",
        "--source-tz",
        "Asia/Tokyo",
    )
    assert result.code == 0, result.stderr
    status = told(run("status", "--json"))
    assert status["sources"][0]["source"] == "gateway"
    assert status["first"] == "2026-10-31T15:00:00Z"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--log-format", "lesson"], "no log format named 'lesson'; did you mean lesson_log?"),
        (["--log-format", "gone.yaml"], "gone.yaml: "),
        (["--source-tz", "Nowhere"], "unknown time zone 'Nowhere'"),
        (["--set", "tz=Europe/Berlim"], "unknown time zone; did you mean Europe/Berlin?"),
        (["--set", "input=many"], "--set input=many: no count of tokens"),
        (["--set", "inptu=1"], "did you mean input?"),
        (["--map", "input"], "expected FIELD=PATH"),
        (["--map", "input=a..b"], "is no path"),
    ],
)
@pytest.mark.parametrize("command", ["ingest", "breakdown"])
def test_a_wrong_flag_is_told_once_and_nothing_is_read(run, tmp_path, flags, words, command):
    log(tmp_path / "logs/a.jsonl", call(1))
    log(tmp_path / "logs/b.jsonl", call(2))
    result = run(command, "logs", *flags)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not (tmp_path / "costctl.duckdb").exists()


def test_no_path_is_a_wrong_command_line(run):
    result = run("ingest")
    assert result.code == 2
    assert "PATH" in result.stderr


def test_a_folder_is_read_with_all_below(run, tmp_path):
    log(tmp_path / "logs/a.jsonl", call(1))
    log(tmp_path / "logs/deep/b.jsonl", call(2))
    (tmp_path / "logs/README.md").write_text("# notes\n")
    result = run("ingest", "logs")
    assert result.code == 0, result.stderr
    assert told(run("ingest", "logs", "--json"))["total"]["new_rows"] == 0
    assert json.loads(run("status", "--json").stdout)["data"]["rows"] == 2


def test_a_database_in_use_is_exit_2_and_names_the_process(run, tmp_path):
    run("ingest", log(tmp_path / "a.jsonl", call(1)))
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom costctl.store import Store\n"
        "store = Store.open(Path(sys.argv[1]), write=True)\nprint('open', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "costctl.duckdb")],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        result = run("status")
        holder.terminate()
    assert result.code == 2
    assert f"PID {holder.pid}" in result.stderr
    assert "--db" in result.stderr


def test_a_line_of_progress_says_how_far_and_where():
    text = _progress.line(500_000, 2_000_000, "logs/\x1b[31m" + "x" * 60, 3.2)
    assert text == f"[######..................]  25% of 2.0 MB, 3 s  ...{'x' * 29}"
    assert _progress.line(0, 0, "a", 0).startswith("[........................]   0%")


def terminal_of(monkeypatch, within, name: str, wait: float) -> str:
    """Return what a progress line leaves on a terminal."""
    main_end, terminal = pty.openpty()
    with os.fdopen(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with _progress.progress(within) as tell:
            tell(0, 2_000_000, name)
            time.sleep(wait)
        monkeypatch.undo()
        stream.write("end")
        stream.flush()
        seen = os.read(main_end, 100_000).decode()
    os.close(main_end)
    return seen


def test_progress_appears_on_a_terminal_after_a_while(monkeypatch, tmp_path):
    (tmp_path / "file.jsonl").write_bytes(b"x" * 1_000_000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_progress, "PATIENCE", 0.0)
    monkeypatch.setattr(_progress, "PAUSE", 0.01)
    shares = iter((0.5, 0.1))
    seen = terminal_of(monkeypatch, lambda: next(shares, 0.0), "file.jsonl", 0.3)
    assert "\r\x1b[K[######..................]  25% of 2.0 MB, 0 s  file.jsonl" in seen
    assert " 5% of" not in seen


def test_a_quick_run_shows_no_progress(monkeypatch):
    assert terminal_of(monkeypatch, lambda: 0.5, "gone.jsonl", 0.0) == "end"


def test_progress_is_for_terminals(monkeypatch, capsys):
    assert not _progress.watched(wanted=True)
    with _progress.progress() as tell:
        tell(1, 2, "file.jsonl")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert _progress.watched(wanted=True)
    assert not _progress.watched(wanted=False)


def test_a_statement_that_runs_tells_its_share():
    with Store.memory() as store:
        share = watch(store)
        assert share() == 0.0
        store.connection.execute("SELECT count(*) FROM range(100_000)")
        assert 0.0 <= share() <= 1.0


def test_ctrl_c_in_an_ingest_leaves_no_half_database(run, tmp_path, monkeypatch):
    log(tmp_path / "a.jsonl", call(1))

    def _interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("costctl.ingest.ingest", _interrupted)
    result = run("ingest", "a.jsonl")
    assert (result.code, result.stdout, result.stderr) == (130, "", "interrupted\n")
    assert not (tmp_path / "costctl.duckdb").exists()


def test_ctrl_c_keeps_the_files_that_were_read(run, tmp_path, monkeypatch):
    log(tmp_path / "a.jsonl", call(1))

    def _interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("costctl.cli.ingest.load_prices", _interrupted)
    assert run("ingest", "a.jsonl").code == 130
    monkeypatch.undo()
    assert json.loads(run("status", "--json").stdout)["data"]["rows"] == 1


def test_the_schema_of_ingest_refuses_another_output(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1))
    document = json.loads(run("ingest", "a.jsonl", "--json").stdout)
    document["result"]["files"][0].pop("new_rows")
    assert not Draft202012Validator(schema.schema("ingest")).is_valid(document)


def test_an_unknown_schema_is_told_with_the_nearest():
    with pytest.raises(CostctlError, match="did you mean ingest"):
        schema.schema("ingst")


def test_many_files_are_told_by_folder_to_people_and_one_by_one_to_machines(run, tmp_path):
    for number in range(60):
        log(
            tmp_path / "logs" / f"team{number % 3}" / f"{number}.jsonl",
            call(number),
            call(number + 100),
        )
    shown = run("ingest", "logs").stdout
    rows = [line.split()[:7] for line in shown.splitlines() if "team" in line]
    counts = ["(20", "files)", "lesson_jsonl", "jsonl", "40", "40"]
    assert rows == [[f"logs/team{number}/", *counts] for number in range(3)]
    files = told(run("ingest", "logs", "--db", "other.duckdb", "--json"))["files"]
    assert len(files) == 60
    plain = run("ingest", "logs", "--db", "third.duckdb", "--format", "csv").stdout
    assert len(plain.splitlines()) == 61
