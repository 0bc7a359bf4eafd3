"""What usage can be grouped and filtered by, as SQL; values travel as parameters."""

import re
from dataclasses import dataclass, field

from costctl.dimensions import dimension_of
from costctl.record import BY_NAME, MODEL
from costctl.store.schema import LAYOUTS
from costctl.vocabulary import Condition, Window

TIME_DIMENSIONS = frozenset({"day", "week", "month", "hour"})

_MODEL_COLUMNS = tuple(re.findall(r"\w+", MODEL.partition("(")[2]))

_LABELS = {
    "day": "strftime({local}, '%Y-%m-%d')",
    "week": "strftime(date_trunc('week', {local}), '%Y-%m-%d')",
    "month": "strftime({local}, '%Y-%m')",
    "hour": "strftime({local}, '%Y-%m-%dT%H:00') || {offset}",
}


@dataclass(frozen=True)
class Branch:
    """One of the tables behind the view `usage`.

    Attributes:
        table: its name.
        columns: what it stores; every other column has its default.
    """

    table: str
    columns: frozenset[str]

    def column(self, name: str) -> str:
        """Return a column of `usage` as SQL over this table."""
        if name in self.columns:
            return name
        stated = BY_NAME[name]
        return f"CAST({stated.default} AS {stated.sql_type})"


@dataclass
class Parameters:
    """Values bound to a query, each under a name of its own."""

    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """Return the placeholder of a value; equal values share one."""
        for name, held in self.values.items():
            if held == value and type(held) is type(value):
                return f"${name}"
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"


BRANCHES = tuple(Branch(layout.view, layout.names) for layout in LAYOUTS)
"""The one with the fewest columns first."""


def plain_expression(name: str, branch: Branch, parameters: Parameters) -> str:
    """Return a dimension that does not depend on the time, as SQL over a table."""
    if name.startswith("tag."):
        if "tags" not in branch.columns:
            return "CAST(NULL AS VARCHAR)"
        return f"tags[{parameters.bind(name.removeprefix('tag.'))}]"
    if name == "model":
        return _model(branch)
    return branch.column("user_id" if name == "user" else name)


def _model(branch: Branch) -> str:
    """Return `MODEL` over the columns that are filled."""
    names = [name for name in _MODEL_COLUMNS if name in branch.columns]
    return names[0] if len(names) == 1 else f"coalesce({', '.join([*names, 'NULL'])})"


def time_expression(name: str, moment: str, tz: str, parameters: Parameters) -> str:
    """Return the label of a day, week, month or hour in a zone, as SQL over a UTC timestamp."""
    if tz == "UTC":
        return _LABELS[name].format(local=moment, offset="'Z'")
    zone = parameters.bind(tz)
    local = f"timezone({zone}, timezone('UTC', {moment}))"
    return _LABELS[name].format(local=local, offset=_offset(local, moment))


def _offset(local: str, moment: str) -> str:
    """Return `+02:00`, so that the hour which occurs twice when clocks go back has two labels."""
    minutes = f"date_diff('minute', {moment}, {local})"
    return (
        f"printf('%s%02d:%02d', CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END, "
        f"abs({minutes}) // 60, abs({minutes}) % 60)"
    )


def filters(
    branch: Branch, window: Window, where: tuple[Condition, ...], tz: str, parameters: Parameters
) -> str:
    """Return what follows WHERE."""
    terms = [*_window_terms(window, parameters)]
    for condition in where:
        name = dimension_of(condition.dimension)
        if name in TIME_DIMENSIONS:
            expression = time_expression(name, "occurred_at", tz, parameters)
        else:
            expression = plain_expression(name, branch, parameters)
        terms.append(_condition(expression, condition, parameters))
    return " AND ".join(terms) or "true"


def _window_terms(window: Window, parameters: Parameters) -> list[str]:
    """Return the borders of a window as SQL; a row without a time is within none."""
    terms = []
    if window.since is not None:
        terms.append(f"occurred_at >= {parameters.bind(window.since)}")
    if window.until is not None:
        terms.append(f"occurred_at < {parameters.bind(window.until)}")
    return terms


def _condition(expression: str, condition: Condition, parameters: Parameters) -> str:
    wanted = [text for text in condition.patterns if not text.startswith("!")]
    refused = [text.removeprefix("!") for text in condition.patterns if text.startswith("!")]
    many = condition.dimension.startswith("tag.")
    hits = [_match(expression, text, parameters, many=many) for text in wanted]
    misses = [f"NOT {_match(expression, text, parameters, many=many)}" for text in refused]
    either = [f"({' OR '.join(hits)})"] if hits else []
    # `!*` refuses every value, and a row without one matches every negation all the same.
    refusal = [f"({expression} IS NULL OR ({' AND '.join(misses)}))"] if misses else []
    return " AND ".join(either + refusal) or "true"


def _match(expression: str, pattern: str, parameters: Parameters, *, many: bool) -> str:
    if pattern == "*":
        return "true"
    bound = parameters.bind(pattern)
    if many:
        return (
            f"coalesce({expression} GLOB {bound} OR len(list_filter("
            f"string_split({expression}, ','), lambda part: part GLOB {bound})) > 0, false)"
        )
    return f"coalesce({expression} GLOB {bound}, false)"
