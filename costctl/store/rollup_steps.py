"""Which prompt sizes tell the groups of a projection apart."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from costctl.store.compile_tree import lit
from costctl.store.connection import Store


class Steps(NamedTuple):
    """Prompt sizes that tell groups apart.

    Attributes:
        all: those by which rows were kept apart, for whichever model.
        own: provider and name of a price -> those at which it changes.
        also: those at which prices change that usage may move to.
    """

    all: tuple[int, ...]
    own: Mapping[tuple[str, str], tuple[int, ...]]
    also: tuple[int, ...]


def steps_of(store: Store, thresholds: tuple[int, ...], also: Sequence[str]) -> Steps:
    """Return which sizes matter to whom: what another model's price does at one splits nobody's group."""
    if not thresholds:
        return Steps((), {}, ())
    rows = store.connection.execute(
        "SELECT b.provider, b.name, list_sort(list(DISTINCT r.min_prompt_tokens)) FROM book AS b "
        "JOIN book_steps AS s USING (period) JOIN book_rates AS r USING (variant) "
        "WHERE r.min_prompt_tokens > 0 GROUP BY b.provider, b.name ORDER BY ALL"
    ).fetchall()
    own = {(str(row[0]), str(row[1])): tuple(int(size) for size in row[2]) for row in rows}
    used = store.connection.execute("SELECT DISTINCT price_name FROM repriced").fetchall()
    mine = {name for (name,) in used}
    asked = [name.lower() for name in also]
    theirs = {
        size
        for (_, name), sizes in own.items()
        if name not in mine or any(one == name or one.endswith(f"/{name}") for one in asked)
        for size in sizes
    }
    return Steps(thresholds, own, tuple(sorted(theirs)))


def step_sql(column: str, places: Sequence[str], steps: Steps) -> str:
    """Return the size step of a group as SQL: the largest one that matters to its price, or to where it may move."""
    if not steps.all:
        return column
    cases = [
        f"WHEN {places[0]} = {lit(provider)} AND {places[1]} = {lit(name)} "
        f"THEN {_floor(column, (*sizes, *steps.also))}"
        for (provider, name), sizes in steps.own.items()
    ]
    other = _floor(column, steps.also)
    return f"CASE {' '.join(cases)} ELSE {other} END" if cases else other


def _floor(column: str, sizes: Sequence[int]) -> str:
    cases = " ".join(f"WHEN {column} >= {n} THEN {n}" for n in sorted(set(sizes), reverse=True))
    return f"CASE {cases} ELSE 0 END" if cases else "0"
