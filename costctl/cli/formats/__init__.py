"""List the log formats that costctl reads, and explain how it reads a file."""

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli._session import moment_in, settings_of
from costctl.cli._source_options import ConfigOptions
from costctl.reports.formats import formats_report
from costctl.table import Envelope


@flat
def command(*, settings: ConfigOptions, output: OutputOptions) -> None:
    """List the log formats that costctl reads, and explain how it reads a file.

    Built-in formats and those of costctl.yaml, in the order in which a file is held against them.

    Examples:
      costctl formats
      costctl formats explain calls.jsonl
    """
    config = settings_of(settings, MomentOptions())
    now = moment_in(config)
    known = _engines.formats().known_formats(config.paths[::-1])
    write(formats_report(known), Envelope(now.as_of, now.tz), output)
