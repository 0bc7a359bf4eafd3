"""What was measured, how, and what the log cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costctl.table import Cell, Column, Kind, Report, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from costctl.measure import Estimate, Estimator, Findings, Measured

ALL = "(all)"


def measure_report(findings: Findings, planned: int) -> Report:
    """Return the estimates, the details behind them, and what was refused.

    Args:
        findings: of all estimators.
        planned: how many levers a scenario of them has.
    """
    details = [table for _, measured in findings.found for table in measured.details]
    return Report(
        name="measure",
        tables=(_estimates(findings), *_refusals(findings), *details),
        result=_result(findings, details, planned),
        head=tuple(_head(findings)),
        foot=(_foot(planned),),
        rows_key="estimates",
    )


def _head(findings: Findings) -> Iterator[str]:
    rows = sum(group.facts.rows for group in findings.groups)
    cost = sum(group.facts.cost or 0.0 for group in findings.groups)
    if rows:
        groups = len(findings.groups)
        yield (
            f"{rows:,} billable rows, ${cost:,.2f} at the price date, in {groups} "
            f"{'group' if groups == 1 else 'groups'} of endpoint and model"
        )
    if unpriced := sum(group.facts.unpriced for group in findings.groups):
        yield f"{unpriced:,} rows have no price: they count as calls, not as cost"


def _foot(planned: int) -> str:
    if not planned:
        return "Nothing in this log makes a lever of a scenario."
    levers = "1 lever" if planned == 1 else f"{planned} levers"
    return f"{levers} measured; -o scenario.yaml writes them for `costctl simulate --scenario`."


def _estimates(findings: Findings) -> Table:
    rows = [
        _row(estimator, estimate)
        for estimator, measured in findings.found
        for estimate in _shown(measured)
    ]
    return Table(
        name="estimates",
        title="Measured settings of levers",
        columns=(
            Column("estimator", "What", Kind.TEXT),
            Column("setting", "Setting", Kind.TEXT),
            Column("endpoint", "Endpoint", Kind.TEXT),
            Column("model", "Model", Kind.NAME),
            Column("value", "Value", Kind.SHARE),
            Column("low", "Low", Kind.SHARE, wide_only=True),
            Column("high", "High", Kind.SHARE, wide_only=True),
            Column("by_requests", "Of the calls", Kind.SHARE),
            Column("sample", "Calls seen", Kind.COUNT),
        ),
        rows=tuple(rows),
        notes=tuple(_notes(findings)),
    )


def _shown(measured: Measured) -> list[Estimate]:
    """Return what has a value; one place needs no line for everything beside it."""
    found = [one for one in measured.estimates if one.value is not None]
    places = {one.place for one in found if not one.place.everything}
    return [one for one in found if not one.place.everything or len(places) != 1]


def _row(estimator: Estimator, estimate: Estimate) -> tuple[Cell, ...]:
    variant = f" ({estimate.variant})" if estimate.variant else ""
    place = estimate.place
    return (
        estimator.title + variant,
        f"{estimator.lever}.{estimator.parameter}",
        ALL if place.everything else place.endpoint,
        ALL if place.everything else place.model,
        estimate.value,
        estimate.low,
        estimate.high,
        estimate.by_requests,
        estimate.sample,
    )


def _notes(findings: Findings) -> Iterator[str]:
    for estimator, measured in findings.found:
        shown = _shown(measured)
        if not shown:
            continue
        yield f"{estimator.title}: {estimator.method} {estimator.limit}"
        for note in dict.fromkeys(note for one in shown for note in _placed(one)):
            yield f"  {note}"


def _placed(estimate: Estimate) -> Iterator[str]:
    place = estimate.place
    where = (
        "" if place.everything else f"{place.endpoint or '(none)'}, {place.model or '(unknown)'}: "
    )
    for note in estimate.notes:
        yield where + note


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
                Column("setting", "Setting", Kind.TEXT),
                Column("endpoint", "Endpoint", Kind.TEXT),
                Column("model", "Model", Kind.NAME),
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
            "critical": list(settings.critical) if settings.critical is not None else None,
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
