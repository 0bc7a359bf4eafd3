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
        leaf: its own text is wanted.
        json: it is read as JSON, since what is inside is looked up later.
    """

    nodes: dict[str, "Tree"] = field(default_factory=dict)
    leaf: bool = False
    json: bool = False

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

    def want_json(self, keys: Keys) -> None:
        """Ask for the JSON at a path, up to its first position in an array."""
        places = [n for n, key in enumerate(keys) if isinstance(key, int)]
        self.want(keys[: places[0]] if places else keys)
        node = self.at(keys[: places[0]] if places else keys)
        if node is not None:
            node.json = True

    def at(self, keys: Keys) -> "Tree | None":
        """Return what is wanted at a path and below, None where nothing is."""
        node: Tree | None = self
        for key in keys:
            node = node.nodes.get(str(key)) if node is not None else None
        return node

    def leaves(self, column: str) -> Iterator[str]:
        """Yield each text or JSON leaf below, as SQL; `column` is the SQL of this struct."""
        for name, tree in self.nodes.items():
            inner = f"{column}.{quoted(name)}"
            yield from tree.leaves(inner) if tree.nodes else (inner,)

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
            return "JSON" if self.json else "VARCHAR"
        return (
            "STRUCT("
            + ", ".join(f"{quoted(name)} {tree.sql_type()}" for name, tree in self.nodes.items())
            + ")"
        )
