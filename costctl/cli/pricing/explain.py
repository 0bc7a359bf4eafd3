"""Show every step from a logged name to its rates, with file and line."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MONEY, MomentOptions, OutputOptions, flat
from costctl.cli._output import write
from costctl.cli.pricing._table import At, PriceTable, TableOptions, price_table
from costctl.errors import CostctlError, NoDataError, nearest

if TYPE_CHECKING:
    from costctl.pricebook import Key, Names, Resolved
    from costctl.reports.pricing_explain import Explained

COUNT = re.compile(r"[0-9][0-9_,]{0,20}")

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model as a log names it.", show_default=False)
]
Tokens = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        rich_help_panel=MONEY,
        help="Tokens to price: 300000, input/output as 1850/320, or input=1850,cache_read=1024.",
    ),
]
Tier = Annotated[str, typer.Option(metavar="TIER", rich_help_panel=MONEY, help="Service tier.")]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="REGION",
        rich_help_panel=MONEY,
        help="A region of the price table, such as data_zone_us.",
    ),
]
Deployment = Annotated[
    str | None,
    typer.Option(metavar="NAME", rich_help_panel=MONEY, help="The deployment, as logged."),
]
Resource = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=MONEY, help="The resource of the deployment, as logged."
    ),
]
Provider = Annotated[
    str | None, typer.Option(metavar="NAME", rich_help_panel=MONEY, help="The provider, as logged.")
]


@flat
def command(
    model: Model,
    *,
    at: At = None,
    tokens: Tokens = None,
    tier: Tier = "standard",
    region: Region = None,
    provider: Provider = None,
    deployment: Deployment = None,
    resource: Resource = None,
    table: TableOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Show every step from a logged name to its rates, with file and line.

    Exit code 3 means that the name has no price.

    Examples:
      costctl pricing explain gpt-4o --at 2024-09-01 --tokens 1850/320
      costctl pricing explain chat-prod --deployment chat-prod --provider azure_openai
    """
    pricebook = _engines.pricebook()
    reports = _engines.pricing()
    counts = counts_of(tokens)
    prices = price_table(table, moment)
    key = pricebook.Key(
        provider=provider, requested_model=model, deployment=deployment, resource=resource
    )
    explained = _explained(prices, key, tier=tier, region=region, at=at, tokens=counts)
    tabular = output.shape in {"csv", "markdown", "plain"}
    envelope = prices.envelope()
    # The steps name the table themselves.
    shown = replace(envelope, pricing={}) if output.shape == "table" else envelope
    write(reports.explain_report(explained, tabular=tabular), shown, output)
    if explained.reason:
        raise NoDataError(
            f"{model!r} has no price: {explained.reason.replace('_', ' ')}",
            explained.hint,
            explained.reason,
        )


def counts_of(text: str | None) -> dict[str, int]:
    """Return tokens by price class from `300000`, `1850/320` or `input=1850,output=320`."""
    if text is None:
        return {}
    classes = _engines.pricebook_tables().RATE_CLASSES
    parts = text.split("/") if "=" not in text else text.split(",")
    pairs = [part.partition("=")[::2] for part in parts]
    if "=" not in text:
        pairs = list(zip(("input", "output"), parts, strict=False))
    for name, count in pairs:
        if name not in classes:
            raise CostctlError(f"--tokens: {name!r} is no price class{nearest(name, classes)}")
        if not COUNT.fullmatch(count) or len(parts) > len(pairs):
            raise CostctlError(
                f"--tokens: {text!r} is no count", "write 300000, 1850/320 or input=1850,output=320"
            )
    return {name: int(count.replace("_", "").replace(",", "")) for name, count in pairs}


def _explained(
    prices: PriceTable,
    key: "Key",
    *,
    tier: str,
    region: str | None,
    at: str | None,
    tokens: dict[str, int],
) -> "Explained":
    pricebook, reports, lookup = _engines.pricebook(), _engines.pricing(), _engines.lookup()
    names: Names = pricebook.Names.of(prices.compiled.rows)
    table = lookup.Lookup(prices.compiled)
    moment = prices.at(at)
    answer = pricebook.resolve(names, [key], table.rows_of)
    resolved = answer.resolved[0]
    table.add(answer.book_rows)
    if resolved.price_name and region:
        resolved = resolved._replace(price_region=region, region_assumed=False)
    found = None
    if resolved.price_name:
        size = reports.prompt_size(tokens)
        place = (resolved.price_provider, resolved.price_name, resolved.price_region)
        found = table.find(lookup.Ask(*place, tier, moment, size))
    explained: Explained = reports.Explained(
        key=key,
        resolved=resolved,
        found=found,
        assumed=_assumed(names, key, resolved),
        tried=_tried(names, key),
        tokens=tokens,
        tier=tier,
        at=moment,
        table=f"{prices.compiled.version} sha256 {prices.compiled.sha256}",
    )
    return explained


def _assumed(names: "Names", key: "Key", resolved: "Resolved") -> str:
    """Return why a price is this provider's where the log names none."""
    if key.provider or not resolved.price_provider:
        return ""
    if resolved.basis in {"deployment", "fixed"}:
        return "of the deployment"
    listed = names.providers[resolved.price_provider]
    name = (key.requested_model or "").strip().lower()
    if any(name.startswith(prefix.lower()) for prefix in listed.strip_prefixes):
        return "by the name's prefix"
    if names.default_provider:
        return "pricing.default_provider"
    return "home of the model"


def _tried(names: "Names", key: "Key") -> tuple[str, ...]:
    """Return the names that were looked up, each once."""
    logged = key.requested_model or ""
    found = [name for _, listed in sorted(names.providers.items()) for name in listed.tried(logged)]
    return tuple(dict.fromkeys(found))
