"""The compiled price table of a run, and what the commands of this folder share."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MONEY, SCOPE, MomentOptions, PriceOptions, Pricing
from costctl.cli._prices import load_prices
from costctl.cli._session import Moment, moment_in, settings_of
from costctl.cli._source_options import ConfigOptions
from costctl.cli._when import moment_of
from costctl.config import Config
from costctl.table import Envelope

if TYPE_CHECKING:
    from costctl.pricebook import CompiledBook

At = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        rich_help_panel=SCOPE,
        help="Prices in force then; default: now, by --as-of.",
    ),
]
Provider = Annotated[
    str | None,
    typer.Option(metavar="NAME", rich_help_panel=MONEY, help="Only this provider."),
]


@dataclass(frozen=True)
class TableOptions(ConfigOptions):
    """Which price table: settings, and a layer or a day."""

    pricing: Pricing = None


@dataclass(frozen=True)
class PriceTable:
    """The table and the moment of a run."""

    compiled: "CompiledBook"
    config: Config
    moment: Moment

    def envelope(self) -> Envelope:
        """Return what surrounds the answer."""
        pricing = {"version": self.compiled.version, "sha256": self.compiled.sha256}
        return Envelope(self.moment.as_of, self.moment.tz, pricing=pricing)

    def at(self, given: str | None) -> datetime:
        """Return the moment of `--at`, by default the as-of moment."""
        return moment_of(given, self.moment.zone, "--at") if given else self.moment.as_of


def settings(options: TableOptions, moment: MomentOptions) -> Config:
    """Return the settings of a run that needs prices and no usage."""
    return settings_of(options, moment, PriceOptions(options.pricing))


def price_table(options: TableOptions, moment: MomentOptions) -> PriceTable:
    """Return the compiled table: from the cache where it was compiled before."""
    config = settings(options, moment)
    prices = _engines.prices()
    with _engines.store().memory() as store:
        load_prices(store, config)
        names = [spec.name for spec in _engines.pricebook().TABLES]
        rows = {name: tuple(prices.fetch_rows(store, name)) for name in names}
    return PriceTable(_engines.pricebook().CompiledBook(rows), config, moment_in(config))
