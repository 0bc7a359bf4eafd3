"""Logs that nobody knows: what the names of their fields suggest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costctl.errors import CostctlError
from costctl.formats._base import (
    COUNTS,
    Expression,
    Format,
    Identity,
    Path,
    Predicate,
    TokenBlock,
    Value,
)
from costctl.formats.detect import Sample
from costctl.formats.evaluate import found, text_of
from costctl.formats.stated import Stated, overlaid
from costctl.formats.usual_names import LOOKS_LIKE, NAMES

INSIDE: tuple[tuple[str, ...], ...] = (
    (),
    ("usage",),
    ("tokens",),
    ("properties",),
    ("response", "usage"),
)
"""Where guessed names are looked for."""

TEXT = ("messages", "prompt", "query", "question")
"""Names of what was asked; only keyed hashes of it are kept."""

OUTSIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Names that are no part of the `input_tokens` beside them."""


@dataclass(frozen=True)
class Guess:
    """A format made up from names.

    Attributes:
        format: reads the file; guessed columns are in its `assumed`.
        flags: the `--map` flags that would state the guess.
        outside: cached tokens were taken as no part of the input.
    """

    format: Format
    flags: tuple[str, ...]
    outside: bool = False


def guess(sample: Sample, said: Stated | None = None) -> Guess | None:
    """Return the format that the names in a file suggest, or None without an input or output field.

    What the user stated counts as found and is no guess. Of an SQLite file the only table with such names is read.
    """
    tables: tuple[str, ...] = ()
    if sample.container == "sqlite":
        sample, tables = _table_of(sample, said)
    located = dict(_located(sample, said))
    counts = {**{n: v for n, v in located.items() if n in COUNTS}, **(said.counts if said else {})}
    if not ({"input", "output"} & set(counts)):
        return None
    form = _form(located, sample, tables, said)
    flags = tuple(f"--map {_short(name)}={path}" for name, path in located.items())
    return Guess(form, flags, outside=not form.tokens.input_includes and "cache_read" in counts)


def _located(sample: Sample, said: Stated | None) -> Iterator[tuple[str, Path]]:
    taken = {*said.row, *said.counts, *said.constants} if said else set()
    for field, names in NAMES.items():
        if field in taken:
            continue
        path = next((p for p in _candidates(names) if _filled(sample, p)), None)
        if path is not None:
            yield field, path


def _candidates(names: Sequence[str]) -> Iterator[Path]:
    for inside in INSIDE:
        for name in names:
            yield Path((*inside, name))


def _filled(sample: Sample, path: Path) -> bool:
    """Return whether some record has a value at a path, and each that has one a value that may be meant."""
    fold = sample.container == "csv"
    values = [
        value
        for record in sample.records
        for value in found(record, path, fold=fold)
        if value not in (None, "", {}, []) and not isinstance(value, dict | list)
    ]
    shape = LOOKS_LIKE.get(str(path.keys[-1]))
    return bool(values) and (
        shape is None or all(re.fullmatch(shape, text_of(value)) for value in values)
    )


def _form(
    located: Mapping[str, Path], sample: Sample, tables: tuple[str, ...], said: Stated | None
) -> Format:
    counts = {n: (Value(paths=(p,)),) for n, p in located.items() if n in COUNTS}
    row: dict[str, Expression] = {
        n: (Value(paths=(p,)),) for n, p in located.items() if n not in COUNTS
    }
    includes = (
        ()
        if _is_outside(located, sample)
        else tuple(
            n for n in ("cache_read", "cache_write") if n in counts or (said and n in said.counts)
        )
    )
    keep_paths = tuple(p for n, p in located.items() if n in {"input", "output"})
    # A row with a number of calls is their sum: its size is that of no prompt.
    summed = "requests" in row or (said is not None and "requests" in said.row)
    form = Format(
        name="generic",
        about="any other JSON or CSV, by the names of its fields",
        containers=(sample.container,),
        tables=tables,
        row=row,
        tokens=TokenBlock(counts=counts, input_includes=includes),
        text=tuple(Value(paths=(path,)) for path in _texts(sample)),
        identity=Identity(scope="generic"),
        constants={"granularity": "bucket"} if summed else {},
        assumed=tuple(sorted(located)),
    )
    form = overlaid(form, said) if said else form
    return replace(form, keep=_any_count(form, keep_paths))


def _texts(sample: Sample) -> Iterator[Path]:
    """Yield where the prompts of a file stand."""
    fold = sample.container == "csv"
    for path in _candidates(TEXT):
        if any(value for record in sample.records for value in found(record, path, fold=fold)):
            yield path


def _any_count(form: Format, paths: tuple[Path, ...]) -> Predicate:
    """Return the test that a record has an input or output field; others are events of another kind."""
    more = tuple(
        path for n in ("input", "output") for v in form.tokens.counts.get(n, ()) for path in v.paths
    )
    return Predicate(
        "any", tuple(Predicate("has", paths=(p,)) for p in dict.fromkeys((*paths, *more)))
    )


def _is_outside(located: Mapping[str, Path], sample: Sample) -> bool:
    """Return whether cached tokens stand beside the input instead of inside it."""
    cached = [located[n] for n in ("cache_read", "cache_write") if n in located]
    if not cached or "input" not in located:
        return False
    if str(located["input"].keys[-1]) == "prompt_tokens":
        return False
    if any(str(path.keys[-1]) in OUTSIDE for path in cached):
        return True
    return any(
        sum((_number(record, path) for path in cached), Decimal(0))
        > _number(record, located["input"])
        for record in sample.records
    )


def _number(record: object, path: Path) -> Decimal:
    for value in found(record, path, fold=True):
        text = str(value)
        if text.replace(".", "", 1).isdigit():
            return Decimal(text)
    return Decimal(0)


def _table_of(sample: Sample, said: Stated | None) -> tuple[Sample, tuple[str, ...]]:
    usable = []
    for name, columns in sample.tables.items():
        one = Sample("csv", [dict.fromkeys(columns, "0")])
        fields = dict(_located(one, said))
        given = said is not None and any(
            str(p.keys[0]) in columns for e in said.counts.values() for v in e for p in v.paths
        )
        if {"input", "output"} & set(fields) or given:
            usable.append((name, one))
    if len(usable) == 1:
        return usable[0][1], (usable[0][0],)
    listed = "; ".join(f"{name}({', '.join(columns)})" for name, columns in sample.tables.items())
    raise CostctlError(
        f"{'no table' if not usable else 'more than one table'} of this SQLite file looks like usage: {listed}",
        hint="declare a format with `tables:` in costctl.yaml; docs/formats.md shows one",
        code="unknown_format",
    )


def _short(name: str) -> str:
    return {"requested_model": "model", "occurred_at": "timestamp"}.get(name, name)
