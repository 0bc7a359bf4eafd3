"""One pass over the rows: grouped by what is asked for and by what decides a price."""

import re
from dataclasses import replace
from weakref import WeakKeyDictionary

from costctl.dimensions import dimension_of
from costctl.record import BY_NAME
from costctl.store.connection import Store
from costctl.store.dimensions import (
    BRANCHES,
    TIME_DIMENSIONS,
    Branch,
    Parameters,
    filters,
    plain_expression,
    time_expression,
)
from costctl.store.kept import keep, kept, kept_before
from costctl.store.rollup_columns import KEY_COLUMNS, Grain, Slot, price_columns, prompt_size
from costctl.vocabulary import ALL_CLASSES, Query

Held = tuple[Branch, ...]
"""The tables that have rows, each without columns that hold nothing but defaults: a query leaves out what nobody logged."""

_STORED = frozenset(BY_NAME)
_OPTIONAL = (*KEY_COLUMNS, "units", "assumed", "prompt_tokens_from", "ended_at")


def held(store: Store) -> Held:
    """Look which tables have rows, and which of their columns have values."""
    some = ", ".join(f"EXISTS (FROM {branch.table})" for branch in BRANCHES)
    row = store.connection.execute(f"SELECT {some}").fetchone() or ()
    filled = [branch for branch, has_rows in zip(BRANCHES, row, strict=True) if has_rows]
    return tuple(_only_filled(store, branch) for branch in filled)


def _only_filled(store: Store, branch: Branch) -> Branch:
    """Return a table without the columns in which it has nothing but defaults."""
    if branch is BRANCHES[0]:
        # Every source fills its columns. Two questions that the engine answers from its notes on each part of the table.
        exists = f"EXISTS (FROM {branch.table} WHERE billable"
        tests = {"billable": f"{exists} = false) OR {exists} IS NULL)"}
        source = ""
    else:
        tests = {name: f"count({name}) > 0" for name in _OPTIONAL}
        tests["granularity"] = "count(*) FILTER (granularity = 'bucket') > 0"
        tests = {name: test for name, test in tests.items() if name in branch.columns}
        source = f" FROM {branch.table}"
    row = store.connection.execute(f"SELECT {', '.join(tests.values())}{source}").fetchone() or ()
    empty = {name for name, some in zip(tests, row, strict=True) if not some}
    return replace(branch, columns=branch.columns - empty)


def coarse_grain(query: Query) -> Grain:
    """Return the coarsest grain that the dimensions of a question allow."""
    times = TIME_DIMENSIONS.intersection(query.by)
    if times and query.tz != "UTC":
        return Grain(Slot.QUARTER)
    return Grain(Slot.HOUR if "hour" in times else Slot.DAY)


def scan_ahead(store: Store, query: Query) -> None:
    """Group the rows of the question that is asked next, before anything is known of its prices."""
    found, grain = held(store), coarse_grain(query)
    scan(store, query, grain, found)
    _ahead[store] = query, found


def scan_coarsely(store: Store, query: Query, grain: Grain) -> Held:
    """Make `rolled` unless that was done ahead; return what the tables hold."""
    done = _ahead.pop(store, None)
    # What prices are looked at decides nothing here.
    if done and replace(done[0], prices_at=None) == replace(query, prices_at=None):
        return done[1]
    found = held(store)
    scan(store, query, grain, found)
    return found


_ahead: WeakKeyDictionary[Store, tuple[Query, Held]] = WeakKeyDictionary()


def scan(store: Store, query: Query, grain: Grain, found: Held) -> None:
    """Make the temp table `rolled`: one row a group, `d0`, `d1`, ... being the dimensions asked for."""
    body, values = _body(query, grain, found)
    sql = f"SELECT row_number() OVER () AS group_id, * FROM ({body})"
    make = "CREATE OR REPLACE TEMP TABLE rolled AS"
    made = kept(store, sql, values)
    if made:
        store.connection.execute(f"{make} FROM {made}")
        return
    before = kept_before(store, sql, values)
    if before:
        table, last = before
        store.connection.execute(f"{make} FROM {table} LIMIT 0")
        added, _ = _body(query, grain, found, after=last)
        store.connection.execute(_joined(table, added, query), values)
    else:
        store.connection.execute(f"{make} {sql}", values)
    keep(store, sql, values, "rolled")


def _body(
    query: Query, grain: Grain, found: Held, *, after: int = 0
) -> tuple[str, dict[str, object]]:
    """Return the query over all tables, and its parameters; `after` is an ingest whose rows, and earlier ones, are left out."""
    parameters = Parameters()
    # Without any row there is still a table: an empty one.
    body = " UNION ALL ".join(
        _branch(branch, query, grain, parameters, after) for branch in found or BRANCHES[:1]
    )
    return body, parameters.values


def _joined(table: str, added: str, query: Query) -> str:
    """Return the statement that fills `rolled` with groups that were there before and those of added rows."""
    keys = [*price_columns(BRANCHES[-1], Grain(), Parameters())]
    keys += [f"d{number}" for number, _ in enumerate(query.by)]
    measures = [
        f'{_OVER_GROUPS.get(name, "sum")}("{name}") AS "{name}"' for name in _measures(BRANCHES[-1])
    ]
    listed = ", ".join([*(f'"{name}"' for name in keys), *measures])
    return (
        f"INSERT INTO rolled BY NAME SELECT row_number() OVER () AS group_id, * FROM (SELECT {listed} "
        f"FROM (SELECT * EXCLUDE (group_id) FROM {table} UNION ALL {added}) GROUP BY ALL)"
    )


