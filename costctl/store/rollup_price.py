"""Exact money: rows, or groups of rows that share their rates, joined to the prices in force."""

from collections.abc import Sequence

from costctl.store.connection import Store
from costctl.store.rollup_columns import KEY_COLUMNS
from costctl.store.rollup_keys import ANSWERS, RANK, same_key
from costctl.store.rollup_shape import TERMS, Shape, shape_of
from costctl.vocabulary import Query

_ZERO = "CAST(0 AS DECIMAL(38, 18))"

_WINDOWED = """
            SELECT c.* EXCLUDE (local_at, local_minute), s.variant
            FROM (
                SELECT
                    *,
                    CASE
                        WHEN NOT windowed THEN -1
                        WHEN list_contains(except_dates, CAST(local_at AS DATE)) THEN -1
                        ELSE (isodow(local_at) - 1) * 1440 + hour(local_at) * 60 + minute(local_at)
                    END AS local_minute
                FROM (
                    SELECT
                        *,
                        CASE WHEN windowed THEN timezone(tz, timezone('UTC', slot)) END AS local_at
                    FROM ({dated})
                )
            ) AS c
            ASOF LEFT JOIN book_steps AS s
                ON c.period = s.period AND c.local_minute >= s.from_minute
        """
"""Which variant of a price set holds, where it may be the one of a minute of the local week."""

_OWN = ("n.price_provider", "n.price_name", "n.price_region", "n.key_rank", "n.key_reason")
SPARE_NAME = ("n.spare_provider", "n.spare_name", "n.spare_region", str(RANK["fallback"]), "NULL")


def price(store: Store, query: Query, into: str = "priced") -> tuple[Shape, bool]:
    """Make a temp table of the groups of `rolled` with their cost, basis and reason.

    Return what was looked at, and whether a group without a rate for some class may hold rows that do not need it.
    """
    shape = shape_of(store)
    keyed = (
        f"SELECT r.*, k.* EXCLUDE ({', '.join(KEY_COLUMNS)}) "
        f"FROM rolled AS r JOIN price_keys AS k ON {same_key('r', 'k')}"
    )
    store.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {into} AS {priced_sql(keyed, shape)}",
        {"prices_at": query.prices_at},
    )
    if query.fallback_model:
        _price_by_spare(store, query, shape, into)
    absent, mixed = store.connection.execute(
        "SELECT bool_or(reason = 'no_price_at_date'), "
        f"bool_or(reason = 'no_class_price' AND classes = 0 AND rows > 1) FROM {into}"
    ).fetchone() or (False, False)
    if absent:
        _explain_absent(store, into)
    return shape, bool(mixed)


def _price_by_spare(store: Store, query: Query, shape: Shape, into: str) -> None:
    """Price what is wholly unpriced by the name that the user gave; what that does not price stays as it was."""
    run = store.connection.execute
    columns = [str(row[0]) for row in run("SELECT * FROM rolled LIMIT 0").description or ()]
    names = ", ".join(f'"{name}"' for name in (*columns, *(name for name, _ in ANSWERS)))
    unpriced = f"rank = {RANK['unpriced']}"
    source = f"SELECT {names} FROM {into} WHERE {unpriced} AND spare_name IS NOT NULL"
    run(
        f"CREATE OR REPLACE TEMP TABLE spared AS {priced_sql(source, shape, names=SPARE_NAME)}",
        {"prices_at": query.prices_at},
    )
    run(f"DELETE FROM spared WHERE {unpriced}")
    run(f"DELETE FROM {into} WHERE group_id IN (SELECT group_id FROM spared)")
    run(f"INSERT INTO {into} SELECT * FROM spared")


def _explain_absent(store: Store, table: str) -> None:
    """Say more exactly why a known name has no price set: no such region, no such tier, or not at that time."""
    same = "(b.provider, b.name, b.region) = (p.price_provider, p.price_name, p.price_region)"
    then = "p.priced_at >= b.valid_from AND p.priced_at < b.valid_to"
    store.connection.execute(
        f"UPDATE {table} AS p SET reason = CASE "
        f"WHEN NOT EXISTS (FROM book AS b WHERE {same}) THEN 'no_region_price' "
        f"WHEN EXISTS (FROM book AS b WHERE {same} AND {then}) THEN 'no_tier_price' "
        "ELSE reason END WHERE reason = 'no_price_at_date'"
    )


def priced_sql(source: str, shape: Shape, *, names: tuple[str, ...] = _OWN) -> str:
    """Return the query that prices a relation with the columns of `rolled` and the answers of `price_keys`.

    Periods and prompt-size steps do not overlap, so at most one price is found: by the date, by the minute of a
    window, by the prompt size. A term counts as missing, and never as 0, where its class has tokens but no rate.
    """
    *place, rank, reason = names
    moved = f"SELECT *, coalesce($prices_at, slot) AS priced_at FROM ({source})"
    variant = _of_week(moved, place, shape) if shape.windowed else _of_base(moved, place, shape)
    return f"""
        WITH rated AS ({variant})
        SELECT
            n.*,
            {"" if shape.discounts else "cost_usd AS list_cost_usd,"}
            {_reason(reason)} AS reason,
            {_rank(rank)} AS rank,
            {_OF_BUCKETS if shape.buckets else "false AS tiered, false AS spans_change"}
        FROM rated AS n
    """


_OF_BUCKETS = """
            variant IN (SELECT variant FROM book_rates WHERE min_prompt_tokens > 0) AS tiered,
            bucket AND coalesce(
                ($prices_at IS NULL AND ends_at > valid_to) OR (windowed AND ends_at IS NULL)
                OR (windowed AND ends_at > slot + INTERVAL 1 MINUTE),
                false
            ) AS spans_change"""

