"""What a period is on its way to cost, with the method and its past errors beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from costctl.forecast import Projection
from costctl.table import Cell, Column, Kind, Report, Table, Warn

FIGURES = (
    Column("spent", "So far", Kind.USD),
    Column("projected", "Projected", Kind.USD),
    Column("low", "Low", Kind.USD),
    Column("high", "High", Kind.USD),
    Column("run_rate", "Run rate", Kind.USD),
    Column("method", "Method", Kind.TEXT),
    Column("days", "Days used", Kind.COUNT, wide_only=True),
    Column("error", "Past error", Kind.SHARE, wide_only=True),
)
TOO_LITTLE = "too little history"


@dataclass(frozen=True)
class Line:
    """The projection of one group, or of the whole.

    Attributes:
        spent_usd: exact, in the period so far.
        projection: None with too little history.
    """

    key: tuple[object, ...]
    spent_usd: Decimal
    projection: Projection | None


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        first, after: first day of the period and the day after its last.
        target_usd: a limit whose crossing is of interest, or None.
    """

    first: date
    after: date
    by: tuple[str, ...] = ()
    target_usd: Decimal | None = None


def forecast_report(
    asked: Asked, total: Line, groups: Sequence[Line], warnings: Sequence[Warn] = ()
) -> Report:
    """Return the projection of the whole, and of each group on its own."""
    columns = (*(_dimension(name) for name in asked.by), *FIGURES)
    last = (*("Total" if n == 0 else "" for n in range(len(asked.by))), *_figures(total))
    rows = tuple((*map(_text, line.key), *_figures(line)) for line in groups)
    title = f"Projected cost of {asked.first} to {asked.after - timedelta(days=1)}"
    table = Table(
        "forecast",
        title,
        columns,
        rows if asked.by else (last,),
        total=last if asked.by else None,
        notes=_notes(total.projection),
    )
    return Report(
        name="forecast",
        tables=(table,),
        result=_result(asked, total, groups),
        foot=tuple(_target_words(asked, total)),
        warnings=tuple(warnings),
    )


def _dimension(name: str) -> Column:
    return Column(name, name.capitalize(), Kind.NAME if name == "model" else Kind.TEXT)


def _text(value: object) -> Cell:
    return None if value is None else str(value)


def _figures(line: Line) -> tuple[Cell, ...]:
    projection = line.projection
    if projection is None:
        return (line.spent_usd, None, None, None, None, TOO_LITTLE, None, None)
    return (
        line.spent_usd,
        projection.p50_usd,
        projection.p10_usd,
        projection.p90_usd,
        projection.run_rate_usd,
        method_name(projection),
        projection.history_days,
        projection.error_share,
    )


def method_name(projection: Projection) -> str:
    """Return the method, marked where it is rough."""
    return f"{projection.method} (rough)" if projection.rough else projection.method


def _notes(projection: Projection | None) -> tuple[str, ...]:
    if projection is None:
        return ("A projection needs at least 3 complete days of usage.",)
    notes = [
        _how(projection),
        "Run rate: the complete days so far, by the days that have passed, times the whole period.",
    ]
    if projection.gap_days:
        one = projection.gap_days == 1
        notes.append(
            f"{projection.gap_days} {'day' if one else 'days'} of the period without any usage: unknown, not "
            f"zero, so {'it is' if one else 'they are'} projected like the days ahead."
        )
    if projection.p90_usd is None:
        notes.append("No band: too few past forecasts of this length to learn from.")
    else:
        notes.append(
            f"Low and high hold 80 % of past errors ({projection.origins} past forecasts)."
        )
    return tuple(notes)


def _how(projection: Projection) -> str:
    """Return the method, what it rests on and how wrong it was: also where the table has no room for that."""
    made = f"Method: {method_name(projection)}, from {projection.history_days} complete days"
    if projection.error_share is None:
        return f"{made}; how wrong it may be is unknown."
    error = f"{projection.error_share * 100:.1f}%"
    return f"{made}; over as many days ahead it erred by {error} on average."


def _target_words(asked: Asked, total: Line) -> list[str]:
    if asked.target_usd is None or total.projection is None:
        return []
    target = f"${asked.target_usd:,.2f}"
    crossed = total.projection.crossed_on(float(asked.target_usd))
    if crossed is None:
        return [f"The projected cost stays within {target}."]
    over = total.projection.p50_usd - float(asked.target_usd)
    past = total.spent_usd > asked.target_usd
    when = f"{target} was crossed" if past else f"At this pace {target} is crossed"
    return [f"{when} on {crossed}; the period ends ${over:,.2f} above it."]


def _result(asked: Asked, total: Line, groups: Sequence[Line]) -> dict[str, object]:
    found: dict[str, object] = {
        "first_day": asked.first,
        "last_day_excluded": asked.after,
        "by": list(asked.by),
        "total": _values(total),
        "rows": [{**dict(zip(asked.by, g.key, strict=True)), **_values(g)} for g in groups],
        "target": None,
    }
    if asked.target_usd is not None:
        projection = total.projection
        crossed = projection.crossed_on(float(asked.target_usd)) if projection else None
        met = projection.p50_usd <= float(asked.target_usd) if projection else None
        found["target"] = {"usd": asked.target_usd, "met": met, "crossed_on": crossed}
    return found


def _values(line: Line) -> dict[str, object]:
    projection = line.projection
    if projection is None:
        return {"spent_usd": line.spent_usd, "method": None, "p50_usd": None}
    return {
        "spent_usd": line.spent_usd,
        "method": projection.method,
        "rough": projection.rough,
        "p10_usd": projection.p10_usd,
        "p50_usd": projection.p50_usd,
        "p90_usd": projection.p90_usd,
        "run_rate_usd": projection.run_rate_usd,
        "history_days": projection.history_days,
        "period_days": projection.period_days,
        "origins": projection.origins,
        "error_share": projection.error_share,
    }
