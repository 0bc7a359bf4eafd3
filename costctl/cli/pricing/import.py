"""Bring the figures of a public price table into price files."""
# ruff: noqa: N999 - the module is named as its command

from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write, write_file
from costctl.cli._session import moment_in
from costctl.cli.pricing._public import Public, public_table
from costctl.cli.pricing._table import Provider, TableOptions, settings
from costctl.config import Config
from costctl.errors import CostctlError
from costctl.table import Envelope
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.pricebook.upstream import OfferedTable

HERE = Path("pricing")

Table = Annotated[
    str,
    typer.Argument(
        metavar="FILE|installed", help="The table's JSON, or `installed`.", show_default=False
    ),
]
From = Annotated[
    Public, typer.Option("--from", help="Which public table it is.", show_default=False)
]
Glob = Annotated[str | None, typer.Option(metavar="GLOB", help="Only models of these names.")]
At = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Day from which new figures hold; default: today."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change and write nothing.")
]
Ack = Annotated[
    list[str],
    typer.Option(
        metavar="CODE", help="Accept a suspicious move: moved_by_power, swapped; repeatable."
    ),
]


@flat
def command(
    file: Table,
    *,
    origin: From,
    provider: Provider = None,
    model: Glob = None,
    at: At = None,
    dry_run: DryRun = False,
    ack: Ack = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    table: TableOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Bring the figures of a public price table into price files.

    Written to is what --pricing names, else the folder `pricing` here. A closed period is never changed: a figure
    that differs begins a new one. Comments and layout stay.

    Examples:
      costctl pricing import --from litellm installed --provider openai --dry-run
      costctl pricing import --from genai-prices prices.json --model 'gpt-6*'
    """
    config = settings(table, moment)
    now = moment_in(config)
    day = _day(at) if at else now.as_of.date()
    target = _target(config)
    offered = _wanted(public_table(origin, file, day), provider, model)
    imported = _engines.import_write().plan_import(target, offered, day, ack)
    written: list[str] = []
    if not dry_run and not imported.needs_ack:
        for path, text in sorted(imported.files.items()):
            write_file(path, text)
            written.append(str(path))
    report = _engines.pricing_import().import_report(
        imported.decisions,
        imported.needs_ack,
        offered.skipped,
        written=written,
        source=f"{offered.name} {offered.version}".strip(),
    )
    write(report, Envelope(now.as_of, now.tz), output)
    if imported.needs_ack:
        codes = sorted({code for code, _ in imported.needs_ack})
        raise CostctlError(
            f"{counted(len(imported.needs_ack), 'suspicious move')}: nothing is written",
            f"look at each, then {' '.join(f'--ack {code}' for code in codes)}",
            "needs_ack",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CostctlError(f"--at: {text!r} is no day", "such as 2026-11-23") from error


def _target(config: Config) -> Path:
    given = config.get("pricing")
    target = Path(given) if given else HERE
    if not target.exists():
        raise CostctlError(
            f"no price files at {target}",
            "name the file or folder to write to by --pricing; a copy of the shipped table will do",
            "missing_file",
        )
    return target


def _wanted(table: "OfferedTable", provider: str | None, glob: str | None) -> "OfferedTable":
    kept = tuple(
        offered
        for offered in table.models
        if provider in {None, offered.provider}
        and (
            glob is None
            or fnmatchcase(offered.name, glob)
            or fnmatchcase(offered.name, f"*/{glob}")
        )
    )
    return replace(table, models=kept)
