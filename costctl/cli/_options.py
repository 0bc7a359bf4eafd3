"""The flags that commands share, each stated once, in groups that a command names in its signature.

A command takes groups as parameters and is wrapped by `flat`:

    @flat
    def command(*, paths: Paths = (), source: SourceOptions, output: OutputOptions) -> None:

On the command line each field of a group is a flag of its own.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, get_type_hints

import typer

from costctl.cli._complete import a_condition, some_dimensions

SCOPE = "What counts"
GROUPS = "Rows"
MONEY = "Prices"
OUT = "Output"

Form = Literal["table", "json", "jsonl", "csv", "markdown", "plain"]
Colour = Literal["auto", "always", "never"]

PricesAt = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        rich_help_panel=MONEY,
        help="Price every row at this date instead of its own.",
    ),
]


Pricing = Annotated[
    str | None,
    typer.Option(
        metavar="PATH|DATE",
        rich_help_panel=MONEY,
        help="Prices above the built-in ones, or the table as known on a day. [env: COSTCTL_PRICING]",
    ),
]


@dataclass(frozen=True)
class PriceOptions:
    """At which prices."""

    pricing: Pricing = None
    fallback_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=MONEY,
            help="Price usage without a price as this model, marked as fallback.",
        ),
    ] = None


@dataclass(frozen=True)
class MomentOptions:
    """When now is, and where days begin."""

    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            rich_help_panel=SCOPE,
            help="Moment that stands for now. [env: COSTCTL_AS_OF]",
        ),
    ] = None
    tz: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            rich_help_panel=SCOPE,
            help="Zone of days and months; default: UTC. [env: COSTCTL_TZ]",
        ),
    ] = None


@dataclass(frozen=True)
class ScopeOptions:
    """Which usage is asked about."""

    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", rich_help_panel=SCOPE, help="Start: 2026-11-01 or 2026-11-01T09:30."
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", rich_help_panel=SCOPE, help="End, itself excluded."),
    ] = None
    period: Annotated[
        str | None,
        typer.Option(
            metavar="PERIOD",
            rich_help_panel=SCOPE,
            help="this-month, last-month, 2026-11, 2026-Q4, or 7d: the last seven days.",
        ),
    ] = None
    where: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=GLOB",
            autocompletion=a_condition,
            rich_help_panel=SCOPE,
            help="Only matching usage: model=gpt-4o*, endpoint=!test; repeatable.",
        ),
    ] = ()  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples


@dataclass(frozen=True)
class GroupOptions:
    """Which rows are shown, and in which order."""

    by: Annotated[
        list[str],
        typer.Option(
            metavar="A,B",
            autocompletion=some_dimensions,
            rich_help_panel=GROUPS,
            help="Dimensions, such as endpoint,model,day,tag.team.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            rich_help_panel=GROUPS,
            help="Only the first N rows; the rest as `other`.",
        ),
    ] = None
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN[:asc]",
            rich_help_panel=GROUPS,
            help="Order of the rows; default: by cost, largest first.",
        ),
    ] = None


@dataclass(frozen=True)
class OutputOptions:
    """What the answer looks like and where it goes."""

    form: Annotated[
        Form,
        typer.Option(
            "--format",
            metavar="FORM",
            envvar="COSTCTL_FORMAT",
            show_envvar=False,
            rich_help_panel=OUT,
            help="table, json, jsonl, csv, markdown or plain. [env: COSTCTL_FORMAT]",
        ),
    ] = "table"
    json: Annotated[
        bool, typer.Option("--json", rich_help_panel=OUT, help="The same as --format json.")
    ] = False
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            rich_help_panel=OUT,
            help="Write to a file; `-`: stdout.",
        ),
    ] = None
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", rich_help_panel=OUT, help="No hints, warnings or progress."),
    ] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            rich_help_panel=OUT,
            show_default=False,
            help="More on stderr; repeatable.",
        ),
    ] = 0
    color: Annotated[
        Colour,
        typer.Option(metavar="WHEN", rich_help_panel=OUT, help="Colour: auto, always or never."),
    ] = "auto"
    no_color: Annotated[
        bool,
        typer.Option("--no-color", rich_help_panel=OUT, help="The same as --color never."),
    ] = False

    @property
    def shape(self) -> Form:
        """Return the form that is written."""
        return "json" if self.json else self.form


def flat(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the fields of each group as parameters of its own.

    Lists arrive as tuples.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def packed(**values: Any) -> None:
        for name, value in values.items():
            values[name] = tuple(value) if isinstance(value, list) else value
        for name, group in groups.items():
            values[name] = group(**{f.name: values.pop(f.name) for f in fields(group)})  # type: ignore[operator]
        command(**values)

    parameters = []
    for parameter in inspect.signature(command).parameters.values():
        group = groups.get(parameter.name)
        parameters += (
            [parameter.replace(annotation=hints[parameter.name])]
            if group is None
            else _flags(group)
        )
    packed.__doc__ = command.__doc__
    packed.__name__ = command.__name__
    packed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect
    packed.__annotations__ = {p.name: p.annotation for p in parameters}
    return packed


def _flags(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(f.name, kind, default=f.default, annotation=hints[f.name])
        for f in fields(group)
    ]
