"""Where a declared path stands in SQL: each record is parsed once into a struct of text leaves."""

import json
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TypeVar

from costctl.formats._base import Format, Path, Predicate
from costctl.store.compile_tree import Keys, Tree, lit, pointer, quoted

Kind = TypeVar("Kind")


def paths_in(value: object) -> Iterator[Path]:
    """Yield every path below a declaration."""
    return declared(value, Path)


def declared(value: object, kind: type[Kind], *, told: bool = False) -> Iterator[Kind]:
    """Yield what is of a kind below a declaration; `told` leaves out of what only is asked whether it is filled."""
    if isinstance(value, kind):
        yield value
    elif told and isinstance(value, Predicate) and value.kind == "filled" and len(value.paths) == 1:
        return
    else:
        for inner in _below(value):
            yield from declared(inner, kind, told=told)


def _below(value: object) -> Iterable[object]:
    if is_dataclass(value) and not isinstance(value, type):
        return (getattr(value, entry.name) for entry in fields(value))
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, tuple | list) else ()


class NeedsWholeError(Exception):
    """A format asks for more of a record than the text leaves of a struct can tell."""


@dataclass
class Document:
    """One JSON document within a record: the record itself, an enclosing one, or a parsed text.

    Attributes:
        name: its JSON is the column `d_<name>`, its leaves are the struct `s_<name>`.
        keys: for a parsed text, where it stands in `outer`.
        texts: for the first of several texts under a name of its own, where they stand; then `keys` is the name.
        direct: there is no `d_<name>`: the reader gives the struct.
    """

    name: str
    tree: Tree = field(default_factory=Tree)
    keys: Keys = ()
    outer: "Document | None" = None
    sse: bool = False
    direct: bool = False
    texts: "tuple[tuple[Document, Keys], ...]" = ()

    def text(self, keys: Keys) -> str:
        """Return the text at a path as SQL; NULL where absent, null or empty."""
        if not keys and not self.direct:
            return f"CAST(d_{self.name} AS VARCHAR)"
        if self.tree.holds(keys):
            return f"nullif({self._leaf(keys)}, '')"
        return f"nullif(json_extract_string({self._json(keys)}), '')"

    def elements(self, keys: Keys) -> str | None:
        """Return the elements of an array as a list of JSON, None where the struct does not have them."""
        return self._leaf(keys) if self.tree.holds_list(keys) else None

    def structs(self, keys: Keys) -> str | None:
        """Return the elements of an array as a list of structs, None where a reader does not give them so."""
        node = self.tree.at(keys)
        held = self.direct and node is not None and node.items is not None and node.items.nodes
        return self._leaf(keys) if held else None

    def value(self, keys: Keys) -> str:
        """Return the JSON at a path as SQL."""
        if self.direct:
            return f"json_extract({self._json(keys)})"
        return f"json_extract(d_{self.name}, {pointer(keys)})" if keys else f"d_{self.name}"

    def filled(self, keys: Keys) -> tuple[str, str] | None:
        """Return whether an object has one of its wanted leaves, and whether only more of it could tell.

        None where the path is no object of this document that a reader gives in parts.
        """
        node = self.tree.at(keys)
        if not self.direct or node is None or not node.nodes:
            return None
        column = self._leaf(keys)
        has = "(" + " OR ".join(f"{leaf} IS NOT NULL" for leaf in node.leaves(column)) + ")"
        return has, f"({column} IS NOT NULL AND NOT {has})"

    def there(self, keys: Keys) -> str | None:
        """Return whether something other than null stands at a path, as SQL; None where nothing is wanted there."""
        return f"({self._leaf(keys)} IS NOT NULL)" if self.tree.at(keys) is not None else None

    def _leaf(self, keys: Keys) -> str:
        sql = f"s_{self.name}"
        for before, key in zip((None, *keys), keys, strict=False):
            if isinstance(key, int):
                sql = f"list_extract({sql}, {key + 1})"
            elif isinstance(before, int):
                sql = f"struct_extract({sql}, {lit(key)})"
            else:
                sql += f".{quoted(key)}"
        return sql

    def _json(self, keys: Keys) -> str:
        """Return the arguments that look up a path in JSON."""
        if not self.direct:
            return f"d_{self.name}, {pointer(keys)}"
        for size in range(1, len(keys) + 1):
            node = self.tree.at(keys[:size])
            if node is not None and node.json:
                return f"{self._leaf(keys[:size])}, {pointer(keys[size:])}"
        raise NeedsWholeError


