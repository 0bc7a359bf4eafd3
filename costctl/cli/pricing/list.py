"""List models with the prices in force."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli.pricing._table import At, PriceTable, Provider, TableOptions, price_table
from costctl.errors import NoDataError, nearest

if TYPE_CHECKING:
    from costctl.reports.pricing_list import Listed

Glob = Annotated[
    str | None,
    typer.Argument(
        metavar="[GLOB]", help="Names such as 'gpt-5*'; aliases count too.", show_default=False
    ),
]


@flat
def command(
    glob: Glob = None,
    *,
    at: At = None,
    provider: Provider = None,
    table: TableOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """List models with the prices in force.

    Without GLOB the models alone; with it also aliases that match.

    Examples:
      costctl pricing list 'gpt-4o*'
      costctl pricing list --provider azure --at 2026-01-01 --format csv
    """
    prices = price_table(table, moment)
    when = prices.at(at)
    listed = _listed(prices, glob, provider, when)
    report = _engines.pricing_list().list_report(
        listed, prices.moment.as_of.date(), f"{when:%Y-%m-%d %H:%M} UTC"
    )
    write(report, prices.envelope(), output)
    if not listed:
        names = {str(row[1]) for row in prices.compiled.rows["price_names"]}
        raise NoDataError(
            "no model matches", nearest(glob or "", names).removeprefix("; "), "unknown_model"
        )


def _listed(
    prices: PriceTable, glob: str | None, provider: str | None, when: datetime
) -> "list[Listed]":
    lookup, tables = _engines.lookup(), _engines.pricebook_tables()
    rows = prices.compiled.rows
    table = lookup.Lookup(prices.compiled)
    regions = {row[0]: row[3] for row in rows["price_providers"]}
    models = {row[:2]: lookup.named(tables.PRICE_MODELS.names, row) for row in rows["price_models"]}
    found = []
    for owner, name, *_ in rows["price_names"]:
        if provider not in {None, owner} or not _wanted(glob, str(owner), str(name), models):
            continue
        listed = _one(table, models, regions[owner], (str(owner), str(name)), when)
        found += [listed] if listed else []
    return found


def _wanted(glob: str | None, owner: str, name: str, models: dict[Any, Any]) -> bool:
    if glob is None:
        return (owner, name) in models
    return fnmatchcase(name, glob) or fnmatchcase(f"{owner}/{name}", glob)


def _one(
    table: Any, models: dict[Any, Any], region: object, key: tuple[str, str], when: datetime
) -> "Listed | None":
    lookup, reports = _engines.lookup(), _engines.pricing_list()
    offers = table.offers(*key)
    found = table.find(lookup.Ask(*key, region, "standard", when))
    priced = found if isinstance(found, lookup.Found) else None
    held = [row for row in offers if row["region"] == region and lookup.holds(row, when)]
    means = str(next((row["model"] for row in (*held, *reversed(offers))), key[1]))
    model = models.get((key[0], means))
    if model is None:
        return None
    tiers = tuple(sorted({row.text("tier") for row in held if row["tier"] != "standard"}))
    listed: Listed = reports.Listed(key[1], means, model, priced, tiers)
    return listed
