"""Logs that nobody knows: what the user says about them with `--map` and `--set`, and what their names suggest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costctl.errors import CostctlError, nearest
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
from costctl.formats._path import BadPathError, parse_path
from costctl.formats._read import ROW_KEYS, canonical_column
from costctl.formats.detect import Sample
from costctl.formats.evaluate import found

INSIDE: tuple[tuple[str, ...], ...] = (
    (),
    ("usage",),
    ("tokens",),
    ("properties",),
    ("response", "usage"),
)
"""Where guessed names are looked for."""

NAMES: dict[str, tuple[str, ...]] = {
    "input": (
        *("prompt_tokens", "input_tokens", "promptTokens", "PromptTokens", "inputTokens"),
        *("tokens_in", "tokens_prompt", "req_units", "genai_tokens_input"),
        *("promptTokenCount", "inputTokenCount"),
    ),
    "output": (
        *("completion_tokens", "output_tokens", "completionTokens", "CompletionTokens"),
        *("outputTokens", "tokens_out", "tokens_completion", "res_units", "genai_tokens_output"),
        "outputTokenCount",
    ),
    "cache_read": (
        *("cached_tokens", "cached_input_tokens", "cache_read_input_tokens", "cache_read"),
        *("tokens_cached", "cachedContentTokenCount"),
    ),
    "cache_write": ("cache_creation_input_tokens",),
    "logged_cost_usd": (
        *("cost", "total_cost", "cost_usd", "estimated_cost_usd", "spend", "response_cost"),
        *("totalCost", "cost_total"),
    ),
    "occurred_at": (
        *("timestamp", "ts", "time", "created", "created_at", "start_time", "startTime"),
        *("datetime_utc", "TimeGenerated", "logging_time"),
    ),
    "requested_model": ("model", "model_name", "modelName", "main_model", "model_id"),
    "endpoint": ("endpoint", "feature", "use_case"),
    "request_id": ("request_id", "requestId", "id"),
    "user_id": ("user_id", "userId", "user"),
    "team": ("team",),
}
"""Field -> names that it goes by, the likeliest first."""

OUTSIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Names that are no part of the `input_tokens` beside them."""

TOKEN_ALIASES = {"prompt_tokens": "input", "completion_tokens": "output", "input_uncached": "input"}
PARAMETERS = {"sample_rate", "prefix_step_tokens"}
"""What `--set` says about the log as a whole; no columns."""

INCLUDES = ("input_includes", "output_includes", "output_adds")
MTIME = "file-mtime"


@dataclass(frozen=True)
class Stated:
    """What `--map` and `--set` say.

    Attributes:
        row: column -> expression.
        counts: logged count -> expression.
        constants: column -> fixed text; `occurred_at` may be `file-mtime`.
        includes: `input_includes` and the like.
        parameters: `sample_rate`, `prefix_step_tokens`: facts about the log, recorded with the ingest.
    """

    row: Mapping[str, Expression]
    counts: Mapping[str, Expression]
    constants: Mapping[str, str]
    includes: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.row or self.counts or self.constants or self.includes)


def stated(maps: Sequence[str] = (), sets: Sequence[str] = ()) -> Stated:
    """Read `--map FIELD=PATH` and `--set FIELD=VALUE`.

    Errors: `CostctlError` for a text without `=`, an unknown field (with the nearest one) or a bad path.
    """
    row: dict[str, Expression] = {}
    counts: dict[str, Expression] = {}
    constants: dict[str, str] = {}
    includes: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, str] = {}
    for text in maps:
        field, path = _split("--map", text)
        target = counts if field in COUNTS else row
        target[field] = (_path_value(text, path),)
    for text in sets:
        field, value = _split("--set", text, more=(*PARAMETERS, *INCLUDES, "tz"))
        if field in PARAMETERS:
            parameters[field] = value
        elif field in INCLUDES:
            includes[field] = tuple(
                part for part in value.strip("[]").replace(" ", "").split(",") if part
            )
        elif field in COUNTS:
            counts[field] = (Value(constant=value),)
        else:
            constants[field] = value
    return Stated(row, counts, constants, includes, parameters)


def _split(flag: str, text: str, more: Sequence[str] = ()) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    name = name.strip()
    if not mark or not name or not value:
        raise CostctlError(
            f"{flag} {text}: expected FIELD={'PATH' if flag == '--map' else 'VALUE'}",
            hint=f"for example {flag} model={'llm.name' if flag == '--map' else 'gpt-4o'}",
        )
    field = TOKEN_ALIASES.get(name, canonical_column(name))
    known = {*ROW_KEYS, *COUNTS, *more}
    if field not in known and not field.startswith(("tags.", "units.")):
        shown = {*known, *TOKEN_ALIASES, "model", "timestamp", "tag.NAME"}
        raise CostctlError(
            f"{flag} {text}: no field named {name!r}{nearest(name, shown)}",
            hint="docs/formats.md lists the fields",
        )
    return field, value


def _path_value(text: str, path: str) -> Value:
    try:
        return Value(paths=(parse_path(path),))
    except BadPathError as error:
        raise CostctlError(f"--map {text}: {error}") from error


def overlaid(form: Format, said: Stated) -> Format:
    """Return a format with single fields overridden by what the user stated."""
    if not said:
        return form
    changed = {*said.row, *said.constants}
    row = {name: value for name, value in form.row.items() if name not in said.constants}
    variants = tuple(
        replace(
            variant,
            row={n: v for n, v in variant.row.items() if n not in changed},
            constants={n: v for n, v in variant.constants.items() if n not in changed},
            tokens=_overlaid(variant.tokens, said) if variant.tokens else None,
        )
        for variant in form.variants
    )
    return replace(
        form,
        row={**row, **said.row},
        tokens=_overlaid(form.tokens, said),
        constants={
            **{n: v for n, v in form.constants.items() if n not in said.row},
            **said.constants,
        },
        variants=variants,
        carry=tuple(c for c in form.carry if c.column not in changed),
        assumed=tuple(sorted({*form.assumed, *said.constants} - {"tz"})),
    )


def _overlaid(block: TokenBlock, said: Stated) -> TokenBlock:
    return replace(
        block,
        counts={**block.counts, **said.counts},
        input_includes=said.includes.get("input_includes", block.input_includes),
        output_includes=said.includes.get("output_includes", block.output_includes),
        output_adds=said.includes.get("output_adds", block.output_adds),
    )


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
    fold = sample.container == "csv"
    return any(
        value not in (None, "", {}, []) and not isinstance(value, dict | list)
        for record in sample.records
        for value in found(record, path, fold=fold)
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
    form = Format(
        name="generic",
        about="any other JSON or CSV, by the names of its fields",
        containers=(sample.container,),
        tables=tables,
        row=row,
        tokens=TokenBlock(counts=counts, input_includes=includes),
        identity=Identity(scope="generic"),
        assumed=tuple(sorted(located)),
    )
    form = overlaid(form, said) if said else form
    return replace(form, keep=_any_count(form, keep_paths))


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
