"""Log formats: one YAML file each, found by listing this folder."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from costctl.errors import CostctlError, nearest
from costctl.formats._base import Format
from costctl.formats._kept import kept_formats
from costctl.yaml_tree import Node, Problems


def builtin_names() -> list[str]:
    """Return the names of the built-in formats, sorted."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".yaml")
    )


def load_formats(entries: Mapping[str, Node] | None = None, path: str = "") -> tuple[Format, ...]:
    """Return all formats in the order in which detection asks them.

    `entries` are those under `formats:` of the file at `path`: a known name changes that built-in format, any other
    declares a new one, which is asked before all built-in ones.

    Errors: `CostctlError` with `path:line` of every mistake.
    """
    found = dict(_builtins())
    own = _declared(entries, path) if entries else {}
    found |= {name: form for name, form in own.items() if name in found}
    users = [form for name, form in own.items() if name not in found]
    return (*users, *sorted(found.values(), key=_order))


def _declared(entries: Mapping[str, Node], path: str) -> dict[str, Format]:
    """Return what a user declares: a built-in format with a change, or one of their own."""
    from costctl.formats._read import read_format  # noqa: PLC0415 - only who has formats of their own

    problems = Problems(path)
    known = builtin_names()
    found = {
        name: read_format(merged(_builtin_node(name), node), problems, name, user=False)
        if name in known
        else read_format(node, problems, name, user=True)
        for name, node in entries.items()
    }
    problems.raise_if_any("docs/formats.md shows what a format may say")
    return found


def format_named(name: str, entries: Mapping[str, Node] | None = None, path: str = "") -> Format:
    """Return one format by name, or the one that a YAML file declares.

    Errors: `CostctlError` for an unknown name, or a file with mistakes.
    """
    if name.endswith((".yaml", ".yml")):
        return format_file(Path(name))
    given = dict(entries or {})
    if name not in given and name in builtin_names():
        return builtin(name)
    if name not in given:
        known = sorted({*builtin_names(), *given})
        raise CostctlError(
            f"no log format named {name!r}{nearest(name, known)}",
            hint="`costctl formats` lists them",
            code="unknown_format",
        )
    return next(f for f in load_formats({name: given[name]}, path) if f.name == name)


def format_file(path: Path) -> Format:
    """Return the format that a YAML file of its own declares."""
    from costctl.formats._read import read_format  # noqa: PLC0415 - only who has a format of their own
    from costctl.yaml_parse import parse  # noqa: PLC0415 - as above

    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise CostctlError(
            f"{path}: {why}",
            hint="--log-format takes the name of a format (`costctl formats` lists them) or a YAML file that declares one",
            code="missing_file",
        ) from error
    node, problems = parse(text, str(path))
    found = read_format(
        node, problems, "" if "name" in (node.entries or {}) else path.stem, user=True
    )
    problems.raise_if_any("docs/formats.md shows what a format may say")
    return found


def builtin(name: str) -> Format:
    """Return a built-in format."""
    return _builtins()[name]


@cache
def _builtins() -> Mapping[str, Format]:
    return kept_formats(lambda: {name: _builtin(name) for name in builtin_names()})


def _builtin(name: str) -> Format:
    from costctl.formats._read import read_format  # noqa: PLC0415 - only where they are not kept

    problems = Problems(f"{name}.yaml")
    found = read_format(_builtin_node(name), problems, name)
    problems.raise_if_any()
    return found


def merged(base: Node, change: Node) -> Node:
    """Return a declaration with a change laid over it: mappings merge by key, all else is replaced."""
    if base.entries is None or change.entries is None:
        return change
    entries = dict(base.entries)
    for key, node in change.entries.items():
        entries[key] = merged(entries[key], node) if key in entries else node
    return Node(change.line, entries=entries)


def _builtin_node(name: str) -> Node:
    from costctl.yaml_parse import parse  # noqa: PLC0415 - as above

    return parse(_file(name).read_text("utf-8"), f"{name}.yaml")[0]


def _file(name: str) -> Traversable:
    return files(__name__).joinpath(f"{name}.yaml")


def _order(found: Format) -> tuple[int, str]:
    # A format that is only ever named comes last.
    return (found.recognise.order if found.recognise else 10**6), found.name
