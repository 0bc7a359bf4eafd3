"""The one-pass statement for clean flat records.

It is the format with everything rare taken as absent. A record that has more than the common fields, or whose fields
need a closer look, gets no `event_key` and is left to the thorough statement; so both give the same rows.
"""

from dataclasses import dataclass

from costctl.formats._base import Expression, Format, Path, Predicate, Value
from costctl.record import BY_NAME, PLACEHOLDER_IDS
from costctl.store import compile_identity as identity
from costctl.store.compile_counts import Summed, Written
from costctl.store.compile_paths import paths_in
from costctl.store.compile_tree import Keys, Tree, lit, quoted
from costctl.store.schema import NARROW_COST, NARROW_MADE

TEXTS = ("endpoint", "requested_model", "request_id")
CORE = (*TEXTS, "occurred_at", "logged_cost_usd")
COUNTS = ("input", "output", "total")
ABSENT_IS_FALSE = {"filled", "in", "matches", "at_least", "has"}


@dataclass(frozen=True)
class Fast:
    """The one-pass statement of a format.

    Attributes:
        columns: leaves to read, as column types of a reader of JSON lines.
        select: SQL over the placeholder `{reader}`, giving the columns of the narrow table.
        counted: its test of how counts are written, as SQL over the layers of the thorough statement: that one is to read
            exactly what the one pass leaves.
    """

    columns: str
    select: str
    counted: str


def compile_fast(form: Format, *, summed: bool = False) -> Fast | None:
    """Return the one-pass statement of a format, or None where a format asks for more than it can do.

    With `summed`, records tell both sides and their total: the sides are read as numbers, and the total tells a number
    from `true` or `false`. What is told otherwise is no clean record then.
    """
    if not _flat(form):
        return None
    core = {name: form.row[name] for name in CORE if name in form.row}
    counts = {name: form.tokens.counts[name] for name in COUNTS if name in form.tokens.counts}
    if "input" not in counts or "occurred_at" not in core or "requested_model" not in core:
        return None
    wanted = set(paths_in((core, counts)))
    rest = [e for n, e in form.row.items() if n not in CORE] + [
        e for n, e in form.tokens.counts.items() if n not in COUNTS
    ]
    rest.append(form.text)
    if not all(_plain(v) for e in (*core.values(), *counts.values()) for v in e) or not all(
        _absent(v) for e in rest for v in e
    ):
        return None
    dropped = {p for p in paths_in((rest, form.tags))} - wanted  # noqa: C416 - reads as a set of paths
    tree = Tree()
    for path in (*wanted, *dropped):
        tree.want(path.keys)
    if not all(tree.holds(path.keys) for path in (*wanted, *dropped)):
        return None
    how = _counts(tree, counts, [*paths_in((core, counts)), *dropped], summed=summed)
    select = _select(form, core, counts, sorted(map(_leaf, dropped)), how)
    return Fast(tree.columns(), select, how.clean_as_text())


def _counts(
    tree: Tree, counts: dict[str, Expression], read: list[Path], *, summed: bool
) -> Summed | Written:
    """Have counts read as numbers if nothing else is asked of their places: a total, and both sides if they are to be summed."""
    places = [path.keys for path in read]
    alone = {n: _only_path(e) for n, e in counts.items() if places.count(_only_path(e)) == 1}
    summed = summed and alone.keys() == set(COUNTS)
    for name, keys in alone.items():
        if summed or name == "total":
            tree.want_number(keys)
    return Summed() if summed else Written(set(counts), "total" in alone)


def _only_path(expression: Expression) -> Keys:
    """Return the keys of the only path of a value, none where it has several."""
    paths = tuple(paths_in(expression))
    return paths[0].keys if len(paths) == 1 else ()


def _flat(form: Format) -> bool:
    nested = form.explode or form.unwrap or form.parse or form.attributes or form.variants
    chosen = (
        not _kept_by_counts(form)
        or form.skip
        or form.lines
        or form.identity.key
        or form.constants
        or form.assumed
        or form.ignore_case
    )
    return (
        not (nested or chosen or form.needs_whole_file)
        and form.merge == "first"
        and form.to == "usage"
    )


def _kept_by_counts(form: Format) -> bool:
    """Return whether every record that has a count is kept, as every clean one has."""
    if form.keep is None:
        return True
    counts = set(paths_in([form.tokens.counts.get(name, ()) for name in COUNTS]))
    return form.keep.kind == "filled" and counts <= set(form.keep.paths)


def _plain(value: Value) -> bool:
    """Return whether a value is the text at a path and nothing else."""
    bare = Value(paths=value.paths, kind=value.kind, time=value.time)
    return bool(value.paths) and value == bare and value.time in {None, "auto"}


def _absent(value: Value) -> bool:
    """Return whether a value is absent where all its paths are."""
    if value.constant is not None:
        return value.when is not None and _false_without(value.when)
    return bool(value.paths)


