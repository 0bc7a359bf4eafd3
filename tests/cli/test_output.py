"""One owner of stdout and stderr: what goes where, in which colour, and into files whole or not at all."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from costctl.cli import _output
from costctl.cli._options import OutputOptions
from tests.cli.logs import call, log

QUIET = OutputOptions(quiet=True)
PLAIN = OutputOptions()


@pytest.fixture
def filled(run, tmp_path):
    log(tmp_path / "a.jsonl", call(1), call(2, timestamp="2026-11-30T00:00:00Z"))
    assert run("ingest", "a.jsonl").code == 0
    return run


@pytest.mark.parametrize(
    ("flags", "environ", "tty", "colour"),
    [
        ({}, {}, True, True),
        ({}, {}, False, False),
        ({}, {"TERM": "dumb"}, True, False),
        ({}, {"NO_COLOR": "1"}, True, False),
        ({}, {"NO_COLOR": ""}, True, True),
        ({}, {"COSTCTL_NO_COLOR": "1"}, True, False),
        ({}, {"FORCE_COLOR": "1"}, False, True),
        ({}, {"CLICOLOR_FORCE": "1"}, False, True),
        ({}, {"FORCE_COLOR": "0"}, False, False),
        ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({}, {"TTY_COMPATIBLE": "1"}, False, False),
        ({"color": "always"}, {"NO_COLOR": "1"}, False, True),
        ({"color": "never"}, {"FORCE_COLOR": "1"}, True, False),
        ({"no_color": True}, {"FORCE_COLOR": "1"}, True, False),
        ({"no_color": True, "color": "always"}, {}, True, False),
    ],
)
def test_colour_follows_flag_then_environment_then_terminal(flags, environ, tty, colour):
    assert _output.wants_color(replace(PLAIN, **flags), environ, tty=tty) is colour


def test_warnings_go_to_stderr_and_the_answer_to_stdout(filled):
    result = filled("status")
    assert "warning: 1 row at or after" in result.stderr
    assert "warning" not in result.stdout


def test_quiet_leaves_the_answer_alone(filled):
    assert filled("status", "-q").stderr == ""


def test_beside_json_there_is_nothing_on_stderr(filled):
    result = filled("status", "--json", "-v")
    assert result.stderr == ""
    assert len(json.loads(result.stdout)["warnings"]) == 1


@pytest.mark.parametrize("flags", [("--json", "--format", "csv"), ("--format=csv", "--json")])
def test_two_forms_of_output_at_once_are_refused(filled, flags):
    result = filled("status", *flags)
    assert (result.code, result.stdout) == (2, "")
    error = json.loads(result.stderr)["error"]
    assert error["message"] == "--json and --format csv ask for two forms of output"
    assert error["hint"] == "give one of them"


def test_a_form_may_be_named_twice_and_gives_way_to_a_flag(filled):
    once = filled("status", "--json").stdout
    assert filled("status", "--json", "--format", "json").stdout == once
    assert filled("status", "--json", env={"COSTCTL_FORMAT": "csv"}).stdout == once


def test_output_goes_to_a_file(filled, tmp_path):
    result = filled("status", "--json", "-o", "out.json")
    assert (result.code, result.stdout) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "costctl.status/1"
    result = filled("status", "--output", "out.txt")
    assert result.stderr.endswith("saved to out.txt\n") or "saved to out.txt" in result.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_dash_is_stdout(filled):
    assert filled("status", "--json", "-o", "-").stdout == filled("status", "--json").stdout


def test_a_file_that_cannot_be_written_is_exit_2(filled):
    result = filled("status", "-o", "no/such/folder/out.txt")
    assert result.code == 2
    assert "out.txt: No such file or directory" in result.stderr


def test_a_file_is_replaced_whole_or_left_alone(tmp_path, monkeypatch):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def _full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", _full)
    with pytest.raises(_output.CostctlError, match="No space left"):
        _output.write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_a_terminal_cannot_show_is_replaced():
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "COSTCTL_AS_OF": "2026-11-10"}
    code = "import sys\nfrom costctl.cli import main\nsys.exit(main(['status', '--show-config', '--db', 'éßx']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=env)
    assert done.returncode == 0
    assert b"??x" in done.stdout
    assert done.stdout.isascii()


def test_control_characters_of_a_message_are_replaced(run):
    result = run("status", "--db", "a\x1b[31m.duckdb")
    assert "\x1b" not in result.stderr


def on_a_terminal(*args: str, columns: int | None = None, **env: str) -> str:
    """Return what a run shows on a terminal of its own."""
    code = "import sys; from costctl.cli import main; sys.exit(main())"
    main_end, terminal = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}}
    if columns:
        import fcntl  # noqa: PLC0415 - only where there are terminals
        import struct  # noqa: PLC0415 - as above
        import termios  # noqa: PLC0415 - as above

        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", code, *args],
        stdout=terminal,
        stderr=terminal,
        env={**clean, "TERM": "xterm-256color", **env},
    ):
        os.close(terminal)
        seen = b""
        while True:
            try:
                piece = os.read(main_end, 65_536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
    os.close(main_end)
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_its_own_width(tmp_path):
    args = (
        "status",
        "--show-config",
        "--db",
        "x" * 150,
        "--config",
        str(tmp_path / "costctl.yaml"),
    )
    (tmp_path / "costctl.yaml").write_text("timezone: UTC\n")
    text = on_a_terminal(*args, columns=60)
    assert "\x1b[1m" in text
    assert (
        max(len(line) for line in text.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())
        <= 60
    )
    assert "\x1b" not in on_a_terminal(*args, columns=60, NO_COLOR="1", FORCE_COLOR="1")
    assert "\x1b" not in on_a_terminal(*args, columns=60, TERM="dumb")


def test_columns_sets_the_width_of_a_pipe(filled):
    wide = filled("status", "--show-config", "--db", "x" * 150)
    narrow = filled("status", "--show-config", "--db", "x" * 150, env={"COLUMNS": "60"})
    assert "x" * 150 in wide.stdout
    assert max(map(len, narrow.stdout.splitlines())) <= 60


def test_hints_are_for_people_at_a_terminal(capsys, monkeypatch):
    _output.hint("try this", PLAIN)
    assert capsys.readouterr().err == ""
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    _output.hint("try this", QUIET)
    _output.hint("try this", PLAIN)
    assert capsys.readouterr().err == "try this\n"


def test_a_reader_that_is_gone_swallows_the_rest(monkeypatch, tmp_path):
    with (tmp_path / "out.txt").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        _output._abandon_stdout()
        _output.to_stdout("nobody reads this")
        monkeypatch.undo()
    assert (tmp_path / "out.txt").read_text() == ""


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError("closed")])
def test_a_stdout_that_is_gone_stops_nothing(monkeypatch, error):
    class Gone:
        encoding = "utf-8"

        def write(self, _text: str) -> None:
            raise BrokenPipeError

        def flush(self) -> None:
            raise error

        def fileno(self) -> int:
            raise OSError

    monkeypatch.setattr(sys, "stdout", Gone())
    _output.to_stdout("nobody reads this")
    _output.flush()
    monkeypatch.undo()


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no device that is always full"
)
def test_a_full_disk_is_exit_2():
    script = f"{sys.executable} -c 'import sys; from costctl.cli import main; sys.exit(main())' schema ingest"
    done = subprocess.run(
        ["/bin/bash", "-c", f"{script} > /dev/full"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        "error: cannot write to stdout: No space left on device\n",
    )


def test_a_terminal_without_a_size_is_as_wide_as_its_content(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: os.terminal_size((0, 0)))
    assert _output._width(tty=True) is None

    def _no_terminal(_descriptor: int) -> None:
        raise OSError

    monkeypatch.setattr("os.get_terminal_size", _no_terminal)
    assert _output._width(tty=True) is None


def test_a_stderr_that_is_gone_stops_nothing(monkeypatch):
    class Gone:
        encoding = "utf-8"

        def write(self, _text: str) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    _output.say("nobody hears this")
