"""A report that holds every value that is hard to draw."""

# ruff: noqa: DTZ001 - moments are naive UTC

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from costctl.table import Column, Envelope, Kind, Report, Table, Warn

HOSTILE = (
    "[red]x[/x]",
    "\x1b[31mred\x1b[0m",
    "\x9b2J",
    "</script><img onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "::error::stop",
    "a|b",
    "@octocat",
    "two\nlines",
    'quote " comma ,',
    "`tick` ``two``",
    "*bold* _it_ [a](http://x) #1 <b>",
    "\u202eevil",
    "nul\x00",
    "日本語 naïve 🙂",
    "\ud800 lone",
    " ",
    "",
)

COLUMNS = (
    Column("endpoint", "endpoint", Kind.TEXT),
    Column("model", "model", Kind.NAME),
    Column("requests", "requests", Kind.COUNT),
    Column("average", "average", Kind.NUMBER, wide_only=True),
    Column("cost_usd", "cost", Kind.USD),
    Column("unit_usd", "per request", Kind.UNIT_USD),
    Column("share", "share", Kind.SHARE),
    Column("seen", "seen", Kind.TIME, wide_only=True),
    Column("status", "status", Kind.STATUS),
)

NUMBERS = (
    (
        "plain",
        "gpt-4o",
        45_200,
        1850.0,
        Decimal("635.06"),
        Decimal("0.01405"),
        Decimal("0.61"),
        datetime(2026, 11, 1),
        "PASS",
    ),
    (
        "huge",
        "gpt-4o",
        10**15,
        1e15,
        Decimal("123456789012345.678901234567890123"),
        Decimal(10) ** 12,
        Decimal(12),
        datetime(2026, 11, 1, 0, 0, 7, 250000),
        "WARN",
    ),
    (
        "tiny",
        "gpt-4o",
        1,
        1e-9,
        Decimal("0.000000000001"),
        Decimal("0.00000000000149"),
        Decimal("0.00001"),
        datetime(1970, 1, 1, tzinfo=UTC),
        "FAIL",
    ),
    (
        "half to even",
        "gpt-4o",
        2,
        0.5,
        Decimal("0.125"),
        Decimal("0.00012345"),
        Decimal("0.0005"),
        datetime(2026, 3, 29, 3, tzinfo=timezone(timedelta(hours=2))),
        "SKIP",
    ),
    (
        "negative",
        "gpt-4o",
        0,
        -0.00001,
        Decimal("-0.001"),
        Decimal("-12.5"),
        Decimal("-0.25"),
        None,
        "INCONCLUSIVE",
    ),
    ("zero", "gpt-4o", 0, 0.0, Decimal("0E-18"), Decimal(0), 0.0, None, None),
    (None, None, None, None, None, None, None, None, None),
)

ROWS = (*NUMBERS, *((text, text, 1, None, None, None, None, None, None) for text in HOSTILE))

MAIN = Table(
    name="main",
    title="Cost of [bold]everything[/bold]",
    columns=COLUMNS,
    rows=ROWS,
    total=(
        "total",
        None,
        1,
        None,
        Decimal("123456789012980.862901234568890123"),
        None,
        Decimal(1),
        None,
        None,
    ),
    notes=("3 requests have no price: `evil` \x1b[31m @octocat",),
)
SECOND = Table(
    name="second",
    title="",
    columns=(Column("day", "day", Kind.TEXT),),
    rows=((date(2026, 11, 1),),),
)  # type: ignore[arg-type]
EMPTY = Table(name="empty", title="Nothing", columns=COLUMNS[:2], rows=())

REPORT = Report(
    name="breakdown",
    tables=(MAIN, SECOND, EMPTY),
    result={
        "rows": [
            {"endpoint": text, "cost_usd": Decimal("635.060000000000000001")} for text in HOSTILE
        ],
        "nothing": [],
        "none": None,
        "yes": True,
        "float": 0.1 + 0.2,
        "tiny": 1e-13,
        "big": 10**30,
        "nested": {"day": date(2026, 11, 1), "empty": {}},
    },
    head=("A line above [red]",),
    foot=(
        "What stands out:",
        "- rag_query on gpt-4o: long prompts",
        "    costctl simulate --route rag_query=0.4 --swap gpt-4o=gpt-4o-mini",
        "",
        "1. not a list @octocat",
    ),
    warnings=(Warn("unpriced", "3 requests have no price \x1b[31m"),),
)
ENVELOPE = Envelope(
    as_of=datetime(2026, 11, 23),
    tz="Europe/Berlin",
    pricing={"version": "2026-11-01", "sha256": "ab12cd34ef56"},
    data={
        "first": datetime(2026, 10, 1, 0, 0, 7, 250000),
        "last": datetime(2026, 11, 22, 23, 59),
        "rows": 174_000,
        "unpriced_requests": 3,
        "unpriced_tokens": 120,
        "missing_days": [date(2026, 10, 4)],
    },
    warnings=(Warn("future_rows", "2 rows left out"),),
)