def _false_without(test: Predicate) -> bool:
    if test.kind in {"all", "any"}:
        return bool(test.of) and all(_false_without(part) for part in test.of)
    return test.kind in ABSENT_IS_FALSE


def _leaf(path: Path) -> str:
    return "s." + ".".join(quoted(str(key)) for key in path.keys)


def _text(expression: Expression) -> str:
    leaves = [f"nullif({_leaf(path)}, '')" for value in expression for path in value.paths]
    return leaves[0] if len(leaves) == 1 else f"coalesce({', '.join(leaves)})"


def _number(expression: Expression) -> str:
    """Return a text that is to be a number or a time: an empty one is none, and its record no clean one."""
    leaves = [_leaf(path) for value in expression for path in value.paths]
    return leaves[0] if len(leaves) == 1 else _text(expression)


def _select(
    form: Format,
    core: dict[str, Expression],
    counts: dict[str, Expression],
    dropped: list[str],
    how: Summed | Written,
) -> str:
    raw = {f"n_{n}": _number(e) for n, e in counts.items()}
    for name in CORE:
        read = _text if name in TEXTS else _number
        raw[f"x_{name}"] = read(core[name]) if name in core else "CAST(NULL AS VARCHAR)"
    raw["odd"] = (
        "NOT (" + " AND ".join(f"{leaf} IS NULL" for leaf in dropped) + ")" if dropped else "false"
    )
    typed = {f"i_{n}": f"try_cast(n_{n} AS BIGINT)" for n in counts if n != "total"}
    typed |= {
        "moment": "try_cast(x_occurred_at AS TIMESTAMP)",
        "zulu": "contains(x_occurred_at, 'Z')",
        "cost": f"try_cast(x_logged_cost_usd AS {NARROW_COST})",
    }
    # Tests one by one: a list would become a join. A text longer than every placeholder is none.
    longest = max(map(len, PLACEHOLDER_IDS))
    words = " AND ".join(f"lower(x_request_id) <> {lit(word)}" for word in PLACEHOLDER_IDS)
    made = {
        "input_uncached": how.side("input"),
        "output": how.side("output"),
        "known_id": f"CASE WHEN strlen(x_request_id) > {longest} THEN true ELSE coalesce({words}, false) END",
        "clean": _clean(how),
    }
    columns = _columns(form)
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    inner = f"SELECT *, {_aliased(typed)} FROM (SELECT {_aliased(raw)} FROM {{reader}} AS s)"
    return f"SELECT {listed} FROM (SELECT *, {_aliased(made)} FROM ({inner}))"


def _clean(how: Summed | Written) -> str:
    """Return the test that every common field is of its plainest form."""
    parts = ["NOT odd", f"moment BETWEEN {identity.EARLIEST} AND {identity.LATEST}", how.clean()]
    parts.append(_without_offset())
    parts.append("(cost >= 0 OR x_logged_cost_usd IS NULL)")
    return " AND ".join(parts)


def _without_offset() -> str:
    """Return the test that a time ends with its seconds or with Z.

    A sign or a word behind the seconds is an offset; such times are read by the thorough statement. A text as long as
    one with seconds or with microseconds that really has some has no room for an offset if its point or last colon is in place:
    nearly every time is told so.
    """
    behind = "substring(x_occurred_at, 20)"
    return (
        "CASE WHEN strlen(x_occurred_at) = 26 AND epoch_us(moment) % 1000 <> 0 AND strpos(x_occurred_at, '.') = 20 THEN true "
        "WHEN strlen(x_occurred_at) = 19 AND epoch_us(moment) % 60000000 <> 0 AND x_occurred_at[17] = ':' THEN true "
        f"ELSE NOT (contains(x_occurred_at, '+') OR contains({behind}, '-') OR contains({behind}, ' ')) END"
    )


def _columns(form: Format) -> dict[str, str]:
    # Text by text and number by number the content of the thorough statement, see `compile._by_content`.
    texts = ["x_endpoint", identity.BREAK, "x_requested_model", identity.BREAK]
    texts.append("CASE WHEN known_id THEN x_request_id END")
    lanes = [
        identity.time_lane("moment"),
        identity.counts_lane("input_uncached", "output"),
        identity.cost_lane("cost"),
    ]
    key = identity.content_key(form.identity.scope or form.name, texts, lanes)
    evidence = "CASE WHEN known_id THEN true ELSE epoch_us(moment) % 1000000 <> 0 END"
    filled = {
        "event_key": f"CASE WHEN clean AND {evidence} THEN {key} | 1::UHUGEINT END",
        "occurred_at": "moment",
        "time_assumed_utc": "NOT zulu",
        "endpoint": "x_endpoint",
        "requested_model": "x_requested_model",
        "input_uncached": "input_uncached",
        "output": "output",
        "billable": "(input_uncached > 0 OR output > 0)",
        "logged_cost_usd": "cost",
    }
    return {name: filled.get(name, BY_NAME[name].default) for name in NARROW_MADE}


def _aliased(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
