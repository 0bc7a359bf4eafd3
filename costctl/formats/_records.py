"""What a declaration can say about where records are: arrays to unfold, texts to parse, lists of names and values."""

from dataclasses import dataclass

from costctl.formats._value import Path


@dataclass(frozen=True)
class Attributes:
    """A keyed list (`[{key, value}]`), or objects whose keys hold dots, made addressable by a prefix (`@`, `word@`).

    Attributes:
        list: where the list is, or the first of the objects.
        key, value: its fields of the name and of the value.
        typed: `otlp` for values such as `{intValue: ...}`; `sum` to add the counts of entries that share a name.
        objects, flat: objects whose keys are the names, and how keys of the record itself begin that are names too.
    """

    prefix: str
    list: Path
    key: str = "key"
    value: str = "value"
    typed: str = ""
    objects: tuple[Path, ...] = ()
    flat: str = ""


@dataclass(frozen=True)
class Parse:
    """A path that holds JSON as text; `sse` also takes a streamed body, `name` is a new path for the first of several."""

    path: Path
    sse: bool = False
    name: str = ""
    more: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Explode:
    """An array to unfold; `or_self` keeps the record where the array is absent."""

    path: Path
    or_self: bool = False
