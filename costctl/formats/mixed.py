"""Files that hold records of several formats: each line is read by the format that it belongs to."""

from collections.abc import Sequence
from dataclasses import replace

from costctl.formats._base import EACH, Format, Path, Predicate

JSON = ("jsonl", "json")
PAGE = "records"
"""Where a page has its records that may be of several formats."""

MOST = 8
"""Formats of one file; more are no log."""


def shared_out(best: Format, others: Sequence[Format]) -> tuple[Format, ...]:
    """Return formats that read one file without reading a line twice.

    The best one takes what it recognises and what nobody does; the others, each in its turn, what they recognise.
    """
    own = takes(best)
    rest = Predicate("not", (Predicate("any", tuple(takes(form) for form in others)),))
    found = [replace(best, lines=Predicate("any", (own, rest)))]
    before = [_alone(best)]
    for form in others:
        mine = takes(form)
        free = Predicate("not", (Predicate("any", tuple(before)),))
        found.append(replace(form, lines=Predicate("all", (mine, free))))
        before.append(_alone(form))
    return tuple(found)


def share_pages(*forms: Format) -> bool:
    """Return whether formats read what is theirs from the same pages."""
    return all(form.recognise is not None and form.recognise.shared for form in forms)


def _alone(form: Format) -> Predicate:
    """Return the test that no other format shall read a line: what is no page, where pages may be shared."""
    return _without_pages(takes(form)) if share_pages(form) else takes(form)


def _without_pages(test: Predicate) -> Predicate:
    """Return a test that no page passes which is recognised by what it holds."""
    of = tuple(_without_pages(part) for part in test.of if not _asks_for_page(part))
    return replace(test, of=of)


def _asks_for_page(test: Predicate) -> bool:
    return test.kind == "has" and any(path.keys == (PAGE,) for path in test.paths)


def takes(form: Format) -> Predicate:
    """Return the test that a line, or what a wrapper in it holds, is of a format."""
    plain = _rule(form, ())
    wrapped = [_rule(form, path.keys) for path in form.unwrap]
    return Predicate("any", (plain, *wrapped))


def _rule(form: Format, inside: tuple[str | int, ...]) -> Predicate:
    rule = form.recognise
    if rule is None:
        return Predicate("any")
    parts = [Predicate("has", paths=(path,)) for path in rule.has]
    if rule.has_any:
        parts.append(Predicate("any", tuple(Predicate("has", paths=(p,)) for p in rule.has_any)))
    if rule.test is not None:
        parts.append(rule.test)
    return _moved(Predicate("all", tuple(parts)), inside)


def _moved(test: Predicate, inside: tuple[str | int, ...]) -> Predicate:
    """Return a test with its paths looked up inside a wrapper; of `[*]` only what stands before it is asked."""
    paths = tuple(Path((*inside, *path.keys), path.up, path.attributes) for path in test.paths)
    if any(EACH in path.keys for path in paths):
        plain = tuple(path for path in paths if EACH not in path.keys)
        cut = tuple(Path(_before_each(path.keys)) for path in paths if EACH in path.keys)
        pages = tuple(Predicate("has", paths=(path,)) for path in cut)
        return Predicate("any", (*((replace(test, paths=plain),) if plain else ()), *pages))
    return replace(test, of=tuple(_moved(part, inside) for part in test.of), paths=paths)


def _before_each(keys: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return keys[: keys.index(EACH)] if EACH in keys else keys
