"""The rows that measurements look at, each with its cost, its hashes and what it could have spared."""

from collections.abc import Sequence  # noqa: TC003 - needed at run time
from dataclasses import dataclass, fields
from datetime import datetime

from costctl.store.connection import Store
from costctl.store.dimensions import Parameters
from costctl.store.rollup_grain import roll
from costctl.store.rollup_rows import priced_rows_sql
from costctl.vocabulary import PROMPT_CLASSES, Query

RETRY_SECONDS = 60
"""An equal prompt of one caller within this time is a retry and no second question."""

CUT_SHORT_SECONDS = 600
"""An answer cut short is waste if its caller asks the same again within this time."""

NOT_GENERATING = ("embedding", "rerank")
CUT_SHORT = ("length", "max_tokens", "max_output_tokens")
UNUSUAL_END = (
    *CUT_SHORT,
    "tool_calls",
    "tool_use",
    "function_call",
    "content_filter",
    "safety",
    "refusal",
)
"""Ends of an answer that speak against an easy question."""


@dataclass(frozen=True)
class Easy:
    """What counts as an easy call: at most so many tokens each way."""

    prompt: int
    output: int


@dataclass(frozen=True)
class GroupFacts:
    """The billable usage of one endpoint and model.

    Attributes:
        number: of the group in every other answer, from 0; the dearest first.
        endpoint, model: as logged.
        kind: chat, embedding, rerank, ...
        price_provider, price_name, price_region: where its price is found; None where no name was found.
        price_model: the model that this name means at the price date.
        rows: rows of `usage`.
        requests: calls, as far as sources count them.
        singles: rows that are one dated call each.
        undated: rows without a time.
        prompt, uncached, cache_read, cache_write, output: tokens.
        cost: USD; None where nothing was priced.
        unpriced: rows without a price.
        logged: what sources say the same rows cost; None where one does not say.
        hashed: single calls whose prompt can be told from others.
        normalised: single calls with a hash of the prompt without case, space and punctuation.
        stepped: single calls with hashes of prompt beginnings.
        stepped_prompt: their prompt tokens.
        approximate: some of these hashes stand for characters, not for tokens.
        callers: single calls whose user or session is logged.
        sampled: rows of logs that hold only a part of the calls.
        first, last: first and last time.
        first_call, last_call: the same of single calls.
    """

    number: int
    endpoint: str | None
    model: str | None
    kind: str
    price_provider: str | None
    price_name: str | None
    price_region: str | None
    price_model: str | None
    rows: int
    requests: int
    singles: int
    undated: int
    prompt: int
    uncached: int
    cache_read: int
    cache_write: int
    output: int
    cost: float | None
    unpriced: int
    logged: float | None
    hashed: int
    normalised: int
    stepped: int
    stepped_prompt: int
    approximate: bool
    callers: int
    sampled: int
    first: datetime | None
    last: datetime | None
    first_call: datetime | None
    last_call: datetime | None

    @property
    def generating(self) -> bool:
        """Return whether its calls write answers."""
        return self.kind not in NOT_GENERATING


def load(store: Store, query: Query, easy: Easy) -> list[GroupFacts]:
    """Make the temp table `measured` of all billable rows in scope, and return their groups, the dearest first.

    `query.prices_at` prices every row at one date, and `query.by` is `DEFAULT_BY`.
    """
    roll(store, query)
    parameters = Parameters({"easy_prompt": easy.prompt, "easy_output": easy.output})
    rows = priced_rows_sql(store, query, parameters)
    tz = parameters.bind(query.tz)
    store.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE measured AS {_marked(_joined(rows, tz))}", parameters.values
    )
    return _groups(store)


_ROW = {
    # Rows of one moment keep the order of their log.
    "place": "row_number() OVER (ORDER BY p.slot, u.ingest_id, u.source_line, p.event_key)",
    "event_key": "p.event_key",
    "endpoint": "p.d0",
    "model": "p.d1",
    "kind": "coalesce(m.kind, CASE WHEN u.operation = 'embeddings' THEN 'embedding' END)",
    "price_provider": "p.price_provider",
    "price_name": "p.price_name",
    "price_model": "p.price_model",
    "price_region": "p.price_region",
    "tier": "p.tier",
    "at_us": "epoch_us(p.slot)",
    "moment": "p.slot",
    "day": "CAST({local} AS DATE)",
    "local_hour": "hour({local})",
    "single": "NOT p.bucket AND p.requests = 1 AND p.slot IS NOT NULL",
    "cost": "CASE WHEN p.has_price THEN p.cost_usd END",
    "logged": "u.logged_cost_usd",
    "requests": "p.requests",
    "prompt": "{prompt}",
    "uncached": "p.input_uncached",
    "cache_read": "p.cache_read",
    "cache_write": "p.cache_write",
    "output": "p.output",
    "caller": "hash(coalesce(u.user_id, u.session_id))",
    "called": "coalesce(u.user_id, u.session_id) IS NOT NULL",
    "session": "u.session_id",
    "failed": "u.status = 'error'",
    "ended": "lower(u.finish_reason)",
    "exact_key": "{exact}",
    "normalised_key": "CASE WHEN u.normalised_hash IS NOT NULL THEN hash(u.normalised_hash) END",
    # A text below the first step leaves its own hash alone; without that, too, there was no text.
    "stepped": "u.prefix_hashes IS NOT NULL AND (len(u.prefix_hashes) > 0 OR u.request_hash IS NOT NULL)",
    "step_tokens": "{step}",
    "sampled": "coalesce(try_cast(i.settings['sample_rate'] AS DOUBLE) < 1, false)",
    "cache": "hash(p.provider, p.model, p.resource, p.deployment, p.region)",
}
"""What is known of a row, as SQL over a priced row `p`, its log's row `u`, its ingest `i` and its model `m`."""

