"""A declaration in words: what recognises a format, and what a record lacks to be one."""

from collections.abc import Sequence

from costctl.formats._base import Format, Predicate
from costctl.formats.evaluate import found, holds


def recognised_by(form: Format) -> str:
    """Return what recognises a format, in one line."""
    rule = form.recognise
    if rule is None:
        return "only by name"
    parts = []
    if rule.tables:
        parts.append("SQLite table " + ", ".join(rule.tables))
    if rule.has:
        parts.append("keys " + ", ".join(str(path) for path in rule.has))
    if rule.has_any:
        parts.append("one of " + ", ".join(str(path) for path in rule.has_any))
    if rule.test is not None:
        parts.append(words(rule.test))
    if rule.text:
        parts.append("log lines that hold such a record")
    return "; ".join(parts)


def words(test: Predicate) -> str:
    """Return a test in words."""
    if test.kind in {"all", "any"}:
        joiner = " and " if test.kind == "all" else " or "
        inner = [words(part) for part in test.of]
        return joiner.join(f"({w})" if joiner != " and " and " and " in w else w for w in inner)
    if test.kind == "not":
        return f"not {words(test.of[0])}"
    paths = " or ".join(str(path) for path in test.paths)
    values = ", ".join(test.values)
    return {
        "has": f"key {paths}",
        "filled": f"{paths} filled",
        "in": f"{paths} = {values}",
        "matches": f"{paths} like {values}",
        "at_least": f"{paths} >= {values}",
    }[test.kind]


def lacking(form: Format, records: Sequence[object]) -> tuple[str, ...] | None:
    """Return what the first record that comes closest to a format lacks; None where nothing of it is there."""
    rule = form.recognise
    if rule is None or rule.tables or not rule.has:
        return None
    best: tuple[str, ...] | None = None
    for record in records:
        missing = [str(p) for p in rule.has if not found(record, p, fold=True)]
        if len(missing) == len(rule.has):
            continue
        if rule.test is not None and not holds(rule.test, record, fold=True):
            missing.append(words(rule.test))
        if best is None or len(missing) < len(best):
            best = tuple(missing)
    return best
