"""The user's rules for endpoints as SQL over the typed values of a record."""

import re
from collections.abc import Sequence

from costctl.formats._base import Expression
from costctl.formats._path import parse_path
from costctl.formats.rules import EndpointRule
from costctl.store.compile import Statement
from costctl.store.compile_tree import lit

MODELS = ("response_model", "requested_model", "deployment")
TAG = "tag."
NONE = "CAST(NULL AS VARCHAR)"


def endpoint_sql(
    statement: Statement, rules: Sequence[EndpointRule], first: Expression = ()
) -> str | None:
    """Return the endpoint of a record: `first` if filled, else the first rule, else what the format says.

    None where the user says nothing.
    """
    if not rules and not first:
        return None
    parts = [statement.values.text(first)] if first else []
    whens = [
        "WHEN "
        + " AND ".join(_match(statement, f, g) for f, g in rule.when)
        + f" THEN {lit(rule.name)}"
        for rule in rules
    ]
    if whens:
        parts.append(f"CASE {' '.join(whens)} END")
    parts.append(_column(statement, "endpoint") or NONE)
    return f"coalesce({', '.join(parts)})"


def _match(statement: Statement, field: str, glob: str) -> str:
    text = _text(statement, field)
    negated = glob.startswith("!")
    test = f"coalesce(regexp_full_match({text}, {lit(pattern(glob.removeprefix('!')))}), false)"
    return f"NOT {test}" if negated else test


def _text(statement: Statement, field: str) -> str:
    if field == "model":
        known = [column for name in MODELS if (column := _column(statement, name))]
        return f"coalesce({', '.join([*known, NONE])})"
    if field.startswith(TAG):
        has = "c_tags" in statement.layers.typed
        return f"c_tags[{lit(field.removeprefix(TAG))}]" if has else NONE
    return _column(statement, field) or statement.values.documents.text(parse_path(field))


def _column(statement: Statement, name: str) -> str:
    made = f"c_{name}"
    return f"CAST({made} AS VARCHAR)" if made in statement.layers.typed else ""


def pattern(glob: str) -> str:
    """Return a glob (`*`, `?`) as a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob)
