"""Exact money: rows, or groups of rows that share their rates, joined to the prices in force."""

from costctl.store.connection import Store
from costctl.store.rollup_keys import ANSWERS, RANK, same_key
from costctl.store.rollup_scan import KEY_COLUMNS
from costctl.vocabulary import Query

_TERMS = {
    "input": "n.input_uncached",
    "cache_read": "n.cache_read",
    "cache_write": "(n.cache_write - n.cache_write_long)",
    "cache_write_long": "n.cache_write_long",
    "output": "(n.output - n.reasoning)",
    "reasoning": "n.reasoning",
    "audio_input": "n.audio_input",
    "audio_output": "n.audio_output",
    "image_input": "n.image_input",
    "image_output": "n.image_output",
}
"""Price class -> the tokens that it bills."""

_ZERO = "CAST(0 AS DECIMAL(38, 18))"
_OWN = ("n.price_provider", "n.price_name", "n.price_region", "n.key_rank", "n.key_reason")
SPARE_NAME = ("n.spare_provider", "n.spare_name", "n.spare_region", str(RANK["fallback"]), "NULL")


def price(store: Store, query: Query, *, units: bool, into: str = "priced") -> None:
    """Make a temp table of the groups of `rolled` with their cost, basis and reason.

    `units` tells that some row has billed things which are not tokens.
    """
    keyed = (
        f"SELECT r.*, k.* EXCLUDE ({', '.join(KEY_COLUMNS)}) "
        f"FROM rolled AS r JOIN price_keys AS k ON {same_key('r', 'k')}"
    )
    store.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {into} AS {priced_sql(keyed, units=units)}",
        {"prices_at": query.prices_at},
    )
    if query.fallback_model:
        _price_by_spare(store, query, into, units=units)
    _explain_absent(store, into)


def _price_by_spare(store: Store, query: Query, into: str, *, units: bool) -> None:
    """Price what is wholly unpriced by the name that the user gave; what that does not price stays as it was."""
    run = store.connection.execute
    columns = [str(row[0]) for row in run("SELECT * FROM rolled LIMIT 0").description or ()]
    names = ", ".join(f'"{name}"' for name in (*columns, *(name for name, _ in ANSWERS)))
    unpriced = f"rank = {RANK['unpriced']}"
    source = f"SELECT {names} FROM {into} WHERE {unpriced} AND spare_name IS NOT NULL"
    run(
        f"CREATE OR REPLACE TEMP TABLE spared AS {priced_sql(source, names=SPARE_NAME, units=units)}",
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


def priced_sql(source: str, *, names: tuple[str, ...] = _OWN, units: bool = False) -> str:
    """Return the query that prices a relation with the columns of `rolled` and the answers of `price_keys`.

    An ASOF join takes one inequality, so there are three: the date, the minute of a window, the prompt size.
    A term is NULL, and never 0, where its class has tokens but no rate.
    """
    provider, name, region, rank, reason = names
    return f"""
        WITH moved AS (SELECT *, coalesce($prices_at, slot) AS priced_at FROM ({source})),
        dated AS (
            SELECT
                n.*,
                CASE WHEN n.priced_at < b.valid_to THEN b.period END AS period,
                b.valid_to,
                b.first_seen,
                b.windowed,
                b.tz,
                b.except_dates,
                b.basis AS book_basis,
                b.model AS price_model
            FROM moved AS n
            ASOF LEFT JOIN book AS b
                ON {provider} = b.provider
                AND {name} = b.name
                AND {region} = b.region
                AND n.tier = b.tier
                AND n.priced_at >= b.valid_from
        ),
        local AS (
            SELECT *, CASE WHEN windowed THEN timezone(tz, timezone('UTC', slot)) END AS local_at
            FROM dated
        ),
        clocked AS (
            SELECT
                *,
                CASE
                    WHEN NOT windowed THEN -1
                    WHEN list_contains(except_dates, CAST(local_at AS DATE)) THEN -1
                    ELSE (isodow(local_at) - 1) * 1440 + hour(local_at) * 60 + minute(local_at)
                END AS local_minute
            FROM local
        ),
        stepped AS (
            SELECT c.*, s.variant
            FROM clocked AS c
            ASOF LEFT JOIN book_steps AS s
                ON c.period = s.period AND c.local_minute >= s.from_minute
        ),
        rated AS (
            SELECT
                n.*,
                {_sum("")} {_units("", units=units)} {_request("")} AS cost_usd,
                {_sum("list_")} {_units("list_", units=units)} {_request("list_")} AS list_cost_usd,
                {_any("AND r.{0} IS NOT NULL")}
                OR (r.request IS NOT NULL AND n.requests > 0) {_units_known(units=units)} AS has_price,
                {_any("AND r.{0} IS NULL")} {_units_missing(units=units)} AS lacks_price,
                {_any("AND list_contains(r.inherited, '{0}')")} AS inherits,
                {_missing()} AS missing_tokens
            FROM stepped AS n
            ASOF LEFT JOIN book_rates AS r
                ON n.variant = r.variant AND n.step >= r.min_prompt_tokens
        )
        SELECT
            n.*,
            CASE
                WHEN NOT lacks_price THEN NULL
                WHEN priced_at IS NULL THEN 'undated'
                WHEN {reason} IS NOT NULL THEN {reason}
                WHEN period IS NULL THEN 'no_price_at_date'
                WHEN variant IS NULL THEN 'undated'
                ELSE 'no_class_price'
            END AS reason,
            {_rank(rank)} AS rank,
            variant IN (SELECT variant FROM book_rates WHERE min_prompt_tokens > 0) AS tiered,
            bucket AND coalesce(
                ($prices_at IS NULL AND ends_at > valid_to) OR (windowed AND ends_at IS NULL)
                OR (windowed AND ends_at > slot + INTERVAL 1 MINUTE),
                false
            ) AS spans_change
        FROM rated AS n
    """


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


def _sum(prefix: str) -> str:
    return " + ".join(
        f"CASE WHEN {tokens} = 0 OR r.{prefix}{name} IS NULL THEN {_ZERO} "
        f"ELSE {tokens} * r.{prefix}{name} END"
        for name, tokens in _TERMS.items()
    )


def _missing() -> str:
    return " + ".join(
        f"CASE WHEN r.{name} IS NULL THEN {tokens} ELSE 0 END" for name, tokens in _TERMS.items()
    )


def _any(condition: str) -> str:
    terms = (f"({tokens} > 0 {condition.format(name)})" for name, tokens in _TERMS.items())
    return f"coalesce({' OR '.join(terms)}, false)"


def _request(prefix: str) -> str:
    return (
        f"+ CASE WHEN r.{prefix}request IS NULL OR NOT (n.billable OR n.cache_hit) THEN {_ZERO} "
        f"ELSE n.requests * r.{prefix}request END"
    )


def _units(prefix: str, *, units: bool) -> str:
    if not units:
        return ""
    return (
        "+ coalesce(list_sum(list_transform(map_entries(n.units), "
        f"lambda e: (e.value * n.rows) * r.{prefix}units[e.key])), {_ZERO})"
    )


def _units_known(*, units: bool) -> str:
    if not units:
        return ""
    return (
        "OR coalesce(len(list_filter(map_entries(n.units), "
        "lambda e: e.value > 0 AND r.units[e.key] IS NOT NULL)) > 0, false)"
    )


def _units_missing(*, units: bool) -> str:
    if not units:
        return ""
    return (
        "OR coalesce(len(list_filter(map_entries(n.units), "
        "lambda e: e.value > 0 AND r.units[e.key] IS NULL)) > 0, false)"
    )
