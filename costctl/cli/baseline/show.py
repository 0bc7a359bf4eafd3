"""Show what a baseline holds."""

from pathlib import Path
from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import OutputOptions, flat
from costctl.cli._output import write


@flat
def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A saved baseline.", show_default=False)
    ],
    *,
    output: OutputOptions,
) -> None:
    """Show the groups of a saved baseline with their sum.

    Examples:
      costctl baseline show costctl-baseline.json
      costctl baseline show costctl-baseline.json --format csv
    """
    report, envelope = _engines.baselines().shown(file)
    write(report, envelope, output)
