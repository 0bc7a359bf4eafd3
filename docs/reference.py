"""Says in Markdown what the code says: the generated parts of the documents call these functions."""

import inspect
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from math import isnan
from pathlib import Path

from costctl.cli import main
from costctl.cli._commands import names_in
from costctl.errors import ExitCode
from costctl.formats import builtin_names, load_formats
from costctl.levers import LEVERS, Param
from costctl.record import USAGE

RESULTS = Path("benchmarks/results.json")
WHEN = {
    ExitCode.OK: "success; `check`: every budget passed, warnings and skips allowed",
    ExitCode.OVER_BUDGET: "`check`: a budget failed. Nothing else ever ends with 1",
    ExitCode.USAGE: "a wrong command line, configuration, budget file or input",
    ExitCode.INCONCLUSIVE: "no answer: no data in scope, stale or unpriced usage, too little history",
    ExitCode.INTERNAL: "a bug; the message says where its traceback is",
    ExitCode.INTERRUPTED: "interrupted",
}


def commands() -> str:
    """Return a section for each command with its help."""
    return "\n".join(_section(words) for words in _command_names("costctl.cli", ()))


def _command_names(package: str, words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for name in names_in(package):
        yield (*words, name)
        yield from _command_names(f"{package}.{name.replace('-', '_')}", (*words, name))


def _section(words: Sequence[str]) -> str:
    level = "#" * (1 + len(words))
    return f"{level} costctl {' '.join(words)}\n\n```text\n{help_of(*words)}\n```\n"


def help_of(*words: str) -> str:
    """Return what `costctl ... --help` prints at 80 columns."""
    os.environ["COLUMNS"] = "80"
    with redirect_stdout(StringIO()) as out:
        code = main([*words, "--help"])
    if code != ExitCode.OK:
        raise SystemExit(f"costctl {' '.join(words)} --help ended with {code}")
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())


def exit_codes() -> str:
    """Return the table of exit codes."""
    return table(("code", "meaning"), ((str(int(code)), WHEN[code]) for code in ExitCode))


def formats() -> str:
    """Return the table of built-in log formats, in the order of detection."""
    rows = ((f"`{f.name}`", f.about, ", ".join(f.containers)) for f in load_formats())
    return table(("format", "what it is", "containers"), rows)


def format_names() -> str:
    """Return the names of the built-in formats in one sentence."""
    return ", ".join(f"`{name}`" for name in builtin_names()) + ".\n"


def levers() -> str:
    """Return the table of levers in the order in which they apply."""
    rows = ((f"`{lever.name}`", lever.about, lever.caveat) for lever in LEVERS.values())
    return table(("lever", "what it does", "what the projection does not price"), rows)


def lever_parameters() -> str:
    """Return the table of every lever's numbers."""
    rows = (
        (
            f"`{lever.name}`",
            f"`{name}`",
            param.about,
            _default(param),
            _evidence(param.evidence),
        )
        for lever in LEVERS.values()
        for name, param in lever.params.items()
    )
    return table(("lever", "parameter", "meaning", "default", "evidence: low, mode, high"), rows)


def _default(param: Param) -> str:
    if param.default is None:
        return "the evidence" if param.evidence else "none: must be given"
    return "the price table's" if isnan(param.default) else f"{param.default:g}"


def lever_risks() -> str:
    """Return the table of the settings that goal-seek tries, with their risk points."""
    rows = (
        (
            f"`{lever.name}.{name}`",
            ", ".join(f"{value:g} = {points}" for value, points in param.levels.items()),
        )
        for lever in LEVERS.values()
        for name, param in lever.params.items()
        if param.levels
    )
    return table(("parameter", "setting = risk points"), rows)


def _evidence(evidence: object) -> str:
    if evidence is None:
        return ""
    low, mode, high, source = (
        getattr(evidence, name) for name in ("low", "mode", "high", "source")
    )
    return f"{low:g}, {mode:g}, {high:g} ({source})"


def columns() -> str:
    """Return the table of the canonical usage columns."""
    rows = ((f"`{c.name}`", c.sql_type, c.meaning) for c in USAGE)
    return table(("column", "type", "meaning"), rows)


def benchmarks() -> str:
    """Return the table of the last measurement that was kept."""
    kept = json.loads(RESULTS.read_text("utf-8"))
    rows = (
        (
            r["what"],
            r["against"],
            r["ours"],
            r["theirs"],
            f"**{r['ratio']:.2f} x**",
            "" if r["limit"] is None else f"{r['limit']:g} x",
        )
        for r in kept["results"]
    )
    head = ("what", "against", "costctl", "other", "ratio", "at most")
    times = "One run of either side" if kept["pairs"] == 1 else f"Medians of {kept['pairs']} pairs"
    return f"{table(head, rows)}\n{times} on {kept['machine']}.\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return inspect.cleandoc(text).replace("\n", " ").replace("|", "\\|")
