"""The flags that say where usage comes from: settings, a database, or logs and how to read them."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from costctl.cli._complete import a_log_format

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FROM = "Where usage comes from"

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Logs to read instead of the database, for this run only: files, folders, globs.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class ConfigOptions:
    """Which settings apply."""

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FROM,
            help="Settings; default: the nearest costctl.yaml. [env: COSTCTL_CONFIG]",
        ),
    ] = None


@dataclass(frozen=True)
class DbOptions(ConfigOptions):
    """Which database."""

    db: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=FROM,
            help="Usage database; default: costctl.duckdb. [env: COSTCTL_DB]",
        ),
    ] = None


@dataclass(frozen=True)
class LogOptions:
    """How logs are read."""

    log_format: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            autocompletion=a_log_format,
            rich_help_panel=FROM,
            help="Format of the logs, or a file that declares one.",
        ),
    ] = "auto"
    map: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=PATH",
            rich_help_panel=FROM,
            help="Where a field stands in a record; repeatable.",
        ),
    ] = ()  # type: ignore[assignment]  # an immutable default; `flat` hands over tuples
    set: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=VALUE",
            rich_help_panel=FROM,
            help="A value the log does not name, marked as assumed; repeatable.",
        ),
    ] = ()  # type: ignore[assignment]  # as above
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", rich_help_panel=FROM, help="Label stored with the rows."),
    ] = None
    endpoint_from: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            rich_help_panel=FROM,
            help="Field of the record that names the endpoint.",
        ),
    ] = None
    count_tokens: Annotated[
        bool,
        typer.Option(
            "--count-tokens",
            rich_help_panel=FROM,
            help="Count tokens of logged text where the log has no counts.",
        ),
    ] = False
    source_tz: Annotated[
        str,
        typer.Option(
            metavar="ZONE", rich_help_panel=FROM, help="Zone of logged times that carry none."
        ),
    ] = "UTC"


@dataclass(frozen=True)
class SourceOptions(LogOptions, DbOptions):
    """Where usage comes from: the database, or logs with the flags that explain them."""


def words_of(*options: "DataclassInstance | None") -> tuple[str, ...]:
    """Return the flags that differ from their defaults, as a command line writes them."""
    given = [(f, getattr(part, f.name)) for part in options if part for f in fields(part)]
    words: list[str] = []
    for field, value in given:
        flag = f"--{field.name.replace('_', '-')}"
        if value == field.default:
            continue
        if isinstance(value, list | tuple):
            words += [word for item in value for word in (flag, str(item))]
        else:
            words += [flag] if value is True else [flag, str(value)]
    return tuple(words)
