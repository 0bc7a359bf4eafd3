"""Compare the price table with another one, or with itself on another day."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, PriceOptions, flat
from costctl.cli._output import write
from costctl.cli._session import Session, usage_session
from costctl.cli._source_options import SourceOptions
from costctl.cli.pricing._public import public_table
from costctl.cli.pricing._table import At, PriceTable, TableOptions, price_table
from costctl.errors import CostctlError, NoDataError
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.pricebook import CompiledBook
    from costctl.pricebook.compare_tables import Compared
    from costctl.reports.pricing_diff import Repriced
    from costctl.table import Envelope

PUBLIC = ("genai-prices", "litellm")

Against = Annotated[
    str,
    typer.Option(
        metavar="DATE|PATH|genai-prices|litellm",
        help="The other: the table as known on a day, a price file or folder, or a public table with its FILE.",
        show_default=False,
    ),
]
File = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE", help="A public table's JSON, or `installed`.", show_default=False
    ),
]
Usage = Annotated[
    bool,
    typer.Option(
        "--usage", help="Also price the stored usage by both tables (not for public ones)."
    ),
]
Drift = Annotated[bool, typer.Option("--fail-on-drift", help="Exit code 3 when a figure differs.")]


@flat
def command(
    file: File = None,
    *,
    against: Against,
    at: At = None,
    usage: Usage = False,
    fail_on_drift: Drift = False,
    source: SourceOptions,
    prices: PriceOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Compare the price table with another one, or with itself on another day.

    Examples:
      costctl pricing diff --against litellm installed
      costctl pricing diff --against 2026-11-01 --usage
    """
    options = TableOptions(config=source.config, pricing=prices.pricing)
    table = price_table(options, moment)
    when = table.at(at)
    compare = _engines.compare_tables()
    envelope, repriced = table.envelope(), None
    compared: Compared
    if against in PUBLIC:
        if file is None or usage:
            raise CostctlError(
                f"--against {against} takes its FILE or `installed`, and no --usage",
                f"such as `costctl pricing diff --against {against} installed`",
            )
        compared = compare.against_public(
            table.compiled, public_table(against, file, when.date()), when
        )
    else:
        other = _other_book(table, against, file)
        compared = compare.against_book(table.compiled, other, when)
        if usage:
            with usage_session(source=source, moment=moment, prices=prices) as session:
                envelope, repriced = _repriced(session, other)
    report = _engines.pricing_diff().diff_report(
        compared, against, f"{when:%Y-%m-%d %H:%M} UTC", repriced
    )
    write(report, envelope, output)
    if fail_on_drift and compared.differences:
        raise NoDataError(
            counted(len(compared.differences), "figure differs", "figures differ"),
            "",
            "price_drift",
        )


def _other_book(table: PriceTable, against: str, file: str | None) -> "CompiledBook":
    """Return the table on another day, or another table: a file lies above the built-in one."""
    if file is not None:
        raise CostctlError(f"{file!r} belongs to --against genai-prices or litellm")
    pricebook = _engines.pricebook()
    settings = pricebook.PricingSettings.default(*table.config.paths)
    path = Path(against)
    if path.exists():
        alone = (path / "providers").is_dir()
        settings = replace(settings, builtin=path) if alone else settings
        book = pricebook.open_book(() if alone else (path,), settings, None)
    else:
        book = pricebook.open_book((), settings, _day(against))
    compiled: CompiledBook = pricebook.compile_book(book)
    return compiled


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise CostctlError(
            f"--against: {text!r} is no day, no file and no public table",
            "such as 2026-11-01, prices/contoso.yaml, `genai-prices FILE` or `litellm installed`",
            "missing_file",
        ) from error


def _repriced(session: Session, other: "CompiledBook") -> "tuple[Envelope, list[Repriced]]":
    """Price the stored usage by both tables."""
    reports = _engines.pricing_diff()
    query = replace(session.query, by=("provider", "model"))
    envelope = session.envelope()
    before = session.spent(query)
    _engines.prices().load_prices(session.store, other)
    after = {spent.key: spent.cost_usd for spent in session.spent(query)}
    return envelope, [
        reports.Repriced(
            *(None if part is None else str(part) for part in spent.key),
            spent.requests,
            spent.cost_usd,
            after.get(spent.key),
        )
        for spent in before
    ]
