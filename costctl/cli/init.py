"""Write a commented costctl.yaml and budgets.yaml to start from."""

import shlex
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, PriceOptions, flat
from costctl.cli._output import tell, warn, write_file
from costctl.cli._session import settings_of, usage_session
from costctl.cli._source_options import Paths, SourceOptions
from costctl.errors import CostctlError, NoDataError
from costctl.table import Warn
from costctl.vocabulary import Window
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.vocabulary import Spent

CONFIG = Path("costctl.yaml")
BUDGETS = Path("budgets.yaml")
MONTH = timedelta(days=30)

SETTINGS = """\
# Settings of costctl. Flags and COSTCTL_* variables outweigh them; `costctl status --show-config` shows what holds.
version: 1
db: {db}
timezone: {timezone}
budgets: budgets.yaml

# Prices of your own, above the built-in table.
# pricing:
#   default_provider: openai
#   deployments:
#     - {{deployment: chat-prod, provider: azure, model: gpt-4o-2024-08-06, region: data_zone_eu}}
#   overlays:
#     - {{discount: "0.15", provider: azure, from: 2026-01-01, source: "contract of 2026"}}
"""


@flat
def command(
    *,
    paths: Paths = (),  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that are already there.")
    ] = False,
    from_data: Annotated[
        bool, typer.Option("--from-data", help="Propose limits a bit above today's spend.")
    ] = False,
    source: SourceOptions,
    moment: MomentOptions,
    prices: PriceOptions,
    output: OutputOptions,
) -> None:
    """Write a commented costctl.yaml and budgets.yaml into this folder.

    Examples:
      costctl init
      costctl init logs/ --from-data
    """
    standing = [str(path) for path in (CONFIG, BUDGETS) if path.exists()]
    if standing and not force:
        verb = "is" if len(standing) == 1 else "are"
        raise CostctlError(f"{' and '.join(standing)} {verb} already here", "--force replaces them")
    propose = _engines.propose()
    config = settings_of(source, moment, prices)
    found = propose.EXAMPLE
    if from_data or paths:
        with usage_session(source=source, moment=moment, prices=prices, paths=paths) as session:
            window = Window(session.as_of - MONTH, session.as_of)
            query = replace(session.query, by=("endpoint",), window=window)
            _require_prices(session.total(replace(query, by=())), output)
            found = propose.proposals(session.spent(query))
    text = propose.budget_text(found, config.timezone, measured=found is not propose.EXAMPLE)
    settings = SETTINGS.format(db=propose.quoted(_beside(config.db)), timezone=config.timezone)
    for path, content in ((CONFIG, settings), (BUDGETS, text)):
        write_file(path, content)
        tell(f"wrote {path}", output)
    tell(shlex.join(["next:", "costctl", "check", *map(str, paths)]), output)


def _require_prices(total: "Spent", output: OutputOptions) -> None:
    """Refuse to propose limits from nothing, and warn where some of the spend is unknown."""
    if not total.rows:
        raise NoDataError(
            "no usage in the last 30 days to propose limits from",
            "`costctl init` alone writes an example",
        )
    if total.unpriced_requests:
        count = counted(total.unpriced_requests, "request")
        what = f"{count} without a price: the proposed limits do not cover that usage"
        warn([Warn("unpriced", what)], output)


def _beside(db: Path) -> str:
    """Return the database's path as a file of this folder names it."""
    here = Path.cwd()
    return str(db.relative_to(here)) if db.is_absolute() and db.is_relative_to(here) else str(db)
