"""What the user says about a log on the command line: `--map FIELD=PATH` and `--set FIELD=VALUE`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from costctl.errors import CostctlError, nearest
from costctl.formats._base import COUNTS, Expression, Format, Predicate, TokenBlock, Value
from costctl.formats._columns import ROW_KEYS, canonical_column
from costctl.formats._path import BadPathError, parse_path
from costctl.formats.usual_names import NAMES

TOKEN_ALIASES = {"prompt_tokens": "input", "completion_tokens": "output", "input_uncached": "input"}
PARAMETERS = {"sample_rate", "prefix_step_tokens"}
"""What `--set` says about the log as a whole; no columns."""

TEXT = "text"
"""What `--map` calls the prompt; no column, since only hashes of it are kept."""

MAKE_A_CALL = ("request_id", "requested_model", "response_model", "deployment", "endpoint")
"""Columns that only a call fills."""

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
        text: where the prompt's text is.
    """

    row: Mapping[str, Expression]
    counts: Mapping[str, Expression]
    constants: Mapping[str, str]
    includes: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str]
    text: Expression = ()

    def __bool__(self) -> bool:
        return bool(self.row or self.counts or self.constants or self.includes or self.text)


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
        field, path = _split("--map", text, more=(TEXT,))
        if text.partition("=")[0].strip() == "input_uncached":
            # Who calls a field so says that nothing else is in it.
            includes["input_includes"] = ()
        target = counts if field in COUNTS else row
        target[field] = (_path_value(text, path),)
    prompt = row.pop(TEXT, ())
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
    return Stated(row, counts, constants, includes, parameters, prompt)


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
        raise CostctlError(
            f"{flag} {text}: no field named {name!r}{_meant(name, known)}",
            hint="docs/formats.md lists the fields",
        )
    return field, value


def _meant(name: str, known: set[str]) -> str:
    """Return which field an unknown name may mean: what logs usually call so, else what is spelled alike."""
    usual = next((field for field, names in NAMES.items() if name in names), None)
    if usual is not None:
        return f"; did you mean {usual}?"
    return nearest(name, {*known, *TOKEN_ALIASES, "model", "timestamp", "tag.NAME"})


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
        text=said.text or form.text,
        keep=_kept(form.keep, said),
        carry=tuple(c for c in form.carry if c.column not in changed),
        assumed=tuple(sorted({*form.assumed, *said.constants} - {"tz"})),
    )


def _kept(keep: Predicate | None, said: Stated) -> Predicate | None:
    """Return the test of what is a call, with the stated fields among those that only a call fills."""
    if keep is None or keep.kind != "filled":
        return keep
    named = [said.row.get(name, ()) for name in MAKE_A_CALL]
    paths = [p for e in (*said.counts.values(), *named) for value in e for p in value.paths]
    return replace(keep, paths=tuple(dict.fromkeys((*keep.paths, *paths))))


def _overlaid(block: TokenBlock, said: Stated) -> TokenBlock:
    return replace(
        block,
        counts={**block.counts, **said.counts},
        input_includes=said.includes.get("input_includes", block.input_includes),
        output_includes=said.includes.get("output_includes", block.output_includes),
        output_adds=said.includes.get("output_adds", block.output_adds),
    )
