"""Reads the small languages inside a declaration: paths, tests and values."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from costctl.errors import nearest, nearest_key
from costctl.formats._base import (
    KINDS,
    TIMES,
    Expression,
    Path,
    Predicate,
    Scale,
    SumKeys,
    Value,
)
from costctl.formats._path import BadPathError, parse_path
from costctl.yaml_tree import Node, Problems

VALUE_KEYS = frozenset(
    "path value column sum less sum_keys delta when prefix match map else time tz since as scale".split()  # noqa: SIM905 - reads better than a list
)
SOURCES = ("path", "value", "column", "sum", "sum_keys", "delta")
TEST_KEYS = frozenset(
    "all any not filled has equals path in matches at_least".split()  # noqa: SIM905 - same
)


class Values:
    """Reads paths, predicates and expressions, noting each problem with its line.

    Attributes:
        problems: what was wrong so far.
        prefixes: keyed lists that the format declares.
    """

    def __init__(self, problems: Problems, prefixes: Collection[str] = ()) -> None:
        self.problems = problems
        self.prefixes = prefixes

    def bad(self, node: Node, what: str) -> None:
        """Note a problem at a node."""
        self.problems.add(node.line, what)

    def known(self, node: Node, known: Collection[str], where: str) -> dict[str, Node]:
        """Return the entries of a mapping, noting keys that mean nothing."""
        if node.entries is None:
            self.bad(node, f"{where}: expected a mapping, not a {node.kind}")
            return {}
        for key, value in node.entries.items():
            if key not in known:
                self.bad(value, f"{where}.{key}: unknown key{nearest_key(key, known)}")
        return {key: value for key, value in node.entries.items() if key in known}

    def one(self, node: Node, where: str) -> str:
        """Return a text."""
        if node.text is None or node.is_null:
            self.bad(node, f"{where}: expected text")
            return ""
        return node.text

    def nodes(self, node: Node | None) -> tuple[Node, ...]:
        """Return the nodes of a list, or the one node as a list; nothing for null."""
        if node is None or node.is_null:
            return ()
        return node.items if node.items is not None else (node,)

    def texts(self, node: Node | None, where: str) -> tuple[str, ...]:
        """Return one text or several."""
        return tuple(self.one(item, where) for item in self.nodes(node))

    def choice(self, node: Node, choices: Collection[str], where: str) -> str:
        """Return a text that must be one of some."""
        text = self.one(node, where)
        if text and text not in choices:
            self.bad(
                node, f"{where}: {text!r} is none of {', '.join(choices)}{nearest(text, choices)}"
            )
        return text

    def path(self, node: Node, where: str) -> Path:
        """Return one path."""
        try:
            return parse_path(self.one(node, where), self.prefixes)
        except BadPathError as error:
            self.bad(node, f"{where}: {error}")
            return Path(("?",))

    def paths(self, node: Node | None, where: str) -> tuple[Path, ...]:
        """Return one path or a list of them."""
        return tuple(self.path(item, where) for item in self.nodes(node))

    def pattern(self, node: Node, where: str) -> str:
        """Return a regular expression."""
        text = self.one(node, where)
        try:
            re.compile(text)
        except re.error as error:
            self.bad(node, f"{where}: {text!r} is no regular expression: {error}")
        return text

    def number(self, node: Node, where: str) -> Decimal:
        """Return an exact number; a factor may be negative or small."""
        try:
            return Decimal(self.one(node, where))
        except InvalidOperation:
            self.bad(node, f"{where}: {node.text!r} is no number")
            return Decimal(1)

    def predicate(self, node: Node, where: str) -> Predicate:
        """Return a test; several keys in one mapping must all hold."""
        entries = self.known(node, TEST_KEYS, where)
        parts = self._joined(entries, where)
        if "path" in entries:
            parts += self._of_path(entries, where)
        else:
            parts += [
                Predicate(kind, paths=self.paths(entries[kind], where))
                for kind in ("filled", "has")
                if kind in entries
            ]
            if "equals" in entries:
                parts += self._equals(entries["equals"].entries or {}, where)
        if not parts and node.entries is not None:
            self.bad(
                node, f"{where}: no test; write e.g. {{path: type, in: [a, b]}} or {{filled: x}}"
            )
        return parts[0] if len(parts) == 1 else Predicate("all", tuple(parts))

    def _joined(self, entries: dict[str, Node], where: str) -> list[Predicate]:
        parts = [
            Predicate(kind, tuple(self.predicate(n, where) for n in self.nodes(entries[kind])))
            for kind in ("all", "any")
            if kind in entries
        ]
        if "not" in entries:
            parts.append(Predicate("not", (self.predicate(entries["not"], where),)))
        return parts

    def _equals(self, entries: dict[str, Node], where: str) -> list[Predicate]:
        found = []
        for key, value in entries.items():
            path = self.path(Node(value.line, text=key), where)
            found.append(Predicate("in", paths=(path,), values=self.texts(value, where)))
        return found

    def _of_path(self, entries: dict[str, Node], where: str) -> list[Predicate]:
        paths = self.paths(entries["path"], where)
        parts = [
            Predicate("in", paths=paths, values=self.texts(entries[kind], where))
            for kind in ("in", "equals")
            if kind in entries
        ]
        if "matches" in entries:
            pattern = self.pattern(entries["matches"], where)
            parts.append(Predicate("matches", paths=paths, values=(pattern,)))
        if "at_least" in entries:
            limit = self.number(entries["at_least"], where)
            parts.append(Predicate("at_least", paths=paths, values=(str(limit),)))
        for kind in ("filled", "has"):
            if kind in entries:
                test = Predicate(kind, paths=paths)
                yes = self.choice(entries[kind], ("true", "false"), f"{where}.{kind}") == "true"
                parts.append(test if yes else Predicate("not", (test,)))
        return parts

    def expression(self, node: Node, where: str) -> Expression:
        """Return a value: a path, a mapping, or a list of alternatives."""
        found: list[Value] = []
        for item in self.nodes(node):
            value = self.value(item, where)
            plain = found and value == Value(paths=value.paths)
            if plain and found[-1] == Value(paths=found[-1].paths):
                # Plain paths in a row are one source with alternatives.
                found[-1] = Value(paths=found[-1].paths + value.paths)
            else:
                found.append(value)
        return tuple(found)

    def value(self, node: Node, where: str) -> Value:
        """Return one alternative."""
        if node.text is not None:
            return Value(paths=(self.path(node, where),))
        entries = self.known(node, VALUE_KEYS, where)
        sources = [key for key in SOURCES if key in entries]
        if len(sources) != 1:
            self.bad(node, f"{where}: give exactly one of {', '.join(SOURCES)}")
            return Value()
        if "less" in entries and "sum" not in entries:
            self.bad(node, f"{where}: less is what to take off a sum")
        get = entries.get
        scale, when, since = get("scale"), get("when"), get("since")
        keys = self._sum_keys(entries["sum_keys"], where) if "sum_keys" in entries else None
        return Value(
            paths=self.paths(get("path"), where),
            constant=self._text(entries, "value", where),
            column=self._text(entries, "column", where),
            sum=self.paths(get("sum"), where),
            less=self.paths(get("less"), where),
            sum_keys=keys,
            delta=self.path(entries["delta"], where) if "delta" in entries else None,
            when=self.predicate(when, f"{where}.when") if when else None,
            prefix=self._text(entries, "prefix", where),
            match=self.pattern(entries["match"], where) if "match" in entries else None,
            mapping=self.mapping(entries["map"], where) if "map" in entries else (),
            otherwise=self._text(entries, "else", where),
            time=self.choice(entries["time"], TIMES, where) if "time" in entries else None,
            tz=self.zone(entries["tz"], where) if "tz" in entries else None,
            since=self.moment(since, where) if since else None,
            kind=self.choice(entries["as"], KINDS, where) if "as" in entries else None,
            scale=self._scale(scale, where) if scale else None,
        )

    def _text(self, entries: dict[str, Node], key: str, where: str) -> str | None:
        return self.one(entries[key], f"{where}.{key}") if key in entries else None

    def mapping(self, node: Node, where: str) -> tuple[tuple[str, str], ...]:
        """Return translations."""
        if node.entries is None:
            self.bad(node, f"{where}: map is a mapping of logged text: meaning")
            return ()
        return tuple((key, self.one(value, where)) for key, value in node.entries.items())

    def _sum_keys(self, node: Node, where: str) -> SumKeys | None:
        entries = self.known(node, ("in", "where", "not"), f"{where}.sum_keys")
        if "in" not in entries or "where" not in entries:
            self.bad(node, f"{where}.sum_keys: needs in: PATH and where: PATTERN")
            return None
        unless = self.pattern(entries["not"], where) if "not" in entries else ""
        return SumKeys(
            self.path(entries["in"], where), self.pattern(entries["where"], where), unless
        )

    def _scale(self, node: Node, where: str) -> Scale | None:
        if node.text is not None:
            return Scale(self.number(node, where))
        entries = self.known(node, ("path", "map", "else"), f"{where}.scale")
        if "path" not in entries or "map" not in entries or entries["map"].entries is None:
            self.bad(node, f"{where}.scale: a number, or path: PATH with map: {{TEXT: FACTOR}}")
            return None
        factors = tuple(
            (key, self.number(value, where)) for key, value in entries["map"].entries.items()
        )
        other = self.number(entries["else"], where) if "else" in entries else Decimal(1)
        return Scale(other, self.path(entries["path"], where), factors)

    def zone(self, node: Node, where: str) -> str:
        """Return the name of a time zone."""
        name = self.one(node, where)
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            self.bad(node, f"{where}: {name!r} is no time zone; write a name such as Europe/Berlin")
        return name

    def moment(self, node: Node, where: str) -> datetime | None:
        """Return a moment as naive UTC; without an offset it is UTC."""
        text = self.one(node, where)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.bad(node, f"{where}: {text!r} is no time; write 2026-01-01T00:00:00Z")
            return None
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
