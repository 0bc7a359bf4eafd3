"""The columns that a format may fill, and what they may be called."""

from costctl.record import BILLING, USAGE

NOT_MAPPED = {"event_key", "parent_key", "source_format", "ingest_id", "source_line", "billable"}
ROW_KEYS = frozenset(
    {column.name for column in USAGE} - NOT_MAPPED - {"model", "time_assumed_utc", "assumed"}
) | {"request_id"}
BILLING_KEYS = frozenset(name for name, _ in BILLING) - {"ingest_id", "source_line", "source"}
MAPS = ("tags", "units")


def canonical_column(name: str) -> str:
    """Return the column that a written name stands for."""
    short = {"model": "requested_model", "timestamp": "occurred_at"}
    if name.startswith("tag."):
        return "tags." + name.removeprefix("tag.")
    return short.get(name, name)
