"""Strict reading of a YAML file by a schema: every value gets the type it is asked for, and nothing is guessed.

A `Reader` collects all problems of a file, each with its line, and tells them at once.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from costctl.errors import CostctlError, nearest, nearest_key
from costctl.yaml_parse import parse
from costctl.yaml_tree import Node, Problems

NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
BOOLEAN_WORDS = frozenset({"on", "off", "yes", "no", "true", "false", "y", "n"})


def load(path: Path, *, hint: str = "") -> "Reader":
    """Read a file whose top level is a mapping.

    Errors: `CostctlError` when the file is missing, unreadable, empty, or no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CostctlError(f"{path}: not UTF-8 text", hint=hint, code="invalid_file") from error
    except OSError as error:
        raise CostctlError(
            f"{path}: {error.strerror or error}", hint=hint, code="missing_file"
        ) from error
    return loads(text, str(path), hint=hint)


def loads(text: str, path: str, *, hint: str = "") -> "Reader":
    """Read a text whose top level is a mapping."""
    root, problems = parse(text, path)
    if root.is_null:
        raise CostctlError(f"{path}: the file is empty", hint=hint, code="invalid_file")
    if root.entries is None:
        raise CostctlError(
            f"{path}:{root.line}: a {root.kind} where a mapping is expected",
            hint=hint,
            code="invalid_file",
        )
    return Reader(root, problems)


class Reader:
    """Reads a mapping by a schema: each `get` names a key, its type and whether it must be there.

    A value of the wrong form is noted in `problems` and read as None (or the given default), so that one pass
    finds every problem. Call `done()` when all keys of this mapping have been asked for, then
    `problems.raise_if_any()` once per file.
    """

    def __init__(self, node: Node, problems: Problems, where: str = "") -> None:
        self.node = node
        self.problems = problems
        self.where = where
        self.asked: set[str] = set()

    @property
    def line(self) -> int:
        """Return the line on which the mapping starts."""
        return self.node.line

    def keys(self) -> list[str]:
        """Return all keys in order."""
        return list(self.node.entries or {})

    def get(self, key: str, *, required: bool = False) -> Node | None:
        """Return the node of a key; null counts as absent."""
        self.asked.add(key)
        node = (self.node.entries or {}).get(key)
        if node is None or node.is_null:
            if required:
                self.bad(self.node if node is None else node, f"{self._name(key)} is missing")
            return None
        return node

    def bad(self, node: Node, what: str) -> None:
        """Note a problem at a node."""
        self.problems.add(node.line, what)

    def _name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def text(
        self,
        key: str,
        default: str | None = None,
        *,
        required: bool = False,
        choices: Iterable[str] = (),
    ) -> str | None:
        """Return a text, one of `choices` if any are given."""
        node = self.get(key, required=required)
        if node is None:
            return default
        if node.text is None:
            self.bad(node, f"{self._name(key)} is a {node.kind}; expected text")
            return default
        allowed = sorted(choices)
        if allowed and node.text not in allowed:
            self.bad(
                node,
                f"{self._name(key)}: {node.text!r} is none of {', '.join(allowed)}{nearest(node.text, allowed)}",
            )
            return default
        return node.text

    def texts(
        self, key: str, default: tuple[str, ...] = (), *, required: bool = False
    ) -> tuple[str, ...]:
        """Return one text or a list of texts, as a tuple."""
        node = self.get(key, required=required)
        if node is None:
            return default
        nodes = node.items if node.items is not None else (node,)
        if any(n.text is None for n in nodes):
            self.bad(node, f"{self._name(key)}: expected text or a list of texts")
            return default
        return tuple(str(n.text) for n in nodes)

    def number(
        self,
        key: str,
        default: Decimal | None = None,
        *,
        required: bool = False,
        quoted: bool = False,
    ) -> Decimal | None:
        """Return an exact number such as 3200.00; no sign, exponent, separator or other base."""
        node = self.get(key, required=required)
        if node is None:
            return default
        if node.text is None or not NUMBER.fullmatch(node.text):
            self.bad(
                node,
                f"{self._name(key)}: {_shown(node)} is no number; write digits, with a point if needed, such as 3200.00",
            )
            return default
        if quoted and not node.quoted:
            self.bad(node, f'{self._name(key)}: quote it: "{node.text}"')
        return Decimal(node.text)

    def share(
        self, key: str, default: Decimal | None = None, *, required: bool = False
    ) -> Decimal | None:
        """Return a share from 0.6 or 60%, as 0 to 1 and above; the caller checks the range."""
        node = self.get(key, required=required)
        if node is None:
            return default
        value = share_of(node.text)
        if value is None:
            self.bad(node, f"{self._name(key)}: {_shown(node)} is no share; write 0.6 or 60%")
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:  # noqa: FBT001, FBT002 - a default reads best by place
        """Return true or false, written so."""
        node = self.get(key)
        if node is None:
            return default
        if node.text not in {"true", "false"}:
            self.bad(node, f"{self._name(key)}: {_shown(node)} is neither true nor false")
            return default
        return node.text == "true"

    def day(self, key: str, *, required: bool = False) -> date | None:
        """Return a date written as 2026-11-23."""
        node = self.get(key, required=required)
        if node is None:
            return None
        try:
            return datetime.strptime(node.text or "", "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.bad(node, f"{self._name(key)}: {_shown(node)} is no day; write 2026-11-23")
            return None

    def mapping(self, key: str, *, required: bool = False) -> "Reader | None":
        """Return a reader of a nested mapping that shares this reader's problems."""
        node = self.get(key, required=required)
        if node is None:
            return None
        if node.entries is None:
            self.bad(node, f"{self._name(key)} is a {node.kind}; expected a mapping")
            return None
        return Reader(node, self.problems, self._name(key))

    def mappings(self, key: str, *, required: bool = False) -> "list[Reader]":
        """Return readers of a list of mappings."""
        node = self.get(key, required=required)
        if node is None:
            return []
        if node.items is None:
            self.bad(node, f"{self._name(key)} is a {node.kind}; expected a list")
            return []
        found = []
        for index, item in enumerate(node.items):
            if item.entries is None:
                self.bad(item, f"{self._name(key)}[{index}] is a {item.kind}; expected a mapping")
            else:
                found.append(Reader(item, self.problems, f"{self._name(key)}[{index}]"))
        return found

    def done(self, also: Iterable[str] = ()) -> None:
        """Note every key that nobody asked for, with the nearest known one."""
        known = self.asked | set(also)
        for key, node in (self.node.entries or {}).items():
            if key in known:
                continue
            self.problems.add(
                node.line,
                f"{self._name(key)}: unknown key{_slip(key, node)}{nearest_key(key, known)}",
            )


def _slip(key: str, node: Node) -> str:
    """Say how a key that nobody meant as one may have come about."""
    if key.lower() in BOOLEAN_WORDS:
        return "; YAML reads this word as a boolean"
    if key.isdigit() and node.is_null:
        return "; within braces a comma ends a value: write 3200 and 0.6, not 3,200 and 0,6"
    return ""


def share_of(text: str | None) -> Decimal | None:
    """Return 0.6 for `0.6` or `60%`; None for anything else, `60` and `0,6` included as written."""
    if text is None:
        return None
    if text.endswith("%"):
        return Decimal(text[:-1]) / 100 if NUMBER.fullmatch(text[:-1]) else None
    return Decimal(text) if NUMBER.fullmatch(text) else None


def _shown(node: Node) -> str:
    return repr(node.text) if node.text is not None else f"a {node.kind}"
