"""The canonical usage record, stated once: every column, its type, unit and meaning."""

from dataclasses import dataclass

REQUEST_LIMIT = 10**12
"""A request with more tokens of one class than this is absurd and rejected."""

BUCKET_LIMIT = 10**15

MONEY_LIMIT = 10**12
"""A cost of more than this is absurd and rejected: its row could not even be added to others."""

PLACEHOLDER_IDS = ("", "auto", "unknown", "-", "none", "null")
"""Logged ids that identify nothing, in any case."""


@dataclass(frozen=True)
class UsageColumn:
    """One column of `usage`.

    Attributes:
        name: the same in the table, in rollups, in JSON and in mappings.
        sql_type: its DuckDB type.
        default: its value where a source says nothing, as SQL.
        meaning: one line.
        common: stored for every source; the others cost only where a source has them.
    """

    name: str
    sql_type: str
    default: str
    meaning: str
    common: bool = False


def _tokens(name: str, meaning: str, *, common: bool = False) -> UsageColumn:
    return UsageColumn(name, "BIGINT", "0", meaning, common)


def _text(name: str, meaning: str, *, common: bool = False) -> UsageColumn:
    return UsageColumn(name, "VARCHAR", "NULL", meaning, common)


USAGE = (
    UsageColumn("event_key", "UHUGEINT", "NULL", "identity of the row; unique", common=True),
    UsageColumn("parent_key", "UHUGEINT", "NULL", "identity of the enclosing call, for traces"),
    _text("source", "`--source NAME`, else the format's name", common=True),
    _text("source_format", "name of the log format", common=True),
    UsageColumn("ingest_id", "INTEGER", "NULL", "file and run that brought the row", common=True),
    UsageColumn("source_line", "BIGINT", "NULL", "line or record number in the file"),
    UsageColumn("granularity", "VARCHAR", "'request'", "`request`, or `bucket` for an aggregate"),
    UsageColumn("requests", "BIGINT", "1", "calls in the row; NULL where the source has no count"),
    UsageColumn(
        "occurred_at", "TIMESTAMP", "NULL", "start of the request or bucket, UTC", common=True
    ),
    UsageColumn("ended_at", "TIMESTAMP", "NULL", "end of the response or bucket, UTC"),
    UsageColumn("time_assumed_utc", "BOOLEAN", "false", "the logged time had no zone", common=True),
    _text("trace_id", "trace, as logged"),
    _text("session_id", "session, as logged"),
    _text("endpoint", "the caller's feature; never a URL", common=True),
    UsageColumn(
        "operation",
        "VARCHAR",
        "'other'",
        "chat, responses, completion, embeddings, image, audio, rerank, other",
    ),
    _text("provider", "who bills"),
    _text("requested_model", "model asked for, as logged", common=True),
    _text("response_model", "model that answered, as logged"),
    _text("deployment", "Azure deployment, as logged"),
    UsageColumn("tier", "VARCHAR", "'standard'", "service tier that prices the row"),
    _text("service_tier", "service tier, as logged"),
    _text("region", "region, as logged"),
    _text("deployment_type", "global, data_zone, regional, ptu"),
    _text("resource", "Azure resource that holds the deployment"),
    _tokens("input_uncached", "text input billed at the full price", common=True),
    _tokens("cache_read", "input served from the provider's prompt cache"),
    _tokens("cache_write", "input written to the provider's prompt cache"),
    _tokens("output", "text output, reasoning included", common=True),
    _tokens("audio_input", "audio input"),
    _tokens("audio_output", "audio output"),
    _tokens("image_input", "image input"),
    _tokens("image_output", "image output"),
    _tokens("cache_write_long", "of which: cache_write with a lifetime of 1 h or more"),
    _tokens("reasoning", "of which: output spent on reasoning"),
    UsageColumn(
        "prompt_tokens_from", "BIGINT", "NULL", "buckets: lower bound of every call's prompt size"
    ),
    UsageColumn("tokens_known", "BOOLEAN", "true", "false: a billed call whose log has no counts"),
    UsageColumn("units", "MAP(VARCHAR, BIGINT)", "NULL", "billed things that are not tokens"),
    UsageColumn("status", "VARCHAR", "'ok'", "ok, error, cancelled"),
    UsageColumn("http_status", "INTEGER", "NULL", "as logged"),
    _text("error_code", "as logged"),
    _text("finish_reason", "as logged"),
    UsageColumn("attempt", "INTEGER", "NULL", "number of the try"),
    UsageColumn("retries", "INTEGER", "NULL", "tries before this one"),
    UsageColumn("latency_ms", "DOUBLE", "NULL", "total time"),
    UsageColumn("ttft_ms", "DOUBLE", "NULL", "time to first token"),
    UsageColumn(
        "cache_hit", "BOOLEAN", "false", "answered by a gateway or semantic cache: no call"
    ),
    UsageColumn(
        "billable", "BOOLEAN", "true", "no cache hit, and has tokens or units", common=True
    ),
    UsageColumn(
        "logged_cost_usd",
        "DECIMAL(38, 18)",
        "NULL",
        "what the source said the call cost",
        common=True,
    ),
    UsageColumn("logged_cost", "DECIMAL(38, 18)", "NULL", "the same in the source's currency"),
    _text("logged_cost_currency", "currency of `logged_cost`"),
    UsageColumn("baseline_cost_usd", "DECIMAL(38, 18)", "NULL", "the source's own what-if figure"),
    _text("user_id", "who asked"),
    _text("team", "who pays inside the company"),
    _text("environment", "prod, staging, ..."),
    UsageColumn("tags", "MAP(VARCHAR, VARCHAR)", "NULL", "everything else worth grouping by"),
    _text("request_hash", "keyed hash of the prompt"),
    _text("normalised_hash", "keyed hash of the prompt without case, space and punctuation"),
    UsageColumn("prefix_hashes", "VARCHAR[]", "NULL", "keyed hash of each step of the prompt"),
    UsageColumn("assumed", "VARCHAR[]", "NULL", "columns filled by an assumption"),
)
"""Order is the order of storage. The view `usage` adds `model`, see `MODEL`."""

MODEL = "coalesce(response_model, requested_model, deployment)"
"""The billed model exactly as logged, as SQL; shown as `(unknown)` where it is NULL."""

BY_NAME = {column.name: column for column in USAGE}

PROVENANCE = frozenset(
    {
        "event_key",
        "parent_key",
        "source",
        "source_format",
        "granularity",
        "ingest_id",
        "source_line",
        "assumed",
        "time_assumed_utc",
        "billable",
    }
)
"""Columns that say where a row is from, not what it is: no part of a content identity."""

BILLING = (
    ("source", "VARCHAR"),
    ("ingest_id", "INTEGER"),
    ("source_line", "BIGINT"),
    ("period_start", "TIMESTAMP"),
    ("period_end", "TIMESTAMP"),
    ("service", "VARCHAR"),
    ("line_item", "VARCHAR"),
    ("model_guess", "VARCHAR"),
    ("token_class", "VARCHAR"),
    ("quantity", "DECIMAL(38, 9)"),
    ("unit", "VARCHAR"),
    ("cost", "DECIMAL(38, 18)"),
    ("currency", "VARCHAR"),
    ("charge_type", "VARCHAR"),
    ("resource_id", "VARCHAR"),
    ("region", "VARCHAR"),
    ("tier", "VARCHAR"),
    ("tags", "MAP(VARCHAR, VARCHAR)"),
)
