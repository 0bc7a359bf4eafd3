"""The leaves of a JSON document that a statement reads, as a struct of texts; and how names and texts stand in SQL."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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


@dataclass
class Tree:
    """The leaves wanted of one document.

    Attributes:
        nodes: what is wanted below, by name.
        items: what is wanted of the elements of an array.
        leaf: its own text is wanted.
        json: it is read as JSON, since what is inside is looked up later.
        number: it is read as a number, which is cheaper than its text; what is none is NULL then, and true is 1.
    """

    nodes: dict[str, "Tree"] = field(default_factory=dict)
    items: "Tree | None" = None
    leaf: bool = False
    json: bool = False
    number: bool = False

    @property
    def inner(self) -> bool:
        """Return whether something is wanted below."""
        return bool(self.nodes) or self.items is not None

    def want(self, keys: Keys, *, arrays: bool = False) -> None:
        """Ask for the text at a path; what a struct cannot hold is left to JSON extraction."""
        if not keys or (not arrays and any(isinstance(key, int) for key in keys)):
            return
        node = self
        for key in keys:
            if node.json or node._is_other(key):
                # An object in some records and an array in others is looked up as it is.
                node.json, node.items = True, None
                node.nodes.clear()
                return
            if isinstance(key, int):
                node.items = node.items or Tree()
                node = node.items
                continue
            lower = {name.lower(): name for name in node.nodes}
            if lower.get(key.lower(), key) != key:
                return
            node = node.nodes.setdefault(key, Tree())
        node.leaf = True

    def _is_other(self, key: str | int) -> bool:
        """Return whether a key means an array where an object is wanted, or an object where an array is."""
        return bool(self.nodes) if isinstance(key, int) else self.items is not None

    def want_json(self, keys: Keys) -> None:
        """Ask for the JSON at a path, whatever else is wanted below."""
        self.want(keys, arrays=True)
        node = self.at(keys)
        if node is not None:
            node.json, node.items = True, None
            node.nodes.clear()

    def want_number(self, keys: Keys) -> None:
        """Have what is wanted at a path read as a number."""
        node = self.at(keys)
        assert node is not None  # noqa: S101 - it was asked for
        node.number = True

    def want_entries(self, keys: Keys, entry: "Tree") -> None:
        """Ask for parts of each entry of a list; for the JSON of the list where more of it is wanted."""
        before = self.at(keys)
        known = before.items if before is not None and before.items is not None else Tree()
        nodes = known.nodes | entry.nodes
        clash = known.leaf or known.json or known.items is not None or known.nodes | nodes != nodes
        twice = len({name.lower() for name in nodes}) < len(nodes)
        if clash or twice or (before is not None and (before.leaf or before.json or before.nodes)):
            self.want_json(keys)
            return
        self.want(keys, arrays=True)
        node = self.at(keys)
        if node is not None:
            node.leaf, node.items = False, Tree(nodes)

    def want_records(self, keys: Keys, record: "Tree") -> bool:
        """Ask for the elements of an array as structs; return whether nothing else of it is wanted."""
        if any(isinstance(key, int) for key in keys) or self.at(keys) is not None:
            return False
        self.want(keys)
        node = self.at(keys)
        if node is None:
            return False
        node.leaf, node.items = False, record
        return True

    def want_list(self, keys: Keys) -> None:
        """Ask for the elements of the array at a path as JSON, unless something else of it is wanted."""
        if any(isinstance(key, int) for key in keys) or self.at(keys) is not None:
            return
        self.want(keys)
        node = self.at(keys)
        if node is not None:
            node.leaf, node.items = False, Tree(json=True)

    def holds_list(self, keys: Keys) -> bool:
        """Return whether the elements of an array are there as JSON."""
        node = self.at(keys)
        return node is not None and node.items is not None and node.items.json

    def at(self, keys: Keys) -> "Tree | None":
        """Return what is wanted at a path and below, None where nothing is."""
        node: Tree | None = self
        for key in keys:
            if node is not None:
                node = node.items if isinstance(key, int) else node.nodes.get(key)
        return node

    def leaves(self, column: str) -> Iterator[str]:
        """Yield each leaf and array below, as SQL; `column` is the SQL of this struct."""
        for name, tree in self.nodes.items():
            inner = f"{column}.{quoted(name)}"
            yield from tree.leaves(inner) if tree.nodes else (inner,)

    def holds(self, keys: Keys) -> bool:
        """Return whether the struct has a text leaf at a path."""
        node = self.at(keys)
        return node is not None and node.leaf and not node.inner and not node.json

    def structure(self) -> object:
        """Return the structure that `json_transform` takes."""
        if self.items is not None:
            return [self.items.structure()]
        if not self.nodes:
            return "JSON" if self.json else "VARCHAR"
        return {name: tree.structure() for name, tree in self.nodes.items()}

    def columns(self) -> str:
        """Return the same as column types of a reader of JSON lines."""
        return ", ".join(
            f"{quoted(name)}: {lit(tree.sql_type())}" for name, tree in self.nodes.items()
        )

    def sql_type(self) -> str:
        """Return the type of a column that holds these leaves."""
        if self.items is not None:
            return f"{self.items.sql_type()}[]"
        if not self.nodes:
            return "JSON" if self.json else "DOUBLE" if self.number else "VARCHAR"
        inside = (f"{quoted(name)} {tree.sql_type()}" for name, tree in self.nodes.items())
        return f"STRUCT({', '.join(inside)})"
