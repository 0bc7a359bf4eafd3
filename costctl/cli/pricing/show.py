"""Show the full price history of a model."""

from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MONEY, MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli.pricing._table import PriceTable, Provider, TableOptions, price_table
from costctl.errors import NoDataError

if TYPE_CHECKING:
    from costctl.pricebook.lookup import Lookup
    from costctl.reports.pricing_show import Shown

ALL = "all"

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A model or alias, as price files write it.", show_default=False
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="REGION|all",
        rich_help_panel=MONEY,
        help="Prices there; default: the provider's default region.",
    ),
]


@flat
def command(
    model: Model,
    *,
    provider: Provider = None,
    region: Region = None,
    table: TableOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Show the full price history of a model.

    Periods, service tiers, prompt sizes, day windows, aliases and sources, of every provider that lists the name.

    Examples:
      costctl pricing show gpt-4o
      costctl pricing show gpt-4o-mini --provider azure --region data_zone_us
    """
    prices = price_table(table, moment)
    asked = _engines.lookup().Lookup(prices.compiled)
    shown = [
        _shown(prices, asked, owner, name, region)
        for owner, name in _matching(prices, model)
        if provider in {None, owner}
    ]
    if not shown:
        names = _engines.pricebook().Names.of(prices.compiled.rows)
        answer = _engines.pricebook().resolve(
            names,
            [_engines.pricebook().Key(provider=provider, requested_model=model)],
            asked.rows_of,
        )
        raise NoDataError(
            f"{model!r} is in no price file", answer.resolved[0].hint, "unknown_model"
        )
    write(_engines.pricing_show().show_report(shown, asked), prices.envelope(), output)


def _matching(prices: PriceTable, model: str) -> list[tuple[str, str]]:
    """Return the providers that list a name, as it is written or after the stated rewrites."""
    listed = [(str(row[0]), str(row[1])) for row in prices.compiled.rows["price_names"]]
    exact = [pair for pair in listed if model in {pair[1], f"{pair[0]}/{pair[1]}"}]
    if exact:
        return exact
    providers = _engines.pricebook().Names.of(prices.compiled.rows).providers
    found = [(owner, providers[owner].find(model)) for owner in sorted(providers)]
    return [(owner, hit[0]) for owner, hit in found if hit]


def _shown(
    prices: PriceTable, asked: "Lookup", owner: str, name: str, region: str | None
) -> "Shown":
    lookup, tables = _engines.lookup(), _engines.pricebook_tables()
    rows = prices.compiled.rows
    default = next(str(row[3]) for row in rows["price_providers"] if row[0] == owner)
    offers = asked.offers(owner, name)
    wanted = [o for o in offers if region == ALL or o["region"] == (region or default)]
    facts = {
        str(row[1]): lookup.named(tables.PRICE_MODELS.names, row)
        for row in rows["price_models"]
        if row[0] == owner
    }
    means = tuple(dict.fromkeys(offer.text("model") for offer in wanted or offers))
    aliases = {str(row[1]) for row in rows["price_book"] if row[0] == owner and row[12] in means}
    shown: Shown = _engines.pricing_show().Shown(
        provider=owner,
        name=name,
        models=tuple(facts[model] for model in means if model in facts),
        aliases=tuple(sorted(aliases - {name, *means})),
        offers=tuple(wanted),
        regions=tuple(sorted({offer.text("region") for offer in offers})),
    )
    return shown
