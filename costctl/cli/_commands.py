"""Commands are files: found by listing a folder, imported only when they run or explain themselves."""

import ast
import importlib
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from costctl.cli._values import simplify, simplify_flag

EXAMPLES = re.compile(r"\n\s*Examples?:\n(?P<lines>(?:[ \t]+\S.*\n?)+)")
TOPICS = (
    "Arguments",
    "Options",
    "Where usage comes from",
    "What counts",
    "Rows",
    "Prices",
    "Output",
)


@dataclass(frozen=True)
class Suggestion:
    """What a shell offers for a half-typed word."""

    value: str
    help: str
    type: str = "plain"


def names_in(package: str) -> list[str]:
    """Return the names of the commands of a package, in order, without importing any."""
    folder = _folder(package)
    files = [path.stem for path in folder.glob("*.py")] if folder.is_dir() else []
    folders = [path.parent.name for path in folder.glob("*/__init__.py")] if folder.is_dir() else []
    return sorted(name.replace("_", "-") for name in (*files, *folders) if not name.startswith("_"))


def line_of(package: str, name: str) -> str:
    """Return the one-line help of a command: the first line of its module, which is not imported."""
    module = _folder(package) / name.replace("-", "_")
    path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"').rstrip(".")


def examples_in(text: str) -> tuple[str, str]:
    """Return a help text without its examples, and the examples."""
    text = inspect.cleandoc(text) + "\n"
    found = EXAMPLES.search(text)
    if found is None:
        return text.strip(), ""
    rest = text[: found.start()] + "\n" + text[found.end() :]
    return rest.strip(), inspect.cleandoc(found["lines"])


def _folder(package: str) -> Path:
    return Path(__file__).parent.joinpath(*package.split(".")[2:])


class _Help:
    """Help as plain text: examples first, then what it does, then flags by topic."""

    help: str | None
    package: str = ""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the flag `--help`."""
        option = super().get_help_option(ctx)  # type: ignore[misc]  # mixed into a command
        if option is not None:
            simplify_flag(option)
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole help of a command."""
        about, examples = examples_in(self.help or "")
        if examples:
            formatter.write("Examples:\n")
            for line in examples.splitlines():
                formatter.write(f"  {line.strip()}\n")
            formatter.write("\n")
        self.format_usage(ctx, formatter)  # type: ignore[attr-defined]  # mixed into a command
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(about)
        self._write_flags(ctx, formatter)
        self._write_commands(formatter)

    def _write_flags(self, ctx: Any, formatter: Any) -> None:
        topics: dict[str, list[tuple[str, str]]] = {name: [] for name in TOPICS}
        for param in self.get_params(ctx):  # type: ignore[attr-defined]  # mixed into a command
            record = param.get_help_record(ctx)
            argument = param.param_type_name == "argument"
            topic = (
                "Arguments" if argument else getattr(param, "rich_help_panel", None) or "Options"
            )
            if record is not None:
                topics.setdefault(topic, []).append(record)
        for topic, records in topics.items():
            if records:
                with formatter.section(topic):
                    formatter.write_dl(records)

    def _write_commands(self, formatter: Any) -> None:
        names = names_in(self.package) if self.package else []
        if names:
            with formatter.section("Commands"):
                formatter.write_dl([(name, line_of(self.package, name)) for name in names])


class OneCommand(_Help, TyperCommand):
    """A command that explains itself in plain text."""


class CommandFolder(_Help, TyperGroup):
    """The commands of a folder; a folder inside it is a group of its own."""

    package = "costctl.cli"

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - asked for by the base class
        """Return the names found in the folder."""
        return names_in(self.package)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - as above
        """Return a command; only now is its module imported."""
        return load(self.package, cmd_name) if cmd_name in names_in(self.package) else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first words name; a wrong word is answered with a close one."""
        self.commands = dict.fromkeys(names_in(self.package))  # type: ignore[assignment]  # names to suggest
        name = args[0] if args else ""
        inner = f"{self.package}.{name.replace('-', '_')}"
        if name in self.commands and args[1:2] and args[1] in names_in(inner):
            return name, folder_command(inner, name), args[1:]
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Offer names and flags without importing a command."""
        found = [
            Suggestion(name, line_of(self.package, name))
            for name in names_in(self.package)
            if name.startswith(incomplete)
        ]
        return [*found, *super(TyperGroup, self).shell_complete(ctx, incomplete)]


def load(package: str, name: str) -> Any:
    """Import a command's module and return the command; a folder without one is a group."""
    inner = f"{package}.{name.replace('-', '_')}"
    module = importlib.import_module(inner)
    if not hasattr(module, "command"):
        return folder_command(inner, name)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=OneCommand)(module.command)
    command: Any = typer.main.get_command(app)
    simplify(command)
    command.package = inner if names_in(inner) else ""
    return command


def folder_command(package: str, name: str) -> Any:
    """Return the group of a folder's commands; its help is the docstring of the folder's module."""
    text = ast.get_docstring(
        ast.parse((_folder(package) / "__init__.py").read_text(encoding="utf-8"))
    )
    group = CommandFolder(name=name, help=text, rich_markup_mode=None, no_args_is_help=True)
    group.package = package
    return group
