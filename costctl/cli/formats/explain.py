"""Show which formats match a file, why, and its first rows as they would be stored."""

from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli._session import ingest_options, moment_in, settings_of
from costctl.cli._source_options import ConfigOptions, LogOptions
from costctl.errors import CostctlError
from costctl.reports.formats import explain_report
from costctl.table import Envelope

File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A log; nothing of it is stored.", show_default=False),
]
Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1, help="How many rows to show.")]


@flat
def command(
    file: File,
    *,
    rows: Rows = 3,
    logs: LogOptions,
    settings: ConfigOptions,
    output: OutputOptions,
) -> None:
    """Show which formats match a file, why, and its first rows as they would be stored.

    Examples:
      costctl formats explain calls.jsonl
      costctl formats explain gateway.log --log-format gateway.yaml --rows 1
    """
    config = settings_of(settings, MomentOptions())
    now = moment_in(config)
    found = _engines.explaining().explain(file, ingest_options(logs, config), rows)
    write(explain_report(found), Envelope(now.as_of, now.tz), output)
    if found.result.error:
        raise CostctlError(
            f"{found.path}: {found.result.error}",
            "docs/formats.md shows how to declare a format",
            "unreadable_log",
        )
