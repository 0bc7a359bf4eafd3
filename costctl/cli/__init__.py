"""The command line: one place that turns what happens into an exit code."""

# ruff: noqa: E402 - imports make most of the objects, so the collector is told first

import gc

YOUNG = 200_000
"""Objects after which Python looks for cycles: a run is short and makes hardly any, so looking often costs a twentieth of it."""

gc.set_threshold(YOUNG)

import atexit
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

import costctl
from costctl.cli._commands import CommandFolder
from costctl.cli._output import complain, flush, say, to_stdout
from costctl.cli._values import simplify
from costctl.errors import CostctlError, ExitCode

atexit.register(gc.freeze)  # what the process leaves behind need not be searched for cycles

PROGRAM = "costctl"
COMPLETE = "_COSTCTL_COMPLETE"
STOPPED = "interrupted"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    _replace_closed_streams()
    try:
        code = _run(args)
    except KeyboardInterrupt:
        say(STOPPED)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.OK
    except Exception as error:  # noqa: BLE001 - the one place where every outcome gets its code
        flush()
        code = _told(error, args)
    flush()
    return int(code)


def _replace_closed_streams() -> None:
    """Let streams that the caller closed lead nowhere; else the next file opened takes the number of one of them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end


def _told(error: Exception, args: list[str]) -> int:
    """Report an error and return its exit code; what is no error of ours is a bug."""
    if _interrupted(error):
        say(STOPPED)
        return ExitCode.INTERRUPTED
    if isinstance(error, CostctlError):
        complain(error, as_json=_wants_json(args))
        return error.exit_code
    complain(_bug(error, verbose=_is_verbose(args)), as_json=_wants_json(args))
    return ExitCode.INTERNAL


def _interrupted(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is behind an error: the engine answers it with an error of its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or str(error) == "Query interrupted":
            return True
        error = error.__cause__ or error.__context__
    return False


def _require_text(args: list[str]) -> None:
    """Refuse words that are no text in the encoding of the system, but for the names of logs that exist."""
    for before, word in zip(["", *args], args, strict=False):
        if word.isprintable() or (before != "--db" and os.path.lexists(word)):
            continue
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            shown = os.fsencode(word).decode("utf-8", "backslashreplace")
            raise CostctlError(
                f"{shown}: no text in {sys.getfilesystemencoding()}, the encoding of this system",
                "write the word in that encoding",
            )


def _run(args: list[str]) -> int:
    _require_text(args)
    program = _program()
    if COMPLETE in os.environ:
        return _completed(program, args)
    try:
        with program.make_context(PROGRAM, args) as context:
            program.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except SystemExit as end:
        return int(end.code or 0)
    except typer.TyperException as error:
        return _misused(error)
    return ExitCode.OK


def _program() -> Any:
    app = typer.Typer(
        cls=CommandFolder,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        help=_root.__doc__,
    )
    app.callback()(_root)
    program = typer.main.get_command(app)
    simplify(program)
    return program


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - the form of an option's callback
    if wanted:
        to_stdout(f"{PROGRAM} {costctl.__version__}\n")
        raise typer.Exit


def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Show where LLM money goes, and what would really lower the bill: offline, from your logs.

    Examples:
      costctl breakdown logs/
      costctl simulate logs/ --cache-hit 0.3 --target 3200
    """


def _misused(error: typer.TyperException) -> int:
    """Report a wrong command line; no arguments at all is a question for help."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        to_stdout(context.get_help() + "\n")
        return ExitCode.USAGE
    path = context.command_path if context is not None else PROGRAM
    raise CostctlError(
        error.format_message().rstrip("."), hint=f"`{path} --help` shows what it takes"
    )


def _completed(program: Any, args: list[str]) -> int:
    try:
        program.main(args=args, prog_name=PROGRAM, complete_var=COMPLETE)
    except SystemExit as end:
        return int(end.code or 0)
    return ExitCode.OK


def _bug(error: Exception, *, verbose: bool) -> CostctlError:
    """Return what to tell about a bug: its name, and where the traceback was written."""
    story = "".join(traceback.format_exception(error))
    if verbose:
        say(story.rstrip("\n"))
    tempfile = importlib.import_module("tempfile")  # dear to import, and bugs are rare
    try:
        handle, path = tempfile.mkstemp(prefix="costctl-", suffix=".traceback.txt")
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            file.write(story)
        where = f"the traceback is in {path}"
    except OSError:
        where = "run it again with -v to see the traceback"
    return CostctlError(
        f"internal error ({type(error).__name__}); this is a bug in costctl", where, "internal"
    )


def _wants_json(args: list[str]) -> bool:
    chosen = os.environ.get("COSTCTL_FORMAT", "")
    for word, after in zip(args, [*args[1:], ""], strict=False):
        if word == "--json":
            return True
        if word == "--format":
            chosen = after
        elif word.startswith("--format="):
            chosen = word.partition("=")[2]
    return chosen == "json"


def _is_verbose(args: list[str]) -> bool:
    return "--verbose" in args or any(
        word[:1] == "-" and word.strip("-v") == "" and "v" in word for word in args
    )
