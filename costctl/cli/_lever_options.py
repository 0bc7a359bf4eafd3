"""The lever flags, the same for every command that simulates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

LEVERS = "Levers: [ENDPOINT=]VALUE or [model:NAME=]VALUE; a VALUE may be LOW:MODE:HIGH; repeatable"
PLAN = "The question"


@dataclass(frozen=True)
class LeverOptions:
    """What would be done to lower the bill."""

    dedupe: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Remove this share of waste: retries, duplicates, failed calls.",
        ),
    ] = ()  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    cache_hit: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Answer this share of calls from a cache; embeddings only if selected.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    cache_eligible: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", rich_help_panel=LEVERS, help="Share of calls that may be cached."
        ),
    ] = None
    cache_lookup_model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", rich_help_panel=LEVERS, help="Model that embeds each lookup."
        ),
    ] = None
    cache_lookup_tokens: Annotated[
        str | None,
        typer.Option(metavar="N", rich_help_panel=LEVERS, help="Tokens embedded in each lookup."),
    ] = None
    cache_fixed_usd: Annotated[
        str | None,
        typer.Option(
            metavar="USD", rich_help_panel=LEVERS, help="Cost of running the cache, a month."
        ),
    ] = None
    swap: Annotated[
        list[str],
        typer.Option(
            metavar="OLD=NEW[:SHARE]",
            rich_help_panel=LEVERS,
            help="Move a model's usage to another model.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    embed_downgrade: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Move this share of text-embedding-3-large to text-embedding-3-small.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    embed_model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", rich_help_panel=LEVERS, help="Where embeddings move to instead."
        ),
    ] = None
    route: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Send this share of the calls to a cheaper model.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    route_to: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            rich_help_panel=LEVERS,
            help="Where routed calls go; default: the cheaper sibling in the price table.",
        ),
    ] = None
    route_classifier: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            rich_help_panel=LEVERS,
            help="Model that sorts the calls, 105 tokens in and 5 out (assumed); default: none.",
        ),
    ] = None
    route_order: Annotated[
        Literal["flat", "cheapest", "dearest"] | None,
        typer.Option(rich_help_panel=LEVERS, help="Which calls are routed; default: flat, any."),
    ] = None
    trim: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Shorten histories and retrieved chunks by this share.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    compress: Annotated[
        list[str],
        typer.Option(
            metavar="SAVED",
            rich_help_panel=LEVERS,
            help="Compress prompts: share saved 0.53 or 53%, '3200->1500', 2.1x.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    compress_to: Annotated[
        list[str],
        typer.Option(
            metavar="TOKENS",
            rich_help_panel=LEVERS,
            help="Cut every prompt at so many tokens, from single requests.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    prompt_cache: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Read this share of the input from the provider's cache.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    output_cut: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE", rich_help_panel=LEVERS, help="Shorten answers by this share."
        ),
    ] = ()  # type: ignore[assignment]  # as above
    batch_size: Annotated[
        list[str],
        typer.Option(
            metavar="ITEMS",
            rich_help_panel=LEVERS,
            help="Items in a request: saves requests, not tokens.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    batch_api: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE",
            rich_help_panel=LEVERS,
            help="Bill this share at the Batch API's prices.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    flex: Annotated[
        list[str],
        typer.Option(
            metavar="SHARE", rich_help_panel=LEVERS, help="Bill this share at flex prices."
        ),
    ] = ()  # type: ignore[assignment]  # as above


@dataclass(frozen=True)
class PlanOptions:
    """What is asked about the levers."""

    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=PLAN,
            help="Levers from a file; a flag replaces the file's of its type.",
        ),
    ] = None
    target: Annotated[
        str | None,
        typer.Option(
            metavar="USD",
            rich_help_panel=PLAN,
            help="The bill that is wanted, a month: verdict, and what it takes.",
        ),
    ] = None
    invoice_total: Annotated[
        str | None,
        typer.Option(
            metavar="USD",
            rich_help_panel=PLAN,
            help="One month's invoice: every figure is scaled to it.",
        ),
    ] = None
    month: Annotated[
        Literal["30d", "calendar"] | None,
        typer.Option(rich_help_panel=PLAN, help="Length of the projected month; default: 30d."),
    ] = None
    prices_at: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", rich_help_panel=PLAN, help="The one date of all prices; default: now."
        ),
    ] = None
