"""The rows that measurements look at, each with its cost, its hashes and what it could have spared."""

from collections.abc import Sequence  # noqa: TC003 - needed at run time
from dataclasses import dataclass, fields
from datetime import datetime

from costctl.store.connection import Store
from costctl.store.dimensions import Parameters
from costctl.store.rollup_grain import roll
from costctl.store.rollup_rows import priced_rows_sql
from costctl.vocabulary import PROMPT_CLASSES, Query

BY = ("endpoint", "model")
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
    """

    number: int
    endpoint: str | None
    model: str | None
    kind: str
    price_provider: str | None
    price_name: str | None
    price_region: str | None
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

    @property
    def generating(self) -> bool:
        """Return whether its calls write answers."""
        return self.kind not in NOT_GENERATING


def load(store: Store, query: Query, easy: Easy) -> list[GroupFacts]:
    """Make the temp table `measured` of all billable rows in scope, and return their groups, the dearest first.

    `query.prices_at` prices every row at one date.
    """
    asked = Query(**(vars(query) | {"by": BY}))
    roll(store, asked)
    parameters = Parameters({"easy_prompt": easy.prompt, "easy_output": easy.output})
    rows = priced_rows_sql(store, asked, parameters)
    tz = parameters.bind(query.tz)
    store.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE measured AS {_marked(_joined(rows, tz))}", parameters.values
    )
    return _groups(store)


def _joined(rows: str, tz: str) -> str:
    """Return the query for priced rows with what else was logged of each."""
    prompt = " + ".join(f"p.{name}" for name in PROMPT_CLASSES)
    local = f"timezone({tz}, timezone('UTC', p.slot))"
    return f"""
        SELECT
            row_number() OVER (ORDER BY p.slot, u.ingest_id, u.source_line, p.event_key) AS place,
            p.d0 AS endpoint,
            p.d1 AS model,
            coalesce(m.kind, CASE WHEN u.operation = 'embeddings' THEN 'embedding' ELSE 'other' END)
                AS kind,
            p.price_provider, p.price_name, p.price_region, p.tier,
            epoch_us(p.slot) AS at_us,
            p.slot AS moment,
            CAST({local} AS DATE) AS day,
            hour({local}) AS local_hour,
            NOT p.bucket AND p.requests = 1 AND p.slot IS NOT NULL AS single,
            CASE WHEN p.has_price THEN CAST(p.cost_usd AS DOUBLE) END AS cost,
            CAST(u.logged_cost_usd AS DOUBLE) AS logged,
            p.requests,
            {prompt} AS prompt,
            p.input_uncached AS uncached, p.cache_read, p.cache_write, p.output,
            coalesce(u.user_id, u.session_id) AS caller,
            u.session_id AS session,
            u.status = 'error' AS failed,
            lower(u.finish_reason) AS ended,
            -- Blocks of a fixed size that cover the whole prompt tell it from others as its own hash would.
            coalesce(u.request_hash, CASE
                WHEN len(u.prefix_hashes) * try_cast(i.settings['prefix_step_tokens'] AS BIGINT) >= {prompt}
                THEN md5(CAST(u.prefix_hashes AS VARCHAR) || '/' || CAST({prompt} AS VARCHAR)) END)
                AS exact_key,
            u.normalised_hash AS normalised_key,
            u.prefix_hashes AS steps,
            try_cast(i.settings['prefix_step_tokens'] AS BIGINT) AS step_tokens,
            coalesce(try_cast(i.settings['sample_rate'] AS DOUBLE) < 1, false) AS sampled,
            concat_ws(chr(31), coalesce(p.provider, ''), coalesce(p.model, ''), coalesce(p.resource, ''),
                coalesce(p.deployment, ''), coalesce(p.region, '')) AS cache
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
    told = "exact_key IS NOT NULL AND caller IS NOT NULL AND single AND NOT sampled"
    return f"""
        WITH rows AS MATERIALIZED ({rows}),
        ranked AS (
            SELECT endpoint, model, row_number() OVER (
                ORDER BY sum(cost) DESC NULLS LAST, endpoint NULLS LAST, model NULLS LAST) - 1 AS number
            FROM rows GROUP BY endpoint, model
        )
        SELECT
            r.*,
            k.number,
            kind NOT IN ({kinds}) AS generating,
            kind NOT IN ({kinds}) AND prompt <= $easy_prompt AND output <= $easy_output
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
    "kind": "mode(kind)",
    "price_provider": "mode(price_provider)",
    "price_name": "arg_max(price_name, place)",
    "price_region": "arg_max(price_region, place)",
    "rows": "count(*)",
    "requests": "sum(requests)::BIGINT",
    "singles": "count(*) FILTER (single)",
    "undated": "count(*) FILTER (at_us IS NULL)",
    "prompt": "sum(prompt)::BIGINT",
    "uncached": "sum(uncached)::BIGINT",
    "cache_read": "sum(cache_read)::BIGINT",
    "cache_write": "sum(cache_write)::BIGINT",
    "output": "sum(output)::BIGINT",
    "cost": "fsum(cost)",
    "unpriced": "count(*) FILTER (cost IS NULL)",
    "logged": "CASE WHEN count(logged) = count(*) THEN fsum(logged) END",
    "hashed": "count(exact_key) FILTER (single)",
    "normalised": "count(normalised_key) FILTER (single)",
    "stepped": "count(steps) FILTER (single)",
    "stepped_prompt": "coalesce(sum(prompt) FILTER (single AND steps IS NOT NULL), 0)::BIGINT",
    "approximate": "coalesce(bool_or(steps IS NOT NULL AND step_tokens IS NULL), false)",
    "callers": "count(caller) FILTER (single)",
    "sampled": "count(*) FILTER (sampled)",
    "first": "min(moment)",
    "last": "max(moment)",
}


def _groups(store: Store) -> list[GroupFacts]:
    names = [field.name for field in fields(GroupFacts)]
    rows: Sequence[Sequence[object]] = store.connection.execute(
        f"SELECT {', '.join(f'{_FIGURES[name]} AS {name}_' for name in names)} "
        "FROM measured GROUP BY number ORDER BY number"
    ).fetchall()
    return [GroupFacts(*row) for row in rows]  # type: ignore[arg-type]  # the columns are made for it
