"""Where a declared path stands in SQL: each record is parsed once into a struct of text leaves."""

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass

from costctl.formats._base import Format, Path

Keys = tuple[str | int, ...]


def lit(text: str) -> str:
    """Return an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def pointer(keys: Keys) -> str:
    """Return an SQL literal of a JSON pointer."""
    return lit("".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys))


def paths_in(value: object) -> Iterator[Path]:
    """Yield every path below a declaration."""
    if isinstance(value, Path):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for entry in fields(value):
            yield from paths_in(getattr(value, entry.name))
    elif isinstance(value, dict):
        for entry in value.values():
            yield from paths_in(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from paths_in(entry)


@dataclass
class Tree:
    """The leaves wanted of one document: nested names, None at a leaf."""

    nodes: dict[str, "Tree"] = field(default_factory=dict)
    leaf: bool = False

    def want(self, keys: Keys) -> None:
        """Ask for the text at a path; what a struct cannot hold is left to JSON extraction."""
        if not keys or any(isinstance(key, int) for key in keys):
            return
        node = self
        for key in keys:
            lower = {name.lower(): name for name in node.nodes}
            if lower.get(str(key).lower(), key) != key:
                return
            node = node.nodes.setdefault(str(key), Tree())
        node.leaf = True

    def holds(self, keys: Keys) -> bool:
        """Return whether the struct has a text leaf at a path."""
        node = self
        for key in keys:
            if str(key) not in node.nodes or isinstance(key, int):
                return False
            node = node.nodes[str(key)]
        return node.leaf and not node.nodes

    def structure(self) -> object:
        """Return the structure that `json_transform` takes."""
        return (
            {name: tree.structure() for name, tree in self.nodes.items()}
            if self.nodes
            else "VARCHAR"
        )

    def columns(self) -> str:
        """Return the same as column types of a reader of JSON lines."""
        return ", ".join(
            f"{quoted(name)}: {lit(tree.sql_type())}" for name, tree in self.nodes.items()
        )

    def sql_type(self) -> str:
        """Return the type of a column that holds these leaves."""
        if not self.nodes:
            return "VARCHAR"
        return (
            "STRUCT("
            + ", ".join(f"{quoted(name)} {tree.sql_type()}" for name, tree in self.nodes.items())
            + ")"
        )


@dataclass
class Document:
    """One JSON document within a record: the record itself, an enclosing one, or a parsed text.

    Attributes:
        name: its JSON is the column `d_<name>`, its leaves are the struct `s_<name>`.
        keys: for a parsed text, where it stands in `outer`.
    """

    name: str
    tree: Tree = field(default_factory=Tree)
    keys: Keys = ()
    outer: "Document | None" = None
    sse: bool = False

    def text(self, keys: Keys) -> str:
        """Return the text at a path as SQL; NULL where absent, null or empty."""
        if not keys:
            return f"CAST(d_{self.name} AS VARCHAR)"
        if self.tree.holds(keys):
            return f"nullif(s_{self.name}." + ".".join(quoted(str(key)) for key in keys) + ", '')"
        return f"nullif(json_extract_string(d_{self.name}, {pointer(keys)}), '')"

    def value(self, keys: Keys) -> str:
        """Return the JSON at a path as SQL."""
        return f"json_extract(d_{self.name}, {pointer(keys)})" if keys else f"d_{self.name}"


class Documents:
    """The documents of a format, outermost first: the line, what a wrapper holds, each exploded level."""

    def __init__(self, form: Format) -> None:
        self.form = form
        names = ["0", *(str(number) for number, _ in enumerate(form.explode, start=1))]
        if form.unwrap:
            # The wrapper of an unwrapped record, and the record; without a wrapper the former is NULL.
            names += ["w", "u"]
        self.levels = [Document(name) for name in names]
        self.parsed: list[Document] = []
        self._declare_parsed()
        for path in paths_in(
            (form.row, form.tokens, form.variants, form.keep, form.skip, form.carry)
        ):
            self._want(path)
        for path in paths_in((form.identity, form.leaf, form.changed, form.text, form.tags)):
            self._want(path)

    def from_level(self, number: int) -> "Documents":
        """Return the same documents with a given level as the record."""
        seen = copy(self)
        seen.levels = self.levels[: number + 1]
        return seen

    def _declare_parsed(self) -> None:
        for number, parse in enumerate(sorted(self.form.parse, key=lambda p: len(p.path.keys))):
            for level in self.levels:
                outer, keys = self._within(level, parse.path.keys)
                self.parsed.append(
                    Document(f"{level.name}p{number}", keys=keys, outer=outer, sse=parse.sse)
                )
                if not any(isinstance(key, int) for key in keys):
                    outer.tree.want(keys)

    def _want(self, path: Path) -> None:
        if path.attributes:
            return
        found = self.locate(path)
        if found:
            found[0].tree.want(found[1])

    def _within(self, level: Document, keys: Keys) -> tuple[Document, Keys]:
        """Return the innermost document that holds a path, and the rest of the path in it."""
        document, rest = level, keys
        moved = True
        while moved:
            moved = False
            for parsed in self.parsed:
                size = len(parsed.keys)
                if parsed.outer is document and len(rest) > size and rest[:size] == parsed.keys:
                    document, rest, moved = parsed, rest[size:], True
                    break
        return document, rest

    def locate(self, path: Path) -> tuple[Document, Keys] | None:
        """Return the document and the rest of a path; None where the path climbs above the line."""
        at = len(self.levels) - 1 - path.up
        return self._within(self.levels[at], path.keys) if at >= 0 else None

    def text(self, path: Path) -> str:
        """Return the text at a path as SQL."""
        if path.attributes:
            return f"nullif({attributes_column(path.attributes)}[{lit(str(path.keys[0]))}], '')"
        found = self.locate(path)
        if not found:
            return "CAST(NULL AS VARCHAR)"
        raw = found[0].text(found[1])
        parsed = self._parsed_at(*found)
        return f"coalesce(CAST(d_{parsed.name} AS VARCHAR), plain_text({raw}))" if parsed else raw

    def _parsed_at(self, outer: Document, keys: Keys) -> Document | None:
        """Return the document that a path's own text is parsed into."""
        return next((p for p in self.parsed if p.outer is outer and p.keys == keys), None)

    def value(self, path: Path) -> str:
        """Return the JSON at a path as SQL."""
        found = self.locate(path)
        if not found:
            return "CAST(NULL AS JSON)"
        parsed = self._parsed_at(*found)
        raw = found[0].value(found[1])
        return f"coalesce(d_{parsed.name}, {raw})" if parsed else raw

    def present(self, path: Path) -> str:
        """Return whether a key is there, even as null, as SQL."""
        if path.attributes:
            return f"({attributes_column(path.attributes)}[{lit(str(path.keys[0]))}] IS NOT NULL)"
        return f"({self.value(path)} IS NOT NULL)"


def attributes_column(prefix: str) -> str:
    """Return the column that holds a keyed list as a map."""
    return quoted("a_" + prefix)


def structure(document: Document) -> str:
    """Return the SQL that parses a document into its struct."""
    if not document.tree.nodes:
        return "NULL"
    return f"json_transform(d_{document.name}, {lit(json.dumps(document.tree.structure()))})"
