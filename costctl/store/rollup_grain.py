"""How finely rows are grouped before they are priced: as coarsely as exactness allows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from costctl.store.connection import Store
from costctl.store.rollup_columns import Grain, Slot
from costctl.store.rollup_keys import resolve_keys, same_key
from costctl.store.rollup_price import price
from costctl.store.rollup_scan import coarse_grain, scan, scan_coarsely
from costctl.store.rollup_shape import Shape
from costctl.vocabulary import Query

_WITHIN = """len(list_filter(
    [valid_from, valid_to, first_seen],
    lambda moment: isfinite(moment) AND moment <> date_trunc('{unit}', moment)
)) > 0"""
"""Whether a price changes between two borders of days, or of minutes."""


class Rolled(NamedTuple):
    """How usage was grouped, and what pricing looked at."""

    grain: Grain
    shape: Shape


def roll(store: Store, query: Query, also: Sequence[str] | None = None) -> Rolled:
    """Make the temp tables `rolled` and `priced`: groups whose rows all have the same rates.

    The rows are read once where prices in use change only from day to day; where one has windows, prompt-size
    steps or lacks a class, they are read once more and grouped more finely. `also` names models whose windows
    and steps count, for every row, as if they were in use.
    """
    grain = coarse_grain(query)
    found = scan_coarsely(store, query, grain)
    resolve_keys(store, "rolled", query.fallback_model, also or ())
    finer = finer_grain(store, query, grain, everywhere=also is not None)
    if finer != grain:
        scan(store, query, finer, found)
    shape, mixed = price(store, query)
    if mixed:
        scan(store, query, replace(finer, classes=True), found)
        shape, _ = price(store, query)
    return Rolled(finer, shape)


def finer_grain(store: Store, query: Query, grain: Grain, *, everywhere: bool = False) -> Grain:
    """Return the grain that the prices in use need, for the models that need it or for every row."""
    own_time = "false" if query.prices_at else "true"
    row = store.connection.execute(
        "SELECT coalesce(bool_or(windowed), false), "
        f"coalesce(bool_or({own_time} AND {_WITHIN.format(unit='day')}), false), "
        f"coalesce(bool_or({own_time} AND {_WITHIN.format(unit='minute')}), false), "
        "(SELECT list_sort(list(DISTINCT min_prompt_tokens)) FROM book_rates WHERE min_prompt_tokens > 0 "
        "AND min_prompt_tokens <= (SELECT max(longest_prompt) FROM rolled)) FROM book"
    ).fetchone()
    *changes, steps = row or (False, False, False, None)
    stepped = replace(grain, thresholds=tuple(int(step) for step in steps or ()))
    slot = _fine_slot(*changes)
    if slot <= grain.slot:
        return stepped
    if everywhere:
        return replace(stepped, slot=slot)
    return replace(stepped, fine_slot=slot, fine_models=_fine_models(store))


def _fine_slot(windowed: bool, within_day: bool, within_minute: bool) -> Slot:  # noqa: FBT001 - a row of flags
    if within_minute:
        return Slot.EXACT
    return Slot.MINUTE if windowed or within_day else Slot.DAY


def _fine_models(store: Store) -> tuple[str, ...]:
    """Return the models, as logged, whose prices may change within a day."""
    rows = store.connection.execute(
        f"SELECT DISTINCT r.model FROM rolled AS r JOIN price_keys AS k ON {same_key('r', 'k')} "
        "JOIN book AS b ON (b.provider, b.name) IN "
        "((k.price_provider, k.price_name), (k.spare_provider, k.spare_name)) "
        f"WHERE (b.windowed OR {_WITHIN.format(unit='day')}) AND r.model IS NOT NULL ORDER BY ALL"
    ).fetchall()
    return tuple(str(row[0]) for row in rows)
