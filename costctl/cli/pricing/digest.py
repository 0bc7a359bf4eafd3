"""Show the version and digest of the price table, and how much it holds."""

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli.pricing._table import TableOptions, price_table


@flat
def command(*, table: TableOptions, moment: MomentOptions, output: OutputOptions) -> None:
    """Show the version and digest of the price table, and how much it holds.

    The digest covers every figure, alias, region, deployment and discount; the same figures give the same digest.

    Examples:
      costctl pricing digest
      costctl pricing digest --pricing prices/contoso.yaml --json
    """
    prices = price_table(table, moment)
    compiled, reports = prices.compiled, _engines.pricing_list()
    rows = compiled.rows
    providers = tuple(
        (
            str(row[0]),
            sum(1 for model in rows["price_models"] if model[0] == row[0]),
            sum(1 for name in rows["price_names"] if name[0] == row[0]),
            row[5],
        )
        for row in rows["price_providers"]
    )
    digest = reports.Digest(
        compiled.version,
        compiled.sha256,
        providers,
        len(rows["price_periods"]),
        compiled.meta.get("known_on"),
    )
    write(reports.digest_report(digest), prices.envelope(), output)
