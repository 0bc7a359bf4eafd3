"""Sources that may hold the same calls under identities that cannot tell: named, never mended."""

from costctl.store.connection import Store

SAME_CALLS = ("azure_apim_gateway_log", "azure_apim_llm_log", "azure_openai_requestresponse")
"""Logs that Azure writes beside each other about one call."""

NAMED = "CASE WHEN a.source = b.source THEN a.path ELSE a.source END, CASE WHEN a.source = b.source THEN b.path ELSE b.source END"


def counted_twice(store: Store) -> list[tuple[str, str]]:
    """Return pairs of sources that may hold the same calls, or of files where both are of one source."""
    found = [*_beside(store)]
    if store.connection.execute(
        "SELECT 1 FROM usage WHERE granularity = 'bucket' LIMIT 1"
    ).fetchone():
        found += [*_sums_of_requests(store), *_other_groups(store)]
    return sorted({(str(one), str(other)) for one, other in found})


def _beside(store: Store) -> list[tuple[str, str]]:
    """Return logs of one time that Azure writes about the same calls."""
    return store.connection.execute(
        f"SELECT DISTINCT {NAMED} FROM ingests AS a JOIN ingests AS b "
        "ON a.format < b.format AND list_contains($formats, a.format) AND list_contains($formats, b.format) "
        "AND a.first_at <= b.last_at AND b.first_at <= a.last_at",
        {"formats": list(SAME_CALLS)},
    ).fetchall()


def _sums_of_requests(store: Store) -> list[tuple[str, str]]:
    """Return requests and buckets of one provider and time."""
    return store.connection.execute(
        """
        WITH spans AS (
            SELECT coalesce(i.source, '(unknown)') AS source, u.provider, u.granularity,
                min(u.occurred_at) AS first_at, max(coalesce(u.ended_at, u.occurred_at)) AS last_at
            FROM usage AS u LEFT JOIN ingests AS i USING (ingest_id)
            GROUP BY ALL
        )
        SELECT DISTINCT a.source, b.source
        FROM spans AS a JOIN spans AS b
            ON a.granularity = 'request' AND b.granularity = 'bucket'
            AND a.provider IS NOT DISTINCT FROM b.provider
            AND a.first_at <= b.last_at AND b.first_at <= a.last_at
        """
    ).fetchall()


def _other_groups(store: Store) -> list[tuple[str, str]]:
    """Return usage reports of one time that are grouped by other fields: each of them is the whole usage."""
    return store.connection.execute(
        f"""
        WITH shapes AS (
            SELECT ingest_id, source_format, provider, operation,
                min(occurred_at) AS first_at, max(coalesce(ended_at, occurred_at)) AS last_at,
                {{'model': bool_or(requested_model IS NOT NULL), 'user': bool_or(user_id IS NOT NULL),
                  'tags': list_sort(list_distinct(flatten(list(coalesce(map_keys(tags), [])))))}} AS groups
            FROM usage WHERE granularity = 'bucket' AND source_format <> 'rollup' GROUP BY ALL
        ), named AS (SELECT shapes.*, source, path FROM shapes JOIN ingests USING (ingest_id))
        SELECT DISTINCT {NAMED} FROM named AS a JOIN named AS b
            ON a.ingest_id < b.ingest_id AND a.source_format = b.source_format AND a.operation = b.operation
            AND a.provider IS NOT DISTINCT FROM b.provider AND a.groups <> b.groups
            AND a.first_at < b.last_at AND b.first_at < a.last_at
        """
    ).fetchall()
