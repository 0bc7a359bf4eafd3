"""The parts of a declaration that say where records are and how they are told apart."""

from collections.abc import Collection, Mapping

from costctl.formats._base import (
    CONTAINERS,
    Attributes,
    Copies,
    Explode,
    Expression,
    Leaf,
    Parse,
    Predicate,
    Recognise,
)
from costctl.formats._values import Values
from costctl.yaml_tree import Node


class Structure:
    """Reads the entries of one declaration.

    Attributes:
        values: reads values and notes problems.
        entries: the keys of the declaration.
    """

    def __init__(self, values: Values, entries: Mapping[str, Node]) -> None:
        self.values = values
        self.entries = entries

    def word(self, key: str, choices: Collection[str] = ()) -> str:
        """Return the text of a key, one of `choices` if there are any; nothing where the key is absent."""
        if key not in self.entries:
            return ""
        node = self.entries[key]
        return self.values.choice(node, choices, key) if choices else self.values.one(node, key)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        if key not in self.entries:
            return False
        return self.values.choice(self.entries[key], ("true", "false"), key) == "true"

    def test(self, key: str) -> Predicate | None:
        """Return the test under a key."""
        node = self.entries.get(key)
        return self.values.predicate(node, key) if node is not None else None

    def expression(self, key: str) -> Expression:
        """Return the value under a key."""
        return self.values.expression(self.entries[key], key) if key in self.entries else ()

    def copies(self) -> Copies | None:
        """Return which files begin with records of another one."""
        node = self.entries.get("copies")
        if node is None:
            return None
        entries = self.values.known(node, ("when", "time"), "copies")
        if len(entries) < len(("when", "time")):
            self.values.bad(node, "copies: needs when: TEST and time: PATH")
            return None
        when = self.values.predicate(entries["when"], "copies.when")
        return Copies(when, self.values.path(entries["time"], "copies.time"))

    def containers(self) -> tuple[str, ...]:
        """Return the containers that may hold the format."""
        nodes = self.values.nodes(self.entries.get("containers"))
        return tuple(self.values.choice(n, CONTAINERS, "containers") for n in nodes) or CONTAINERS

    def attributes(self) -> dict[str, Attributes]:
        """Return the keyed lists by prefix."""
        node = self.entries.get("attributes")
        if node is None:
            return {}
        found = {}
        for prefix, item in (node.entries or {}).items():
            where = f"attributes.{prefix}"
            known = ("list", "key", "value", "typed", "objects", "flat")
            entries = self.values.known(item, known, where)
            if not prefix.endswith("@"):
                self.values.bad(item, f"{where}: a prefix ends in @")
            objects = self.values.paths(entries.pop("objects", None), where)
            if objects:
                flat = self.values.one(entries["flat"], where) if "flat" in entries else ""
                found[prefix] = Attributes(prefix, objects[0], objects=objects, flat=flat)
                continue
            if "list" not in entries:
                self.values.bad(item, f"{where}: list or objects is missing")
                continue
            words = {k: self.values.one(v, where) for k, v in entries.items() if k != "list"}
            if "typed" in entries:
                self.values.choice(entries["typed"], ("otlp", "sum"), f"{where}.typed")
            found[prefix] = Attributes(
                prefix,
                self.values.path(entries["list"], where),
                words.get("key", "key"),
                words.get("value", "value"),
                words.get("typed", ""),
            )
        return found

    def recognise(self) -> Recognise | None:
        """Return what tells the format from others."""
        node = self.entries.get("recognise")
        if node is None:
            return None
        values = self.values
        known = (
            "order",
            "has",
            "has_any",
            "equals",
            "test",
            "text",
            "tables",
            "containers",
            "shared",
        )
        entries = values.known(node, known, "recognise")
        tests = [values.predicate(entries["test"], "recognise")] if "test" in entries else []
        if "equals" in entries:
            wrapped = Node(node.line, entries={"equals": entries["equals"]})
            tests.append(values.predicate(wrapped, "recognise"))
        containers = values.nodes(entries.get("containers"))
        return Recognise(
            order=int(values.number(entries["order"], "recognise.order"))
            if "order" in entries
            else 0,
            has=values.paths(entries.get("has"), "recognise.has"),
            has_any=values.paths(entries.get("has_any"), "recognise.has_any"),
            test=(tests[0] if len(tests) == 1 else Predicate("all", tuple(tests)))
            if tests
            else None,
            text=values.pattern(entries["text"], "recognise.text") if "text" in entries else "",
            tables=values.texts(entries.get("tables"), "recognise.tables"),
            containers=tuple(values.choice(n, CONTAINERS, "containers") for n in containers),
            shared="shared" in entries
            and values.choice(entries["shared"], ("true", "false"), "recognise.shared") == "true",
        )

    def parse(self) -> tuple[Parse, ...]:
        """Return the texts to parse in place."""
        found = []
        for node in self.values.nodes(self.entries.get("parse")):
            if node.entries is None:
                found.append(Parse(self.values.path(node, "parse")))
                continue
            entries = self.values.known(node, ("path", "sse", "as"), "parse")
            sse = (
                "sse" in entries
                and self.values.choice(entries["sse"], ("true", "false"), "parse.sse") == "true"
            )
            paths = self.values.paths(entries.get("path"), "parse")
            if "as" in entries and paths:
                name = self.values.one(entries["as"], "parse.as")
                found.append(Parse(paths[0], sse, name, paths[1:]))
                continue
            found += [Parse(p, sse) for p in paths]
        return tuple(found)

    def explode(self) -> tuple[Explode, ...]:
        """Return the arrays to unfold."""
        records = self.entries.get("records")
        if records is None:
            return ()
        entries = self.values.known(records, ("explode",), "records")
        found = []
        for node in self.values.nodes(entries.get("explode")):
            if node.entries is None:
                found.append(Explode(self.values.path(node, "records.explode")))
                continue
            item = self.values.known(node, ("path", "or_self"), "records.explode")
            or_self = (
                "or_self" in item
                and self.values.choice(item["or_self"], ("true", "false"), "or_self") == "true"
            )
            paths = self.values.paths(item.get("path"), "records.explode")
            found += [Explode(path, or_self) for path in paths]
        return tuple(found)

    def leaf(self) -> Leaf | None:
        """Return the ids that make a tree of records."""
        node = self.entries.get("leaf")
        if node is None:
            return None
        entries = self.values.known(node, ("id", "parent"), "leaf")
        parts = [
            tuple(self.values.value(n, f"leaf.{key}") for n in self.values.nodes(entries.get(key)))
            for key in ("id", "parent")
        ]
        return Leaf(parts[0], parts[1])
