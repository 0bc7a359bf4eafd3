"""What a log format can say about its records, as values; `_read` makes them from YAML.

A record is one JSON document, whatever its container was. Reading goes: `explode`, `unwrap`, `parse` texts in
place, `carry`, `keep`, `changed` and deltas, `skip`, the first matching of `variants`, `row` and `tokens`, then
`leaf`, `identity` and `merge`.

Nothing is filled that is absent, null, empty text, `{}` or `[]`, so of alternatives such a one is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from costctl.formats._records import Attributes, Explode, Parse
from costctl.formats._value import (
    EACH,
    Expression,
    Path,
    Predicate,
    Scale,
    SumKeys,
    Value,
    needed_of,
)

__all__ = [
    "CONTAINERS",
    "COUNTS",
    "EACH",
    "KINDS",
    "MERGES",
    "TABLE_KEY",
    "TIMES",
    "Attributes",
    "Carry",
    "ExclusiveIf",
    "Explode",
    "Expression",
    "Format",
    "Identity",
    "Leaf",
    "Parse",
    "Path",
    "Predicate",
    "Recognise",
    "Scale",
    "SumKeys",
    "TokenBlock",
    "Value",
    "Variant",
]

CONTAINERS = ("jsonl", "json", "csv", "sqlite", "parquet", "log")
TIMES = ("auto", "s", "ms", "us", "ns", "dotnet_ticks", "us_12h", "hrtime")
KINDS = ("text", "int", "number", "money", "flag")
MERGES = ("first", "last", "max_output", "max_total", "max_each", "sum_last")
COUNTS = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_long",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
    "total",
)
"""Logged counts; `total` is a check, or makes up for one missing side."""

TABLE_KEY = "_table"
"""Key under which a record of a SQLite file tells its table."""


@dataclass(frozen=True)
class ExclusiveIf:
    """Where the sum of these counts exceeds another, it cannot be inside it; such a row is flagged."""

    sum: tuple[str, ...]
    exceeds: str = "input"


@dataclass(frozen=True)
class TokenBlock:
    """Logged counts and what they include.

    Attributes:
        counts: name of `COUNTS` -> where it is.
        input_includes: counts to take out of `input` to reach `input_uncached`.
        output_includes: counts to take out of `output`; `reasoning` may be named and changes nothing.
        output_adds: counts that the logged output lacks.
        exclusive_if: evidence that `input_includes` does not hold for a record.
    """

    counts: Mapping[str, Expression] = field(default_factory=dict)
    input_includes: tuple[str, ...] = ()
    output_includes: tuple[str, ...] = ()
    output_adds: tuple[str, ...] = ()
    exclusive_if: ExclusiveIf | None = None


@dataclass(frozen=True)
class Variant:
    """A block that holds where `when` does (None: always). The first that holds is used.

    Its `row` entries and `constants` override those of the format one by one; its `tokens`, if given, replace the
    format's block.
    """

    when: Predicate | None = None
    row: Mapping[str, Expression] = field(default_factory=dict)
    tokens: TokenBlock | None = None
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Leaf:
    """Parts of ids that make a tree of records: a kept record that encloses another kept one is no call of its own."""

    id: Expression
    parent: Expression


@dataclass(frozen=True)
class Copies:
    """A file that begins with records of another one, written again within moments.

    Attributes:
        when: holds for the first record of such a file.
        time: when a record was written; the copies end where more than a second passes between two of them.
    """

    when: Predicate
    time: Path


@dataclass(frozen=True)
class Carry:
    """A column filled from the latest earlier record of the file for which `source` holds, itself included."""

    column: str
    value: Expression
    source: Predicate | None = None


@dataclass(frozen=True)
class Identity:
    """What makes two records the same call.

    Attributes:
        key: its parts, of which a `column` may also be `ordinal`: the how-manieth of the file with the same other
            parts. Where all are absent or placeholders, the content decides. Empty: always the content.
        scope: shared by formats that may hold the same call.
    """

    key: tuple[Expression, ...] = ()
    scope: str = ""


@dataclass(frozen=True)
class Recognise:
    """What tells this format from others. All given tests must hold.

    Attributes:
        order: the earlier of two equal formats wins; a user's own are before all.
        has: keys that must be there.
        has_any: of these, one must be there.
        test: a predicate.
        text: regular expression on a line of a text log.
        tables: tables that a SQLite file must have.
        containers: the containers it is tried on; empty means those of the format.
        shared: a page may hold records of other formats too; `keep` tells which are this one's.
    """

    order: int = 0
    has: tuple[Path, ...] = ()
    has_any: tuple[Path, ...] = ()
    test: Predicate | None = None
    text: str = ""
    tables: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    shared: bool = False

    @cached_property
    def needed(self) -> tuple[frozenset[str], ...]:
        """Return sets of keys, in lower case, of each of which a record has one."""
        return needed_of(self.has, self.has_any, self.test)


@dataclass(frozen=True)
class Format:
    """A log format.

    Attributes:
        name: for `--log-format`.
        about: one line.
        containers: those that may hold it.
        tables: SQLite tables to read; each record tells its own under `TABLE_KEY`.
        ignore_case: keys match in any case.
        recognise: None for a format that is only ever named.
        lines: which lines of a file that holds several formats are read at all; None reads all.
        incomplete: holds for a record (before exploding) that says more pages are missing.
        parse: texts to parse in place, before all else.
        unwrap: where the record may sit inside a wrapper, as an object or as JSON text: the first of these for which
            `keep` holds, when it does not hold for the line itself. The wrapper is then `^`.
        explode: arrays to unfold, outermost first; an object unfolds to its values, and a record without the array
            makes no rows.
        attributes: keyed lists by prefix.
        keep: the records that are calls; None keeps all.
        skip: records that are none after all.
        leaf: the tree of the records.
        row: canonical column -> expression. `tags.NAME` and `units.NAME` fill one key of these maps. For
            `billing`, the columns of that table.
        tags: maps and lists that become tags as they are; all of them, not the first. A last key such as `"tag.*"`
            stands for all keys with that prefix, which the tags lose.
        tokens: logged counts.
        constants: column -> fixed text; besides columns `tz`, the zone of naive times.
        variants: alternative blocks, by record.
        carry: columns from earlier records.
        copies: records at the beginning of a file that are another file's.
        changed: only a record in which this value differs from the previous filled one makes a row.
        identity, merge: which records are the same call, and which of them stays.
        newest: for `merge: last`, a text that orders the records of one run better than their place does.
        text: where the prompt's text is, for hashing.
        to: `usage` or `billing`.
        assumed: columns that a constant or a guess fills.
        user: declared by the user.
    """

    name: str
    about: str = ""
    containers: tuple[str, ...] = CONTAINERS
    tables: tuple[str, ...] = ()
    ignore_case: bool = False
    recognise: Recognise | None = None
    lines: Predicate | None = None
    incomplete: Predicate | None = None
    parse: tuple[Parse, ...] = ()
    unwrap: tuple[Path, ...] = ()
    explode: tuple[Explode, ...] = ()
    attributes: Mapping[str, Attributes] = field(default_factory=dict)
    keep: Predicate | None = None
    skip: Predicate | None = None
    leaf: Leaf | None = None
    row: Mapping[str, Expression] = field(default_factory=dict)
    tags: tuple[Path, ...] = ()
    tokens: TokenBlock = TokenBlock()
    constants: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    carry: tuple[Carry, ...] = ()
    copies: Copies | None = None
    changed: Path | None = None
    identity: Identity = Identity()
    merge: str = "first"
    newest: Expression = ()
    text: Expression = ()
    to: str = "usage"
    assumed: tuple[str, ...] = ()
    user: bool = False

    @property
    def needs_whole_file(self) -> bool:
        """Return whether a record's row may depend on earlier records of the file."""
        blocks = [self.tokens, *(v.tokens for v in self.variants if v.tokens)]
        deltas = any(v.delta for b in blocks for e in b.counts.values() for v in e)
        return bool(self.carry or self.copies or self.changed or self.leaf or deltas)
