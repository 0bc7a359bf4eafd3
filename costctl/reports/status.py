"""What the store holds, how fresh it is, and what needs attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from costctl.table import Column, Kind, Report, Table, Warn
from costctl.words import counted, length

if TYPE_CHECKING:
    from costctl.store.overview import Ingested, Reject, SourceRows
    from costctl.vocabulary import Spent

UNPRICED_LIMIT = Decimal("0.005")
"""More requests than this share without a price need attention."""

STALE_PRICES = timedelta(days=90)
SHOWN_NAMES = 5

SOURCES = (
    Column("source", "source", Kind.TEXT),
    Column("source_format", "format", Kind.TEXT),
    Column("granularity", "rows are", Kind.TEXT, wide_only=True),
    Column("files", "files", Kind.COUNT),
    Column("rows", "rows", Kind.COUNT),
    Column("requests", "requests", Kind.COUNT),
    Column("undated", "no time", Kind.COUNT, wide_only=True),
    Column("tokens_unknown", "no tokens", Kind.COUNT, wide_only=True),
    Column("first", "first", Kind.TIME),
    Column("last", "last", Kind.TIME),
)
REJECTS = (
    Column("path", "file", Kind.TEXT),
    Column("line", "line", Kind.COUNT),
    Column("reason", "reason", Kind.TEXT),
    Column("excerpt", "excerpt", Kind.TEXT),
)
SETTINGS = (
    Column("name", "setting", Kind.TEXT),
    Column("value", "value", Kind.TEXT),
    Column("origin", "from", Kind.TEXT),
)


@dataclass(frozen=True)
class Standing:
    """Everything that `status` tells.

    Attributes:
        database: path of the store.
        as_of: naive UTC.
        total: all usage, priced.
        missing_days: days without usage between the first and the last.
        rejected: count of all rejected lines.
        rejects: the lines themselves, where asked for.
        doubled: pairs of sources that may hold the same calls.
        pricing: version and digest of the price table.
        max_age: how old the newest row may be.
    """

    database: str
    as_of: datetime
    total: "Spent"
    sources: Sequence["SourceRows"]
    missing_days: Sequence[date] = ()
    last_ingest: "Ingested | None" = None
    rejected: int = 0
    rejects: "Sequence[Reject] | None" = None
    doubled: Sequence[tuple[str, str]] = ()
    pricing: Mapping[str, object] | None = None
    max_age: timedelta | None = None


def status_report(standing: Standing) -> Report:
    """Return what is there, line by line, the sources, and what needs attention."""
    attention = needs_attention(standing)
    return Report(
        name="status",
        tables=tuple(_tables(standing)),
        result=_result(standing, attention),
        head=tuple(_lines(standing)),
        warnings=tuple(_warnings(standing)),
        rows_key="rejects" if standing.rejects is not None else "sources",
    )


def settings_report(settings: Sequence[tuple[str, str, str]], files: Sequence[str]) -> Report:
    """Return every setting with its value and where it came from."""
    names = [column.name for column in SETTINGS]
    table = Table("settings", "", SETTINGS, tuple(settings))
    rows = [dict(zip(names, row, strict=True)) for row in settings]
    return Report("status", (table,), {"settings": rows, "files": list(files)}, rows_key="settings")


def needs_attention(standing: Standing) -> tuple[Warn, ...]:
    """Return what makes figures unsafe: no usage, too much without a price, or usage that is too old."""
    if not standing.total.rows:
        return (Warn("no_usage", "the database holds no usage"),)
    found = []
    share = unpriced_share(standing.total)
    if share > UNPRICED_LIMIT:
        found.append(Warn("unpriced", f"{share:.1%} of requests have no price"))
    age = data_age(standing)
    if standing.max_age is not None and (age is None or age > standing.max_age):
        how_old = f"{length(age)} old" if age is not None else "undated"
        found.append(
            Warn("stale", f"the newest usage is {how_old}, allowed are {length(standing.max_age)}")
        )
    return tuple(found)


def unpriced_share(total: "Spent") -> Decimal:
    """Return unpriced requests as a share of all; rows without a count weigh as one."""
    requests = total.requests or total.rows
    return Decimal(total.unpriced_requests) / requests if requests else Decimal(0)


def data_age(standing: Standing) -> timedelta | None:
    """Return how old the newest usage is."""
    return standing.as_of - standing.total.last if standing.total.last is not None else None


def price_age(standing: Standing) -> timedelta | None:
    """Return how old the price table is; None where its version is no day."""
    version = str((standing.pricing or {}).get("version", ""))
    try:
        return standing.as_of - datetime.fromisoformat(version)
    except ValueError:
        return None


def _lines(standing: Standing) -> list[str]:
    total = standing.total
    pairs = [("database", standing.database), ("usage", _usage(total))]
    if total.rows:
        pairs += [
            ("newest", _newest(standing)),
            ("gaps", _gaps(standing)),
            ("unpriced", _unpriced(total)),
        ]
        pairs += (
            [("no tokens", f"{counted(total.tokens_unknown, 'request')} logged without counts")]
            if total.tokens_unknown
            else []
        )
    pairs += [
        (
            "rejected",
            counted(standing.rejected, "line")
            + ("; `costctl status --rejects` lists them" if standing.rejected else ""),
        )
    ]
    pairs += [("last ingest", _ingested(standing.last_ingest)), ("prices", _prices(standing))]
    width = max(len(name) for name, _ in pairs) + 2
    return [f"{name:<{width}}{text}" for name, text in pairs]


def _usage(total: "Spent") -> str:
    requests = (
        "an unknown number of requests"
        if total.requests is None
        else counted(total.requests, "request")
    )
    rows, tokens = counted(total.rows, "row"), counted(total.tokens.total, "token")
    return f"{rows}, {requests}, {tokens}" if total.rows else "none"


def _newest(standing: Standing) -> str:
    age = data_age(standing)
    last = standing.total.last
    return (
        f"{last:%Y-%m-%d %H:%M} UTC, {length(age)} before now"
        if last and age is not None
        else "no row has a time"
    )


def _gaps(standing: Standing) -> str:
    days = standing.missing_days
    if not days:
        return "none"
    shown = ", ".join(day.isoformat() for day in days[:SHOWN_NAMES])
    more = f" and {len(days) - SHOWN_NAMES} more" if len(days) > SHOWN_NAMES else ""
    return f"{counted(len(days), 'day')} without usage: {shown}{more}"


def _unpriced(total: "Spent") -> str:
    if not total.unpriced_requests:
        return "none"
    shown = ", ".join(f"{name} ({count:,})" for name, count in total.unpriced_names[:SHOWN_NAMES])
    more = len(total.unpriced_names) - SHOWN_NAMES
    return (
        f"{counted(total.unpriced_requests, 'request')}, {counted(total.unpriced_tokens, 'token')}: {shown}"
        + (f" and {more} more" if more > 0 else "")
    )


def _ingested(last: "Ingested | None") -> str:
    return (
        f"{last.at:%Y-%m-%d %H:%M} UTC, {last.path}, {counted(last.new_rows, 'new row')}"
        if last
        else "never"
    )


def _prices(standing: Standing) -> str:
    pricing = standing.pricing or {}
    age = price_age(standing)
    aged = f", {counted(age.days, 'day')} old" if age is not None and age.days > 0 else ""
    return f"version {pricing.get('version')} ({pricing.get('sha256')}){aged}"


def _tables(standing: Standing) -> list[Table]:
    tables = []
    if standing.rejects is not None:
        rows = tuple((r.path, r.line, r.reason, r.excerpt or "") for r in standing.rejects)
        tables.append(Table("rejects", "Rejected lines", REJECTS, rows))
    sources = tuple(
        tuple(getattr(line, column.name) for column in SOURCES) for line in standing.sources
    )
    return (
        [*tables, Table("sources", "Sources", SOURCES, sources)]
        if sources or not tables
        else tables
    )


def doubled_warnings(pairs: Sequence[tuple[str, str]]) -> list[Warn]:
    """Return a warning for each pair of sources that may hold the same calls."""
    said = "overlap and may hold the same calls, which then count twice: keep one of them in a database"
    return [Warn("counted_twice", f"{one} and {other} {said}") for one, other in pairs]


def _warnings(standing: Standing) -> list[Warn]:
    said = doubled_warnings(standing.doubled)
    age = price_age(standing)
    if age is not None and age > STALE_PRICES:
        said.append(
            Warn(
                "old_prices",
                f"the price table is {counted(age.days, 'day')} old; `costctl pricing validate` checks it",
            )
        )
    return said


def _result(standing: Standing, attention: Sequence[Warn]) -> dict[str, object]:
    total, age, prices = standing.total, data_age(standing), price_age(standing)
    result: dict[str, object] = {
        "database": standing.database,
        "rows": total.rows,
        "requests": total.requests,
        "tokens": total.tokens.total,
        "first": total.first,
        "last": total.last,
        "age_seconds": int(age.total_seconds()) if age is not None else None,
        "missing_days": list(standing.missing_days),
        "unpriced": {
            "requests": total.unpriced_requests,
            "tokens": total.unpriced_tokens,
            "share": unpriced_share(total),
            "models": [{"model": name, "requests": count} for name, count in total.unpriced_names],
            "reasons": dict(total.unpriced_reasons),
        },
        "tokens_unknown": total.tokens_unknown,
        "rejected": standing.rejected,
        "last_ingest": _last_ingest(standing.last_ingest),
        "price_age_days": prices.days if prices is not None else None,
        "sources": [{c.name: getattr(line, c.name) for c in SOURCES} for line in standing.sources],
        "attention": [{"code": warn.code, "message": warn.message} for warn in attention],
    }
    if standing.rejects is not None:
        result["rejects"] = [
            {"path": r.path, "line": r.line, "reason": r.reason, "excerpt": r.excerpt}
            for r in standing.rejects
        ]
    return result


def _last_ingest(last: "Ingested | None") -> dict[str, object] | None:
    return {"path": last.path, "at": last.at, "new_rows": last.new_rows} if last else None
