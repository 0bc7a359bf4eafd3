"""What was measured, how, and what the log cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costctl.table import ENDPOINT_AND_MODEL, Cell, Column, Kind, Report, Table, Warn
from costctl.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from costctl.measure import Estimate, Estimator, Findings, Measured

ALL = "(all)"
NAMED = 3
"""So many places stand before a remark that is about all of them."""

EARLIEST = 1990
"""Language models are younger: an earlier time is no date."""


def measure_report(
    findings: Findings, planned: int, left_out: int, assumed: Sequence[str]
) -> Report:
    """Return the estimates, the details behind them, and what was refused.

    Args:
        findings: of all estimators.
        planned: how many levers a scenario of them has.
        left_out: how many more were too small for it.
        assumed: columns that the user stated and no log names.
    """
    details = [table for _, measured in findings.found for table in measured.details]
    return Report(
        name="measure",
        tables=(_estimates(findings), *_refusals(findings), *details),
        result={**_result(findings, details, planned), "assumed": list(assumed)},
        head=(*_head(findings), *_assumptions(assumed)),
        foot=tuple(_foot(planned, left_out)),
        warnings=tuple(_warnings(findings)),
        rows_key="estimates",
    )


def _head(findings: Findings) -> Iterator[str]:
    rows = sum(group.facts.rows for group in findings.groups)
    cost = sum(group.facts.cost or 0.0 for group in findings.groups)
    groups, top = len(findings.groups), findings.settings.top
    if rows:
        yield (
            f"{counted(rows, 'billable row')}, ${cost:,.2f} at the prices of {findings.at:%Y-%m-%d}, "
            f"in {counted(groups, 'group')} of endpoint and model"
        )
    if groups > top:
        part = sum(group.facts.cost or 0.0 for group in findings.groups[:top])
        held = f", {part / cost:.1%} of the cost" if cost else ""
        yield f"Figures of their own: only the dearest {counted(top, 'group')}{held}; --top {groups} shows all"
    if unpriced := sum(group.facts.unpriced for group in findings.groups):
        yield f"{counted(unpriced, 'row')} without a price: counted as calls, not as cost"


def _assumptions(assumed: Sequence[str]) -> Iterator[str]:
    if assumed:
        yield f"assumed, not logged: {', '.join(assumed)}"


def _warnings(findings: Findings) -> Iterator[Warn]:
    first = min((g.facts.first_call for g in findings.groups if g.facts.first_call), default=None)
    if first is not None and first.year < EARLIEST:
        yield Warn(
            "early_times",
            f"the first call is dated {first:%Y-%m-%d %H:%M}: such times count from a start of their own, and were "
            "read as seconds; a log format with `occurred_at: {path: FIELD, time: ms, since: DATE}` says otherwise",
        )


def _foot(planned: int, left_out: int) -> Iterator[str]:
    if planned:
        yield f"{counted(planned, 'lever')} measured; -o scenario.yaml writes them for `costctl simulate --scenario`."
    elif not left_out:
        yield "Nothing in this log makes a lever of a scenario."
    if left_out:
        more = f"{left_out} more" if planned else counted(left_out, "measured lever")
        yield f"{more} would touch less than 0.1% of the cost each: not in the scenario."


def _estimates(findings: Findings) -> Table:
    rows = [
        row
        for estimator, measured in findings.found
        for estimate in _shown(measured)
        for row in _rows(estimator, estimate)
    ]
    return Table(
        name="estimates",
        title="Measured settings of levers",
        columns=(
            Column("estimator", "What", Kind.TEXT),
            Column("setting", "Setting", Kind.TEXT, wide_only=True),
            *ENDPOINT_AND_MODEL,
            Column("value", "Value", Kind.SHARE),
            Column("low", "Low", Kind.SHARE),
            Column("high", "High", Kind.SHARE),
            Column("by_requests", "Of the calls", Kind.SHARE),
            Column("sample", "Calls seen", Kind.COUNT),
        ),
        rows=tuple(rows),
        notes=tuple(_notes(findings)),
    )


def _shown(measured: Measured) -> list[Estimate]:
    """Return what has a value; one place needs no line for everything beside it, and nothing found no line each."""
    found = [one for one in measured.estimates if one.value is not None]
    whole = {one.variant for one in found if one.place.everything}
    places = {one.place for one in found if not one.place.everything}
    if len(places) == 1:
        return [one for one in found if not one.place.everything]
    return [one for one in found if one.value or one.place.everything or one.variant not in whole]


def _rows(estimator: Estimator, estimate: Estimate) -> Iterator[tuple[Cell, ...]]:
    variant = f" ({estimate.variant})" if estimate.variant else ""
    where = (
        (ALL, ALL) if estimate.place.everything else (estimate.place.endpoint, estimate.place.model)
    )
    figures = (estimate.value, estimate.low, estimate.high, estimate.by_requests, estimate.sample)
    title = estimator.title + variant
    yield (title, f"{estimator.lever}.{estimator.parameter}", *where, *figures)
    for name, value in estimate.further.items():
        yield (title, f"{estimator.lever}.{name}", *where, value, None, None, None, estimate.sample)


def _notes(findings: Findings) -> Iterator[str]:
    for estimator, measured in findings.found:
        shown = _shown(measured)
        if not shown:
            continue
        yield f"- {estimator.title}: {estimator.method} Limit: {estimator.limit}"
        for note, places in _noted(shown).items():
            yield f"    {_placed(note, places)}"


def _noted(shown: Sequence[Estimate]) -> dict[str, list[Estimate]]:
    """Return each remark with the estimates that it is about."""
    found: dict[str, list[Estimate]] = {}
    for one in shown:
        for note in one.notes:
            found.setdefault(note, []).append(one)
    return found


def _placed(note: str, about: Sequence[Estimate]) -> str:
    if any(one.place.everything for one in about):
        return note
    names = [
        f"{one.place.endpoint or '(none)'}, {one.place.model or '(unknown)'}"
        for one in about[:NAMED]
    ]
    more = f" and {len(about) - NAMED} more" if len(about) > NAMED else ""
    return f"{'; '.join(dict.fromkeys(names))}{more}: {note}"


def _refusals(findings: Findings) -> Iterator[Table]:
    rows: list[tuple[Cell, ...]] = []
    for estimator, measured in findings.found:
        rows += _refused(estimator, measured)
    if rows:
        yield Table(
            name="refused",
            title="What this log cannot tell",
            columns=(
                Column("estimator", "What", Kind.TEXT),
                Column("setting", "Setting", Kind.TEXT, wide_only=True),
                *ENDPOINT_AND_MODEL,
                Column("reason", "Because", Kind.TEXT),
            ),
            rows=tuple(rows),
        )


def _refused(estimator: Estimator, measured: Measured) -> list[tuple[Cell, ...]]:
    """Return why there is no value; a reason that holds everywhere stands once."""
    rows: list[tuple[Cell, ...]] = []
    for variant in dict.fromkeys(one.variant for one in measured.estimates):
        ours = [one for one in measured.estimates if one.variant == variant]
        refused = [one for one in ours if one.refused]
        reasons = {one.refused for one in refused}
        whole = len(refused) == len(ours) and len(reasons) == 1
        title = estimator.title + (f" ({variant})" if variant else "")
        setting = f"{estimator.lever}.{estimator.parameter}"
        for one in refused[:1] if whole else refused:
            everywhere = whole or one.place.everything
            endpoint = ALL if everywhere else one.place.endpoint
            model = ALL if everywhere else one.place.model
            rows.append((title, setting, endpoint, model, one.refused))
    return rows


def _result(findings: Findings, details: Sequence[Table], planned: int) -> dict[str, object]:
    settings = findings.settings
    return {
        "settings": {
            "cache_ttl_seconds": settings.cache_ttl,
            "prefix_ttl_seconds": settings.prefix_ttl,
            "easy_prompt": settings.easy.prompt,
            "easy_output": settings.easy.output,
            "cap_tokens": settings.cap,
            "window_turns": settings.window,
            "critical": list(settings.critical) if settings.critical is not None else None,
            "top": settings.top,
            "prices_at": findings.at,
        },
        "estimates": [
            _as_result(estimator, estimate)
            for estimator, measured in findings.found
            for estimate in measured.estimates
        ],
        "details": {
            table.name: [
                {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
                for row in table.rows
            ]
            for table in details
        },
        "levers": planned,
    }


def _as_result(estimator: Estimator, estimate: Estimate) -> dict[str, object]:
    place = estimate.place
    return {
        "estimator": estimator.name,
        "lever": estimator.lever,
        "parameter": estimator.parameter,
        "variant": estimate.variant or None,
        "everything": place.everything,
        "endpoint": place.endpoint,
        "model": place.model,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "by_requests": estimate.by_requests,
        "sample": estimate.sample,
        "further": dict(estimate.further),
        "names": dict(estimate.names),
        "refused": estimate.refused,
        "method": estimator.method,
        "limit": estimator.limit,
        "notes": list(estimate.notes),
    }
