"""Figures that need every row's own price: percentiles."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from costctl.store.connection import Store
from costctl.store.dimensions import Parameters
from costctl.store.rollup_columns import KEY_COLUMNS
from costctl.store.rollup_grain import roll
from costctl.store.rollup_keys import ANSWERS, RANK, same_key
from costctl.store.rollup_price import SPARE_NAME, priced_sql
from costctl.store.rollup_scan import held, rows_sql
from costctl.store.rollup_shape import shape_of
from costctl.vocabulary import ALL_CLASSES, PROMPT_CLASSES, Query


class Percentiles(NamedTuple):
    """Nearest-rank percentiles over the billable request rows of a group, each as (p50, p90, p99).

    Attributes:
        input_tokens: prompt sizes.
        output_tokens: output.
        cost_usd: over priced rows; None where there is none.
    """

    input_tokens: tuple[int, int, int]
    output_tokens: tuple[int, int, int]
    cost_usd: tuple[Decimal, Decimal, Decimal] | None


def row_percentiles(store: Store, query: Query) -> dict[tuple[object, ...], Percentiles]:
    """Return percentiles per group; buckets have no single requests and are left out."""
    roll(store, query)
    parameters = Parameters()
    rows = priced_rows_sql(store, query, parameters)
    dims = "".join(f"d{number}, " for number in range(len(query.by)))
    found = store.connection.execute(
        f"SELECT {dims}"
        f"quantile_disc({' + '.join(PROMPT_CLASSES)}, [0.5, 0.9, 0.99]), "
        "quantile_disc(output, [0.5, 0.9, 0.99]), "
        "quantile_disc(cost_usd, [0.5, 0.9, 0.99]) FILTER (has_price AND NOT lacks_price) "
        f"FROM ({rows}) WHERE billable AND NOT bucket GROUP BY ALL",
        parameters.values,
    ).fetchall()
    return {
        tuple(row[:-3]): Percentiles(_three(row[-3]), _three(row[-2]), _costs(row[-1]))
        for row in found
    }


def priced_rows_sql(store: Store, query: Query, parameters: Parameters) -> str:
    """Return the query for single rows with their cost; their groups must have been rolled before."""
    found, shape = held(store), shape_of(store)
    parameters.values["prices_at"] = query.prices_at
    source = (
        f"SELECT r.*, k.* EXCLUDE ({', '.join(KEY_COLUMNS)}) "
        f"FROM ({rows_sql(query, found, parameters)}) AS r "
        f"JOIN price_keys AS k ON {same_key('r', 'k')}"
    )
    own = priced_sql(source, shape)
    if not query.fallback_model:
        return own
    columns = ", ".join((*_row_columns(query), *(name for name, _ in ANSWERS)))
    unpriced = f"SELECT {columns} FROM own WHERE rank = {RANK['unpriced']}"
    return (
        f"WITH own AS MATERIALIZED ({own}) SELECT * FROM own WHERE rank <> {RANK['unpriced']} "
        f"UNION ALL SELECT * FROM ({priced_sql(unpriced, shape, names=SPARE_NAME)})"
    )


def _row_columns(query: Query) -> Sequence[str]:
    """Return the columns of a row before it has a price, in their order."""
    return (
        *KEY_COLUMNS,
        *("tier", "billable", "cache_hit", "model", "bucket", "slot", "ends_at", "prompt_known"),
        *("step", "classes", "units", "assumed"),
        *(f'"{name}"' for name in ALL_CLASSES),
        *("event_key", "rows", "requests", "uncounted"),
        *(f"d{number}" for number in range(len(query.by))),
    )


def _three(values: Sequence[int]) -> tuple[int, int, int]:
    first, second, third = values
    return int(first), int(second), int(third)


def _costs(values: Sequence[Decimal] | None) -> tuple[Decimal, Decimal, Decimal] | None:
    if values is None:
        return None
    first, second, third = values
    return first, second, third