_PERIOD = """
                b.period,
                b.valid_to,
                b.first_seen,
                b.windowed,
                b.tz,
                b.except_dates,
                b.basis AS book_basis,
                b.model AS price_model"""


def _of_base(moved: str, place: Sequence[str], shape: Shape) -> str:
    """Return the query for what each group costs where no price in use has day windows."""
    return f"""
            SELECT n.*, {_PERIOD}, s.variant, {_rated(shape)}
            FROM ({moved}) AS n
            {_book(place)}
            LEFT JOIN book_steps AS s ON b.period = s.period AND s.from_minute = -1
            {_rates("s")}"""


def _of_week(moved: str, place: Sequence[str], shape: Shape) -> str:
    """Return the query for what each group costs where the minute of the local week counts."""
    dated = f"SELECT n.*, {_PERIOD} FROM ({moved}) AS n {_book(place)}"
    return f"""
            SELECT n.*, {_rated(shape)}
            FROM ({_WINDOWED.format(dated=dated)}) AS n
            {_rates("n")}"""


def _book(place: Sequence[str]) -> str:
    """Return the join with the period of the price book that holds at each group's time."""
    provider, name, region = place
    return f"""
            LEFT JOIN book AS b
                ON {provider} = b.provider
                AND {name} = b.name
                AND {region} = b.region
                AND n.tier = b.tier
                AND n.priced_at >= b.valid_from
                AND n.priced_at < b.valid_to"""


def _rates(variant: str) -> str:
    return f"""
            LEFT JOIN book_rates AS r
                ON {variant}.variant = r.variant
                AND n.step >= r.min_prompt_tokens
                AND n.step < r.below_prompt_tokens"""


def _rated(shape: Shape) -> str:
    """Return the columns that say what each group costs, and which of its tokens have a rate."""
    listed = f"{_cost(shape, 'list_')} AS list_cost_usd," if shape.discounts else ""
    return f"""
                {_cost(shape, "")} AS cost_usd,
                {listed}
                {_any(shape, "AND r.{0} IS NOT NULL")}
                OR (r.request IS NOT NULL AND n.requests > 0) {_units_known(shape)} AS has_price,
                {_any(shape, "AND r.{0} IS NULL")} {_units_missing(shape)} AS lacks_price,
                {_any(shape, "AND list_contains(r.inherited, '{0}')")} AS inherits,
                {_missing(shape)} AS missing_tokens"""


def _reason(key_reason: str) -> str:
    """Return why tokens of a group lack a price; NULL where none does."""
    return f"""CASE
                WHEN NOT lacks_price THEN NULL
                WHEN priced_at IS NULL THEN 'undated'
                WHEN {key_reason} IS NOT NULL THEN {key_reason}
                WHEN period IS NULL THEN 'no_price_at_date'
                WHEN variant IS NULL THEN 'undated'
                ELSE 'no_class_price'
            END"""


def _rank(key_rank: str) -> str:
    """Return the weakest basis that applied; a row without tokens has none to speak of."""
    return f"""CASE
                WHEN NOT has_price AND NOT lacks_price THEN {RANK["exact"]}
                WHEN lacks_price AND NOT has_price THEN {RANK["unpriced"]}
                WHEN lacks_price THEN {RANK["partial"]}
                ELSE greatest(
                    {key_rank},
                    CASE book_basis WHEN 'alias' THEN {RANK["alias"]}
                        WHEN 'deployment' THEN {RANK["deployment"]}
                        WHEN 'fixed' THEN {RANK["fixed"]} ELSE 0 END,
                    CASE WHEN priced_at < first_seen THEN {RANK["assumed_start"]} ELSE 0 END,
                    CASE WHEN inherits THEN {RANK["inherited"]} ELSE 0 END
                )
            END"""


def _cost(shape: Shape, prefix: str) -> str:
    """Return the sum of all terms that have a price; `list_` is the prefix of rates before discounts."""
    terms = [
        f"CASE WHEN {TERMS[name]} = 0 OR r.{prefix}{name} IS NULL THEN {_ZERO} "
        f"ELSE {TERMS[name]} * r.{prefix}{name} END"
        for name in shape.classes
    ]
    terms.append(
        f"CASE WHEN r.{prefix}request IS NULL OR NOT (n.billable OR n.cache_hit) THEN {_ZERO} "
        f"ELSE n.requests * r.{prefix}request END"
    )
    if shape.units:
        terms.append(
            "coalesce(list_sum(list_transform(map_entries(n.units), "
            f"lambda e: (e.value * n.rows) * r.{prefix}units[e.key])), {_ZERO})"
        )
    return " + ".join(terms)


def _missing(shape: Shape) -> str:
    terms = (f"CASE WHEN r.{name} IS NULL THEN {TERMS[name]} ELSE 0 END" for name in shape.classes)
    return " + ".join(("0", *terms))


def _any(shape: Shape, condition: str) -> str:
    terms = (f"({TERMS[name]} > 0 {condition.format(name)})" for name in shape.classes)
    return f"coalesce({' OR '.join(('false', *terms))}, false)"


def _units_known(shape: Shape) -> str:
    return _units(shape, "IS NOT NULL")


def _units_missing(shape: Shape) -> str:
    return _units(shape, "IS NULL")


def _units(shape: Shape, condition: str) -> str:
    if not shape.units:
        return ""
    return (
        "OR coalesce(len(list_filter(map_entries(n.units), "
        f"lambda e: e.value > 0 AND r.units[e.key] {condition})) > 0, false)"
    )