class Documents:
    """The documents of a format, outermost first: the line, what a wrapper holds, each exploded level.

    Attributes:
        asked: what of the format is looked up in a record.
        unsure: tests, as SQL, of what the parts of a record that a reader gives cannot tell.
    """

    def __init__(self, form: Format, *, direct: bool = False) -> None:
        """Declare the documents of a format; `direct` if `read_directly` shall have the reader give them as structs."""
        self.form = form
        self.unsure: list[str] = []
        names = ["0", *(str(number) for number, _ in enumerate(form.explode, start=1))]
        if form.unwrap and not direct:
            # The wrapper of an unwrapped record, and the record; without a wrapper the former is NULL.
            names += ["w", "u"]
        self.levels = [Document(name) for name in names]
        self.parsed: list[Document] = []
        self._declare_parsed()
        rows = (form.row, form.tokens, form.variants, form.keep, form.skip, form.carry)
        self.asked = (*rows, form.identity, form.leaf, form.changed, form.text, form.tags)
        for path in paths_in(self.asked):
            self._want(path)
        if not direct:
            for level, explode in zip(self.levels, form.explode, strict=False):
                level.tree.want_list(explode.path.keys)

    def from_level(self, number: int) -> "Documents":
        """Return the same documents with a given level as the record."""
        seen = copy(self)
        seen.levels = self.levels[: number + 1]
        return seen

    def _declare_parsed(self) -> None:
        for number, parse in enumerate(sorted(self.form.parse, key=lambda p: len(p.path.keys))):
            for level in self.levels:
                paths = (parse.path, *parse.more)
                texts = tuple(self._within(level, path.keys) for path in paths)
                outer, keys = (level, (parse.name,)) if parse.name else texts[0]
                named = texts if parse.name else ()
                name = f"{level.name}p{number}"
                self.parsed.append(
                    Document(name, keys=keys, outer=outer, sse=parse.sse, texts=named)
                )
                for document, place in texts:
                    if not any(isinstance(key, int) for key in place):
                        document.tree.want(place)

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
            return f"nullif({self._entry(path)}, '')"
        found = self.locate(path)
        if not found:
            return "CAST(NULL AS VARCHAR)"
        raw = found[0].text(found[1])
        parsed = self._parsed_at(*found)
        return f"coalesce(CAST(d_{parsed.name} AS VARCHAR), plain_text({raw}))" if parsed else raw

    def _entry(self, path: Path) -> str:
        """Return the value of a name in a keyed list: the sum of all its entries, or what the first one has."""
        column, name = attributes_column(path.attributes), lit(str(path.keys[0]))
        if self.form.attributes[path.attributes].typed == "sum":
            return f"{column}[{name}]"
        return f"{column}.v[list_position({column}.k, {name})]"

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

    def filled(self, path: Path) -> str | None:
        """Return whether an object that the reader gives in parts has any, as SQL; None where it is given whole.

        A record of which the parts do not tell is noted as unsure.
        """
        found = None if path.attributes else self.locate(path)
        told = found[0].filled(found[1]) if found else None
        if told is None:
            return None
        self.unsure.append(told[1])
        return told[0]

    def present(self, path: Path) -> str:
        """Return whether a key is there, even as null, as SQL."""
        if self.levels[0].direct:
            raise NeedsWholeError
        if path.attributes:
            return f"({self._entry(path)} IS NOT NULL)"
        return f"({self.value(path)} IS NOT NULL)"


def attributes_column(prefix: str) -> str:
    """Return the column that holds a keyed list: the sums as a map, or a struct of its names `k` and values `v`."""
    return quoted("a_" + prefix)


def structure(document: Document) -> str:
    """Return the SQL that parses a document into its struct."""
    if not document.tree.nodes:
        return "NULL"
    return f"json_transform(d_{document.name}, {lit(json.dumps(document.tree.structure()))})"