_OVER_GROUPS = {"longest_prompt": "max", "first_at": "min", "last_at": "max"}
"""How a measure of several groups is made of theirs; the others are sums."""


def _branch(branch: Branch, query: Query, grain: Grain, parameters: Parameters, after: int) -> str:
    """Return the query over one table: what it stores is grouped, constants are added afterwards."""
    keys: dict[str, str] = {}
    outer = [
        f"{_typed(name, _grouped(expression, keys))} AS {name}"
        for name, expression in price_columns(branch, grain, parameters).items()
    ]
    outer += [
        f"{_dimension(name, query, keys, branch, parameters)} AS d{number}"
        for number, name in enumerate(query.by)
    ]
    measures = _measures(branch)
    outer += [name if "(" in sql else f"{sql} AS {name}" for name, sql in measures.items()]
    inner = [f"{expression} AS {alias}" for expression, alias in keys.items()]
    inner += [f"{sql} AS {name}" for name, sql in measures.items() if "(" in sql]
    within = filters(branch, query.window, query.where, query.tz, parameters)
    if after:
        within += f" AND ingest_id > {int(after)}"
    return (
        f"SELECT {', '.join(outer)} FROM "
        f"(SELECT {', '.join(inner)} FROM {branch.table} WHERE {within} GROUP BY ALL)"
    )


def _typed(name: str, expression: str) -> str:
    return f"CAST({expression} AS TIMESTAMP)" if name == "slot" else expression


def _grouped(expression: str, keys: dict[str, str]) -> str:
    """Return the name under which the inner query groups by an expression; a constant stays as it is."""
    if not _STORED.intersection(re.findall(r"\w+", expression)):
        return expression
    return keys.setdefault(expression, f"k{len(keys)}")


def _dimension(
    name: str,
    query: Query,
    keys: dict[str, str],
    branch: Branch,
    parameters: Parameters,
) -> str:
    if dimension_of(name) not in TIME_DIMENSIONS:
        return _grouped(plain_expression(name, branch, parameters), keys)
    slot = next(alias for expression, alias in keys.items() if "occurred_at" in expression)
    return time_expression(name, f"CAST({slot} AS TIMESTAMP)", query.tz, parameters)


def _measures(branch: Branch) -> dict[str, str]:
    """Return the sums of a group, by name."""
    counted = "requests" in branch.columns
    sums = {name: _sum(name, branch) for name in ALL_CLASSES}
    return {
        "rows": "count(*)",
        "requests": "coalesce(sum(requests), 0)" if counted else "rows",
        "uncounted": "count(*) - count(requests)" if counted else "0",
        "known_or_one": "sum(coalesce(requests, 1))" if counted else "rows",
        "errors": _where("requests", "status", "= 'error'", branch),
        "tokens_unknown": _where("coalesce(requests, 1)", "tokens_known", "= false", branch),
        **sums,
        "longest_prompt": f"max({prompt_size(branch)})",
        "logged_cost_usd": "sum(logged_cost_usd)",
        "first_at": "min(occurred_at)",
        "last_at": "max(occurred_at)",
    }


def _sum(name: str, branch: Branch) -> str:
    return f'coalesce(sum("{name}"), 0)' if name in branch.columns else "0::HUGEINT"


def _where(summed: str, column: str, condition: str, branch: Branch) -> str:
    """Return a sum over rows of which a column says something; none do where only its default is stored."""
    if column not in branch.columns:
        return "0"
    total = f"sum({summed})" if "requests" in branch.columns else "count(*)"
    return f"coalesce({total} FILTER ({column} {condition}), 0)"


def rows_sql(query: Query, found: Held, parameters: Parameters) -> str:
    """Return the query for single rows with the columns of `rolled`, and `event_key`."""
    return " UNION ALL ".join(
        _single(branch, query, parameters) for branch in found or BRANCHES[:1]
    )


def _single(branch: Branch, query: Query, parameters: Parameters) -> str:
    keys = price_columns(branch, Grain(Slot.EXACT), parameters)
    keys["step"] = prompt_size(branch)
    columns = [f"{expression} AS {name}" for name, expression in keys.items()]
    columns += [f'{branch.column(name)} AS "{name}"' for name in ALL_CLASSES]
    counted = "requests" in branch.columns
    columns += [
        "event_key",
        "1 AS rows",
        f"{'coalesce(requests, 0)' if counted else '1'} AS requests",
        f"{'CAST(requests IS NULL AS INTEGER)' if counted else '0'} AS uncounted",
    ]
    columns += [
        f"{_of_row(name, query, branch, parameters)} AS d{number}"
        for number, name in enumerate(query.by)
    ]
    within = filters(branch, query.window, query.where, query.tz, parameters)
    return f"SELECT {', '.join(columns)} FROM {branch.table} WHERE {within}"


def _of_row(name: str, query: Query, branch: Branch, parameters: Parameters) -> str:
    if dimension_of(name) in TIME_DIMENSIONS:
        return time_expression(name, "occurred_at", query.tz, parameters)
    return plain_expression(name, branch, parameters)
