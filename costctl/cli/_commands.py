"""Commands are files: found by listing a folder, imported only when they run or explain themselves."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from costctl.cli._values import simplify, simplify_flag
from costctl.errors import CostctlError

EXAMPLES = re.compile(r"\n\s*Examples?:\n(?P<lines>(?:[ \t]+\S.*\n?)+)")
COMMAND_LINE = re.compile(
    r'^def command\(.*?"""(?P<line>.*?)(?:\n\n|""")', re.DOTALL | re.MULTILINE
)
MODULE_LINE = re.compile(r'^"""(?P<line>.*?)(?:\n\n|""")', re.DOTALL)
TYPE = re.compile(r" <.*>$")
ARGUMENTS = "Arguments"
OPTIONS = "Options"
OUTPUT = "Output"
SHARED = ("Rows", "What counts", "Prices", "Where usage comes from", OUTPUT)


class Suggestion(NamedTuple):
    """What a shell offers for a half-typed word."""

    value: str
    help: str
    type: str = "plain"


@cache
def names_in(package: str) -> list[str]:
    """Return the names of the commands of a package, in order, without importing any."""
    folder = _folder(package)
    files = [path.stem for path in folder.glob("*.py")] if folder.is_dir() else []
    folders = [path.parent.name for path in folder.glob("*/__init__.py")] if folder.is_dir() else []
    return sorted(name.replace("_", "-") for name in (*files, *folders) if not name.startswith("_"))


def line_of(package: str, name: str) -> str:
    """Return the one-line help of a command without importing it: the first sentence of its docstring."""
    module = _folder(package) / name.replace("-", "_")
    path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    source = path.read_text(encoding="utf-8")
    found = COMMAND_LINE.search(source) or MODULE_LINE.search(source)
    return " ".join(found["line"].split()).removesuffix(".") if found else ""


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

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the name in the usage line; what must be given stands without braces."""
        pieces = super().collect_usage_pieces(ctx)  # type: ignore[misc]  # mixed into a command
        return [piece.replace("{", "").replace("}", "") for piece in pieces]

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
        self._write_commands(formatter)
        for topic, records in self._topics(ctx):
            with formatter.section(topic):
                formatter.write_dl(records)

    def _topics(self, ctx: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield each topic with its flags: first what this command alone takes, then what all take."""
        topics: dict[str, list[tuple[str, str]]] = {ARGUMENTS: []}
        helped = []
        for param in self.get_params(ctx):  # type: ignore[attr-defined]  # mixed into a command
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                topics[ARGUMENTS].append((TYPE.sub("", record[0]), record[1]))
            elif "--help" in param.opts:
                helped.append(record)
            else:
                topics.setdefault(getattr(param, "rich_help_panel", None) or OPTIONS, []).append(
                    record
                )
        topics.setdefault(OUTPUT if OUTPUT in topics else OPTIONS, []).extend(helped)
        own = [name for name in topics if name not in SHARED]
        for name in (*own, *SHARED):
            if topics.get(name):
                yield name, topics[name]

    def _write_commands(self, formatter: Any) -> None:
        names = names_in(self.package) if self.package else []
        if names:
            with formatter.section("Commands"):
                formatter.write_dl([(name, line_of(self.package, name)) for name in names])


class OneCommand(_Help, TyperCommand):
    """A command that explains itself in plain text."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless its flags ask for two forms; a form of the environment gives way to a flag."""
        form = ctx.params.get("form", "json")
        source = ctx.get_parameter_source("form")
        if ctx.params.get("json") and form != "json" and source.name == "COMMANDLINE":
            raise CostctlError(
                f"--json and --format {form} ask for two forms of output", "give one of them"
            )
        return super().invoke(ctx)


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
