"""Which price each distinct key of the usage has, and the part of the price table in use."""

from collections.abc import Iterable, Sequence

from costctl.errors import CostctlError
from costctl.pricebook import Key, Resolution, Resolved, resolve
from costctl.pricebook.tables import PRICE_BOOK, Row
from costctl.store.connection import Store
from costctl.store.prices import add_rows, fetch_rows, names_of
from costctl.store.rollup_columns import KEY_COLUMNS
from costctl.vocabulary import PRICE_BASES

RANK = {name: rank for rank, name in enumerate(PRICE_BASES)}

ANSWERS = (
    ("price_provider", "VARCHAR"),
    ("price_name", "VARCHAR"),
    ("price_region", "VARCHAR"),
    ("key_rank", "INTEGER"),
    ("key_reason", "VARCHAR"),
    ("hint", "VARCHAR"),
    ("provider_assumed", "BOOLEAN"),
    ("region_assumed", "BOOLEAN"),
    ("spare_provider", "VARCHAR"),
    ("spare_name", "VARCHAR"),
    ("spare_region", "VARCHAR"),
)
"""What `price_keys` says of a key; `spare_*` is the price of the fallback model."""


def same_key(left: str, right: str) -> str:
    """Return the join condition of two relations that hold the key columns."""
    return " AND ".join(
        f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in KEY_COLUMNS
    )


def resolve_keys(
    store: Store, relation: str, fallback: str | None = None, also: Sequence[str] = ()
) -> None:
    """Make the temp table `price_keys`, one row for each distinct key of a relation, and the prices in use.

    These are `book`, `book_steps` and `book_rates`: the price table of the names in use alone, and of the models
    named in `also`.
    """
    columns = ", ".join(KEY_COLUMNS)
    found = store.connection.execute(
        f"SELECT DISTINCT {columns} FROM {relation} ORDER BY ALL"
    ).fetchall()
    keys = [Key(**dict(zip(KEY_COLUMNS, row, strict=True))) for row in found]
    answer = answers(store, keys)
    spare = _spare(store, keys, fallback) if fallback else (Resolved(),) * len(keys)
    _keep(store, keys, answer.resolved, spare)
    others = _others(store, keys, also)
    _make_book(store, answer.book_rows, (*answer.resolved, *spare, *others))


def answers(store: Store, keys: Sequence[Key]) -> Resolution:
    """Return what keys are priced as."""

    def rows(provider: str, name: str) -> Sequence[Row]:
        return fetch_rows(store, "price_book", "(provider, name) = (?, ?)", (provider, name))

    return resolve(names_of(store), keys, rows)


def _spare(store: Store, keys: Sequence[Key], fallback: str) -> tuple[Resolved, ...]:
    """Return what the fallback model is priced as beside each key: of its own provider, else of the home provider."""
    near = answers(store, [Key(key.provider, fallback) for key in keys]).resolved
    home = answers(store, [Key(response_model=fallback)]).resolved[0]
    if home.reason and all(answer.reason for answer in near):
        raise CostctlError(
            f"--fallback-model: no price for {fallback!r}",
            hint=home.hint or "`costctl pricing list` shows the known models",
        )
    return tuple(home if answer.reason else answer for answer in near)


def _keep(
    store: Store, keys: Sequence[Key], answer: Sequence[Resolved], spare: Sequence[Resolved]
) -> None:
    columns = [*((name, "VARCHAR") for name in KEY_COLUMNS), *ANSWERS]
    stated = ", ".join(f"{name} {kind}" for name, kind in columns)
    store.connection.execute(f"CREATE OR REPLACE TEMP TABLE price_keys ({stated})")
    rows = [
        (*(getattr(key, name) for name in KEY_COLUMNS), *_answered(one), *_place(other))
        for key, one, other in zip(keys, answer, spare, strict=True)
    ]
    if rows:
        marks = ", ".join(f"({', '.join('?' * len(columns))})" for _ in rows)
        values = [value for row in rows for value in row]
        store.connection.execute(f"INSERT INTO price_keys VALUES {marks}", values)


def _answered(answer: Resolved) -> tuple[object, ...]:
    return (
        *_place(answer),
        RANK[answer.basis],
        answer.reason,
        answer.hint,
        answer.provider_assumed,
        answer.region_assumed,
    )


def _place(answer: Resolved) -> tuple[str | None, str | None, str | None]:
    if answer.reason:
        return None, None, None
    return answer.price_provider, answer.price_name, answer.price_region


def _others(store: Store, keys: Sequence[Key], also: Sequence[str]) -> Sequence[Resolved]:
    """Return all prices that a model may have beside these keys."""
    providers = sorted({key.provider for key in keys if key.provider})
    asked = [Key(provider, name) for name in also for provider in (None, *providers)]
    return answers(store, asked).resolved if asked else ()


def named(places: Iterable[tuple[str | None, str | None]]) -> list[str]:
    """Return what `IS_NAMED` compares with, for pairs of provider and name."""
    return sorted({f"{provider}\n{name}" for provider, name in places if name})


IS_NAMED = "list_contains($named, provider || chr(10) || name)"
"""Whether a row of the price book is of one of the names in use."""


def _make_book(store: Store, rows: Sequence[Row], answers: Iterable[Resolved]) -> None:
    run = store.connection.execute
    run(
        f"CREATE OR REPLACE TEMP TABLE book AS SELECT * FROM price_book WHERE {IS_NAMED}",
        {"named": named(_place(answer)[:2] for answer in answers)},
    )
    add_rows(store, PRICE_BOOK, rows, table="book")
    run(
        "CREATE OR REPLACE TEMP TABLE book_steps AS "
        "SELECT period, from_minute, variant FROM price_steps SEMI JOIN book USING (period)"
    )
    run(
        "CREATE OR REPLACE TEMP TABLE book_rates AS "
        "SELECT * EXCLUDE (file, line) FROM price_rates SEMI JOIN book_steps USING (variant)"
    )
