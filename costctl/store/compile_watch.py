"""Whether a line is of the format that reads it, asked while it is read."""

from costctl.formats._base import Format, Path
from costctl.store.compile_paths import Document, Documents, NeedsWholeError, paths_in
from costctl.store.compile_values import Values


def watchable(form: Format) -> bool:
    """Return whether a statement can ask each line of a file what detection asks the first ones."""
    rule = form.recognise
    if rule is None or not rule.has or form.explode or form.unwrap or form.parse:
        return False
    return all(_is_plain(path) for path in paths_in((rule.has, rule.has_any, rule.test)))


def want_watched(documents: Documents) -> None:
    """Have a record hold what its format is recognised by, besides what is read of it."""
    line = documents.levels[0]
    rule = documents.form.recognise
    for path in paths_in(rule):
        if line.tree.at(path.keys) is None:
            line.tree.want(path.keys)


def stranger(documents: Documents, values: Values) -> str:
    """Return the test that a line may be of another format, as SQL; a key whose value is null counts as missing."""
    line, rule = documents.levels[0], documents.form.recognise
    assert rule is not None  # noqa: S101 - asked before
    tests = [_is_there(line, path) for path in rule.has]
    if rule.has_any:
        tests.append("(" + " OR ".join(_is_there(line, path) for path in rule.has_any) + ")")
    if rule.test is not None:
        tests.append(values.test(rule.test))
    return f"NOT coalesce({' AND '.join(tests)}, false)"


def _is_plain(path: Path) -> bool:
    named = all(isinstance(key, str) for key in path.keys)
    return bool(path.keys) and named and not (path.up or path.attributes)


def _is_there(line: Document, path: Path) -> str:
    found = line.there(path.keys)
    if found is None:
        raise NeedsWholeError
    return found
