"""Count what a shorter text saves, offline."""

from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import (
    MomentOptions,
    OutputOptions,
    PriceOptions,
    ScopeOptions,
    flat,
)
from costctl.cli._output import write
from costctl.cli._source_options import DbOptions, SourceOptions

WHAT = "What to count"


@flat
def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="A text and its shorter form; with --to, texts to be cut. `-`: stdin.",
            show_default=False,
        ),
    ],
    *,
    to: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS", min=1, rich_help_panel=WHAT, help="Tokens that a text is cut to."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Model whose vocabulary counts; default: of --endpoint, else a current one.",
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=WHAT,
            help="Endpoint of the database on which the saved share is worth something.",
        ),
    ] = None,
    db: DbOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Count what a shorter text saves, offline, with the vocabulary of the model.

    Either an original and its shortened text, or texts and the tokens they would be cut to with --to.

    Examples:
      costctl measure compression prompt.txt shorter.txt --model gpt-4o
      costctl measure compression prompt.txt --to 1500 --endpoint document_summary
    """
    measuring = _engines.measuring()
    source = SourceOptions(config=db.config, db=db.db)
    texts = measuring.texts_of(files, capped=to is not None)
    report, envelope = measuring.compression(
        texts, to, model, endpoint, source=source, scope=scope, moment=moment, prices=prices
    )
    write(report, envelope, output)