_STEP = "try_cast(i.settings['prefix_step_tokens'] AS BIGINT)"
_EXACT = f"""
    CASE
        WHEN u.request_hash IS NOT NULL THEN hash(u.request_hash)
        -- Blocks of a fixed size that cover the whole prompt tell it from others as its own hash would.
        WHEN len(u.prefix_hashes) > 0 AND len(u.prefix_hashes) * {_STEP} >= {{prompt}} THEN hash(u.prefix_hashes, {{prompt}})
    END"""


def _joined(rows: str, tz: str) -> str:
    """Return the query for priced rows with what else was logged of each."""
    prompt = "(" + " + ".join(f"p.{name}" for name in PROMPT_CLASSES) + ")"
    words = {
        "local": f"timezone({tz}, timezone('UTC', p.slot))",
        "prompt": prompt,
        "exact": _EXACT.format(prompt=prompt),
        "step": _STEP,
    }
    columns = ", ".join(f"{sql.format(**words)} AS {name}" for name, sql in _ROW.items())
    return f"""
        SELECT {columns}
        FROM ({rows}) AS p
        JOIN usage AS u USING (event_key)
        LEFT JOIN ingests AS i ON u.ingest_id = i.ingest_id
        LEFT JOIN price_models AS m ON (m.provider, m.id) = (p.price_provider, p.price_model)
        WHERE p.billable
    """


def _marked(rows: str) -> str:
    """Add the group's number, whether a row was waste, and whether it is an easy call."""
    ends = ", ".join(f"'{name}'" for name in UNUSUAL_END)
    short = ", ".join(f"'{name}'" for name in CUT_SHORT)
    kinds = ", ".join(f"'{name}'" for name in NOT_GENERATING)
    told = "exact_key IS NOT NULL AND called AND single AND NOT sampled"
    return f"""
        WITH rows AS MATERIALIZED ({rows}),
        ranked AS (
            -- A row without a price has the kind of the priced ones beside it.
            SELECT endpoint, model, coalesce(mode(kind), 'other') AS kind, row_number() OVER (
                ORDER BY sum(cost) DESC NULLS LAST, endpoint NULLS LAST, model NULLS LAST) - 1 AS number
            FROM rows GROUP BY endpoint, model
        )
        SELECT
            r.* EXCLUDE (kind),
            k.kind,
            k.number,
            k.kind NOT IN ({kinds}) AS generating,
            k.kind NOT IN ({kinds}) AND prompt <= $easy_prompt AND output <= $easy_output
                AND coalesce(ended, '') NOT IN ({ends}) AS easy,
            CASE
                WHEN failed THEN 'failed'
                WHEN {told} AND ended IN ({short})
                    AND lead(at_us) OVER same - at_us <= {CUT_SHORT_SECONDS * 1_000_000}
                    THEN 'cut_short'
                WHEN {told} AND at_us - lag(at_us) OVER same <= {RETRY_SECONDS * 1_000_000}
                    AND NOT coalesce(lag(failed) OVER same, false)
                    AND coalesce(lag(ended) OVER same, '') NOT IN ({short})
                    THEN 'repeated'
            END AS waste
        FROM rows AS r
        JOIN ranked AS k
            ON r.endpoint IS NOT DISTINCT FROM k.endpoint AND r.model IS NOT DISTINCT FROM k.model
        WINDOW same AS (PARTITION BY k.number, single, exact_key, caller ORDER BY place)
    """


_FIGURES = {
    "number": "number",
    "endpoint": "any_value(endpoint)",
    "model": "any_value(model)",
    "kind": "any_value(kind)",
    "price_provider": "mode(price_provider)",
    "price_name": "arg_max(price_name, place)",
    "price_region": "arg_max(price_region, place)",
    "price_model": "arg_max(price_model, place)",
    "rows": "count(*)",
    "requests": "sum(requests)::BIGINT",
    "singles": "count(*) FILTER (single)",
    "undated": "count(*) FILTER (at_us IS NULL)",
    "prompt": "sum(prompt)::BIGINT",
    "uncached": "sum(uncached)::BIGINT",
    "cache_read": "sum(cache_read)::BIGINT",
    "cache_write": "sum(cache_write)::BIGINT",
    "output": "sum(output)::BIGINT",
    "cost": "sum(cost)::DOUBLE",
    "unpriced": "count(*) FILTER (cost IS NULL)",
    "logged": "CASE WHEN count(logged) = count(*) THEN sum(logged)::DOUBLE END",
    "hashed": "count(exact_key) FILTER (single)",
    "normalised": "count(normalised_key) FILTER (single)",
    "stepped": "count(*) FILTER (single AND stepped)",
    "stepped_prompt": "coalesce(sum(prompt) FILTER (single AND stepped), 0)::BIGINT",
    "approximate": "coalesce(bool_or(stepped AND step_tokens IS NULL), false)",
    "callers": "count(*) FILTER (single AND called)",
    "sampled": "count(*) FILTER (sampled)",
    "first": "min(moment)",
    "last": "max(moment)",
    "first_call": "min(moment) FILTER (single)",
    "last_call": "max(moment) FILTER (single)",
}


def _groups(store: Store) -> list[GroupFacts]:
    names = [field.name for field in fields(GroupFacts)]
    rows: Sequence[Sequence[object]] = store.connection.execute(
        f"SELECT {', '.join(f'{_FIGURES[name]} AS {name}_' for name in names)} "
        "FROM measured GROUP BY number ORDER BY number"
    ).fetchall()
    return [GroupFacts(*row) for row in rows]  # type: ignore[arg-type]  # the columns are made for it
