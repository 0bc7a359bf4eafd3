"""What a YAML file says: a tree in which every scalar keeps its text and its line, and what is wrong with it."""

from dataclasses import dataclass, field

from costctl.errors import CostctlError


@dataclass(frozen=True)
class Node:
    """A scalar (`text`), a list (`items`) or a mapping (`entries`) with the line it starts on."""

    line: int
    text: str | None = None
    quoted: bool = False
    items: tuple["Node", ...] | None = None
    entries: dict[str, "Node"] | None = None

    @property
    def kind(self) -> str:
        """Return scalar, list or mapping."""
        if self.entries is not None:
            return "mapping"
        return "list" if self.items is not None else "scalar"

    @property
    def is_null(self) -> bool:
        """Return whether this is an unquoted `null`, `~` or nothing."""
        return self.kind == "scalar" and not self.quoted and self.text in {"", "~", "null"}

    def plain(self) -> object:
        """Return nested lists, dictionaries and texts; null becomes None."""
        if self.entries is not None:
            return {key: node.plain() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return None if self.is_null else self.text


@dataclass
class Problems:
    """Everything wrong with one file, told at once."""

    path: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, what: str) -> None:
        """Note a problem: what is wrong, the value, the accepted form."""
        self.found.append((line, what))

    def __bool__(self) -> bool:
        return bool(self.found)

    def lines(self) -> list[str]:
        """Return `path:line: what` in order of lines."""
        return [f"{self.path}:{line}: {what}" for line, what in sorted(set(self.found))]

    def raise_if_any(self, hint: str = "") -> None:
        """Raise one error that lists all problems."""
        if self.found:
            raise CostctlError("\n".join(self.lines()), hint=hint, code="invalid_file")
