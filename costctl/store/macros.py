"""The macros of statements that read records."""

import re

from costctl.store import compile_stage, compile_tags

_NAME = re.compile(r"TEMP MACRO (\w+)\(")


def _each() -> dict[str, str]:
    texts = (compile_tags.MACROS + compile_stage.MACROS).split(";\n")
    return {found[1]: text for text in texts if (found := _NAME.search(text))}


def macros_for(statement: str) -> list[str]:
    """Return what makes the macros that a statement calls, those that others call first.

    Each costs the engine a millisecond, and most formats need few. A rollback takes them back, so they are made
    for every statement anew.
    """
    made: dict[str, str] = {}
    _collect(statement, _each(), made)
    return list(made.values())


def _collect(text: str, known: dict[str, str], made: dict[str, str]) -> None:
    for name, sql in known.items():
        if name not in made and f"{name}(" in text:
            _collect(sql.replace(f"{name}(", "", 1), known, made)
            made[name] = sql
