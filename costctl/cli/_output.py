"""The one owner of stdout and stderr: answers, warnings, hints and errors leave the program here."""

import importlib
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from costctl.errors import CostctlError, ExitCode
from costctl.render.style import Style, clean

if TYPE_CHECKING:
    from costctl.cli._options import OutputOptions
    from costctl.table import Envelope, Report, Warn

STDOUT = "-"
READ_BY_PEOPLE = frozenset({"table", "markdown", "plain"})
RUNNER_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)
LABELS = {ExitCode.OVER_BUDGET: "failed", ExitCode.INCONCLUSIVE: "inconclusive"}


def write(report: "Report", envelope: "Envelope", output: "OutputOptions") -> None:
    """Write a report in the form and to the place asked for, then its warnings to stderr.

    A reader that closes the pipe early is no error: the command goes on to its verdict.
    """
    renderer = importlib.import_module(f"costctl.render.{output.shape}")
    text = renderer.render(report, envelope, _style(output))
    if output.output in {None, STDOUT}:
        to_stdout(_harmless(text) if output.shape in READ_BY_PEOPLE else text)
    else:
        write_file(Path(str(output.output)), text)
        tell(f"saved to {output.output}", output)
    warn((*envelope.warnings, *report.warnings), output)


def to_stdout(text: str) -> None:
    """Write text to stdout; a closed pipe swallows the rest."""
    try:
        _stream_text(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
    except OSError as error:
        _abandon_stdout()
        raise CostctlError(
            f"cannot write to stdout: {error.strerror}", code="not_writable"
        ) from error


def write_file(path: Path, text: str) -> None:
    """Write a file at once: whoever reads it sees the old or the new content, never a part.

    A link goes on leading to the content, and a device or a pipe is written to, never replaced by a file.
    """
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise CostctlError(f"{path}: is a folder", "name a file in it", "not_writable")
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="")
            return
        target = path.resolve() if path.exists() else path
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        with temporary.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        temporary.replace(target)
    except OSError as error:
        raise CostctlError(f"{path}: {error.strerror}", code="not_writable") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def warn(warnings: "Sequence[Warn]", output: "OutputOptions") -> None:
    """Print warnings to stderr; JSON lists them in the document instead."""
    if output.quiet or output.shape == "json":
        return
    for warning in warnings:
        # A name out of a log may hold a line end; the rest of it must not pass for a line of ours.
        say(clean(f"warning: {warning.message}"))


def tell(text: str, output: "OutputOptions") -> None:
    """Print a remark to stderr unless asked to be quiet; never beside a JSON document."""
    if not output.quiet and output.shape != "json":
        say(text)


def hint(text: str, output: "OutputOptions") -> None:
    """Print a next step to stderr, for people at a terminal only."""
    if sys.stderr.isatty() and sys.stdout.isatty():
        tell(text, output)


def say(text: str) -> None:
    """Print lines to stderr, whatever happens to stderr."""
    with suppress(OSError, ValueError):
        for line in text.split("\n"):
            sys.stderr.write(_encodable(clean(line), sys.stderr) + "\n")
        sys.stderr.flush()


def complain(error: CostctlError, *, as_json: bool) -> None:
    """Print an error: one line and a hint, or one JSON object."""
    if as_json:
        body = {"code": error.code, "message": str(error), "hint": error.hint}
        say(json.dumps({"error": body}))
        return
    say(f"{LABELS.get(error.exit_code, 'error')}: {error}")
    if error.hint:
        say(f"hint: {error.hint}")


def flush() -> None:
    """Push out what is still buffered, so that a closed pipe is met here and not at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
    except (OSError, ValueError):
        return


def wants_color(output: "OutputOptions", environ: Mapping[str, str], *, tty: bool) -> bool:
    """Return whether to colour: flag, then NO_COLOR, then FORCE_COLOR, then the terminal."""
    if output.no_color or output.color != "auto":
        return output.color == "always" and not output.no_color
    if environ.get("NO_COLOR") or environ.get("COSTCTL_NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return tty and environ.get("TERM") != "dumb"


def _harmless(text: str) -> str:
    """Return text no line of which GitHub's runner takes for a command: it reads them from the log."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return RUNNER_COMMAND.sub("\\1:\u200b:", text)


def _style(output: "OutputOptions") -> Style:
    to_file = output.output not in {None, STDOUT}
    tty = sys.stdout.isatty() and not to_file
    encoding = "utf-8" if to_file else sys.stdout.encoding or "utf-8"
    return Style(
        width=_width(tty=tty),
        color=wants_color(output, os.environ, tty=tty),
        unicode=encoding.lower().replace("-", "") in {"utf8", "cp65001"},
    )


def _width(*, tty: bool) -> int | None:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns) > 0:
        return int(columns)
    if not tty:
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def _stream_text(text: str) -> None:
    sys.stdout.write(_encodable(text, sys.stdout))


def _encodable(text: str, stream: object) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _abandon_stdout() -> None:
    # The buffer still holds text; without this the interpreter would fail to flush it at exit.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
