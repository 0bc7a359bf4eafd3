"""Every outcome of a run has its exit code, and the right words in the right place."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

import costctl
from costctl.cli import main, schema
from costctl.cli._commands import examples_in, line_of, names_in
from costctl.errors import CostctlError, ExitCode, NoDataError, OverBudgetError
from tests.cli.logs import call, log

PROGRAM = [sys.executable, "-c", "import sys; from costctl.cli import main; sys.exit(main())"]
ENGINES = ("duckdb", "polars", "rich", "tiktoken", "yaml", "pydantic")


def commands(
    package: str = "costctl.cli", words: tuple[str, ...] = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """Return every command with the package that holds it."""
    found = []
    for name in names_in(package):
        found.append((package, (*words, name)))
        found += commands(f"{package}.{name}", (*words, name))
    return found


COMMANDS = commands()


def failing(error: BaseException):
    def _fail(*_args: object, **_named: object) -> None:
        raise error

    return _fail


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CostctlError("wrong", "do it right"), 2, "error: wrong\nhint: do it right\n"),
        (NoDataError("nothing there"), 3, "inconclusive: nothing there\n"),
        (OverBudgetError("too much"), 1, "failed: too much\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (RuntimeError("Query interrupted"), 130, "interrupted\n"),
        (BrokenPipeError(), 0, ""),
        (typer.Abort(), 130, ""),
        (typer.Exit(3), 3, ""),
        (SystemExit(0), 0, ""),
    ],
)
def test_an_outcome_has_its_exit_code(run, monkeypatch, error, code, words):
    monkeypatch.setattr(schema, "names", failing(error))
    result = run("schema")
    assert (result.code, result.stdout, result.stderr) == (code, "", words)


def test_exit_codes_are_as_published():
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "OVER_BUDGET": 1,
        "USAGE": 2,
        "INCONCLUSIVE": 3,
        "INTERNAL": 70,
        "INTERRUPTED": 130,
    }


def test_a_bug_is_told_in_two_lines_and_kept_in_a_file(run, monkeypatch):
    monkeypatch.setattr(schema, "names", failing(RuntimeError("secret row")))
    result = run("schema")
    assert result.code == 70
    assert "secret row" not in result.stderr
    found = re.fullmatch(
        r"error: internal error \(RuntimeError\); this is a bug in costctl\nhint: the traceback is in (\S+)\n",
        result.stderr,
    )
    assert found
    story = Path(found[1])
    assert "RuntimeError: secret row" in story.read_text()
    assert story.stat().st_mode & 0o777 == 0o600
    story.unlink()


def test_a_bug_is_shown_at_once_where_asked_for(run, monkeypatch):
    monkeypatch.setattr("costctl.cli.status.settings_of", failing(RuntimeError("story")))
    result = run("status", "--show-config", "-v")
    assert result.code == 70
    assert "RuntimeError: story" in result.stderr
    Path(result.stderr.split()[-1]).unlink()


def test_a_bug_is_told_also_where_no_file_can_be_written(run, monkeypatch):
    monkeypatch.setattr(schema, "names", failing(RuntimeError("story")))
    monkeypatch.setattr("tempfile.mkstemp", failing(OSError("full")))
    result = run("schema")
    assert result.code == 70
    assert result.stderr.endswith("hint: run it again with -v to see the traceback\n")


def test_a_bug_beside_json_is_one_object(run, monkeypatch):
    monkeypatch.setattr("costctl.cli.status.settings_of", failing(RuntimeError("story")))
    result = run("status", "--show-config", "--json")
    assert result.code == 70
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "internal"
    Path(error["hint"].split()[-1]).unlink()


@pytest.mark.parametrize("flags", [["--json"], ["--format", "json"], ["--format=json"]])
def test_an_error_beside_json_is_one_object(run, flags):
    result = run("status", *flags)
    assert (result.code, result.stdout) == (2, "")
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "no_database"
    assert "costctl ingest" in error["hint"]


def test_the_form_of_errors_may_come_from_the_environment(run):
    assert (
        json.loads(run("status", env={"COSTCTL_FORMAT": "json"}).stderr)["error"]["code"]
        == "no_database"
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["statsu"], "Did you mean 'status'?"),
        (["status", "--jsno"], "--jsno"),
        (["status", "--format", "xml"], "xml"),
        (["status", "--color", "sometimes"], "sometimes"),
        (["status", "extra"], "extra"),
        (["--nonsense"], "--nonsense"),
        (["status", "--period", "7d"], "--period"),
        (["breakdown", "--top", "0"], "0 is less than 1"),
        (["breakdown", "--top", "1e3"], "'1e3' is no whole number"),
    ],
)
def test_a_wrong_command_line_is_exit_2_with_a_way_out(run, args, words):
    result = run(*args)
    assert (result.code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "--help` shows what it takes" in result.stderr


def test_no_command_prints_help_and_is_exit_2(run):
    result = run()
    assert result.code == 2
    assert result.stdout == run("--help").stdout


def test_the_version_is_printed(run):
    assert run("--version").stdout == f"costctl {costctl.__version__}\n"


@pytest.mark.parametrize("words", [(), *(words for _, words in COMMANDS)], ids=" ".join)
def test_help_begins_with_two_examples_at_every_level(run, words):
    result = run(*words, "--help")
    assert result.code == 0
    head, _, rest = result.stdout.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "Examples:"
    assert len(lines) >= 3
    assert all(line.startswith("  costctl ") for line in lines[1:])
    assert rest.startswith("Usage: costctl")


@pytest.mark.parametrize(("package", "words"), COMMANDS)
def test_the_line_of_a_command_in_a_list_is_the_first_sentence_of_its_help(run, package, words):
    listed = " ".join(run(*words[:-1], "--help").stdout.split())
    about = " ".join(run(*words, "--help").stdout.split("\n\n")[2].split())
    line = line_of(package, words[-1])
    assert about.removesuffix(".") == line
    assert f"{words[-1]} {line}" in listed


def in_a_process(code: str, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )


def loaded_by(*runs: Sequence[str], **env: str) -> list[set[str]]:
    """Return the engines that are loaded after each run of the program; all runs share one process."""
    code = (
        "import json, sys\nfrom costctl.cli import main\nfor args in json.loads(sys.argv[1]):\n"
        f"    main(args)\n    print('LOADED', *[m for m in {ENGINES!r} if m in sys.modules])"
    )
    lines = in_a_process(code, json.dumps(runs), **env).stdout.splitlines()
    found = [set(line.split()[1:]) for line in lines if line.startswith("LOADED")]
    assert len(found) == len(runs)
    return found


def test_help_and_version_load_no_engine():
    assert loaded_by(["--help"], ["--version"], []) == [set(), set(), set()]


def test_the_help_of_a_command_loads_no_engine():
    loaded = loaded_by(*([*words, "--help"] for _, words in COMMANDS))
    assert [
        words for (_, words), some in zip(COMMANDS, loaded, strict=True) if some - {"yaml"}
    ] == []


def completed(words: str) -> list[str]:
    env = {
        "_COSTCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    return subprocess.run(
        PROGRAM, capture_output=True, text=True, check=False, env={**os.environ, **env}
    ).stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("costctl sta", ["status"]),
        ("costctl pricing li", ["list"]),
        ("costctl status --max", ["--max-age"]),
        ("costctl status --color a", ["auto", "always"]),
        ("costctl status --format js", ["json", "jsonl"]),
        ("costctl schema ing", ["ingest"]),
        ("costctl breakdown --by endpoint,mo", ["endpoint,model", "endpoint,month"]),
        ("costctl breakdown --where ti", ["tier="]),
        ("costctl ingest --log-format lesson_s", ["lesson_sqlite"]),
    ],
)
def test_completion_offers_what_is_known(words, offered):
    assert completed(words) == offered


def test_completion_ends_well(run):
    env = {"_COSTCTL_COMPLETE": "complete_bash", "COMP_WORDS": "costctl sta", "COMP_CWORD": "1"}
    result = run(env=env)
    assert (result.code, result.stdout) == (0, "status\n")


def test_a_word_within_a_group_is_answered_with_a_close_one(run):
    result = run("pricing", "lits")
    assert result.code == 2
    assert "Did you mean 'list'?" in result.stderr
    assert "`costctl pricing --help`" in result.stderr


def test_a_group_alone_prints_its_help_and_is_exit_2(run):
    result = run("pricing")
    assert (result.code, result.stdout) == (2, run("pricing", "--help").stdout)


def test_a_group_with_a_command_of_its_own_runs_it(run):
    assert run("formats").code == 0
    assert "Commands:\n  explain" in run("formats", "--help").stdout


def test_help_without_examples_is_its_text():
    assert examples_in("""Say something.

    More.
    """) == ("Say something.\n\nMore.", "")


def test_completion_loads_no_engine():
    env = {
        "_COSTCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": "costctl breakdown --by mo",
        "COMP_CWORD": "3",
    }
    (loaded,) = loaded_by([], **env)
    assert loaded <= {"yaml"}


def test_completion_is_set_up_for_a_shell():
    script = subprocess.run(
        [*PROGRAM, "--show-completion"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "SHELL": "/bin/bash",
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "",
        },
    )
    assert script.returncode in {0, 2}


def test_a_reader_that_leaves_early_is_no_error():
    script = (
        f"set -o pipefail; {sys.executable} -c '{PROGRAM[2]}' schema ingest | head -1 >/dev/null"
    )
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_is_gone_is_no_error():
    script = f"set -o pipefail; {sys.executable} -c '{PROGRAM[2]}' --help | true"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_verdict_outlives_a_reader_that_is_gone(tmp_path):
    log(tmp_path / "a.jsonl", call(1), call(2, prompt_tokens=10**9))
    budget = "version: 1\nbudgets:\n  - {name: total, limit: 1, period: year, checks: [{basis: actual, fail: 1}]}\n"
    (tmp_path / "budgets.yaml").write_text(budget)
    script = (
        f"cd {tmp_path}; set -o pipefail; {sys.executable} -c '{PROGRAM[2]}' "
        "check a.jsonl --as-of 2026-11-23 | true"
    )
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_questions_about_the_past_load_no_frames(run, tmp_path):
    run("ingest", log(tmp_path / "a.jsonl", call(1)))
    flags = ("--db", str(tmp_path / "costctl.duckdb"))
    for loaded in loaded_by(["breakdown", *flags], ["status", *flags]):
        assert loaded & {"polars", "tiktoken", "pydantic"} == set()


def test_ctrl_c_ends_with_130_and_no_traceback():
    code = "import signal, os, sys\nfrom costctl.cli import main, schema\n"
    code += "schema.names = lambda: os.kill(os.getpid(), signal.SIGINT)\nsys.exit(main(['schema']))"
    done = in_a_process(code)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert signal.SIGINT


def test_main_takes_its_arguments_from_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["costctl", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("costctl ")
