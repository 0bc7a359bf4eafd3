"""Check price files; errors and warnings come with file and line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli._prices import price_layers
from costctl.cli._session import moment_in
from costctl.cli.pricing._table import TableOptions, settings
from costctl.config import Config
from costctl.errors import CostctlError
from costctl.table import Envelope
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.pricebook.book import Book

Target = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH",
        help="A price file, a folder of them, or a whole table; default: the table in use.",
        show_default=False,
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings are errors.")]


@flat
def command(
    path: Target = None,
    *,
    strict: Strict = False,
    table: TableOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Check price files; errors and warnings come with file and line.

    A warning is silenced by `ack: [code]` on its period. Exit code 2 means errors.

    Examples:
      costctl pricing validate
      costctl pricing validate prices/contoso.yaml --strict
    """
    config = settings(table, moment)
    now = moment_in(config)
    book = _opened(config, path)
    compiled = _engines.pricebook().compile_book(book)
    found = _engines.price_check().warnings_of(book, now.as_of.date(), of_user=path is not None)
    warnings = sorted(found, key=lambda warning: warning[1])
    report = _engines.pricing_check().validate_report(
        warnings, compiled, str(path) if path else "the table in use"
    )
    pricing = {"version": compiled.version, "sha256": compiled.sha256}
    write(report, Envelope(now.as_of, now.tz, pricing=pricing), output)
    if strict and warnings:
        raise CostctlError(
            f"{counted(len(warnings), 'warning')} under --strict",
            "correct the figures, or acknowledge them by `ack: [code]` on their period",
            "price_warnings",
        )


def _opened(config: Config, path: Path | None) -> "Book":
    """Read the table in use, or a file above it; a whole table stands alone."""
    pricebook = _engines.pricebook()
    layers, known_on = price_layers(config)
    settings = pricebook.PricingSettings.default(*config.paths)
    if path is not None:
        alone = (path / "providers").is_dir()
        settings = pricebook.PricingSettings() if alone else pricebook.PricingSettings.default()
        layers, known_on = (path,), None
    book: Book = pricebook.open_book(layers, settings, known_on)
    return book
