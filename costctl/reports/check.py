"""What a budget run says: a table of verdicts, the reasons, and the same as plain values."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from costctl.budgets.anomalies import Anomaly
from costctl.budgets.verdict import Change, Driver, Outcome, Run, Status, tally
from costctl.forecast import Projection
from costctl.table import Cell, Column, Kind, Report, Table, Warn
from costctl.words import figure as unit_figure
from costctl.words import money, percent

MONEY = frozenset({"actual", "forecast", "simulate"})
TROUBLE = (Status.FAIL, Status.INCONCLUSIVE, Status.WARN)
SHOWN_GROUPS = 50
NAMED = 3

COLUMNS = (
    Column("status", "Status", Kind.STATUS),
    Column("budget", "Budget", Kind.TEXT),
    Column("check", "Check", Kind.TEXT),
    Column("value", "Value", Kind.USD),
    Column("limit", "Limit", Kind.USD),
    Column("used", "Used", Kind.SHARE),
)
VALUE, LIMIT = 3, 4
KINDS = {"USD": Kind.UNIT_USD, "share": Kind.SHARE}
"""How the figures of ratios are drawn; whole budgets are in dollars and cents."""


def check_report(run: Run, found: Sequence[Anomaly] = ()) -> Report:
    """Return the verdicts with the reasons of everything that is not a plain pass."""
    return Report(
        name="check",
        tables=(_table(run),),
        result=check_result(run, found),
        foot=tuple(_reasons(run)),
        warnings=(*run.warnings, *(Warn("anomaly", anomaly_words(a)) for a in found)),
        rows_key="budgets",
    )


def verdict_line(run: Run) -> str:
    """Return the verdict in one line."""
    return f"{run.status.value}: {tally(run.outcomes) or 'no checks'}"


def _table(run: Run) -> Table:
    kinds = {
        (number, column): KINDS.get(outcome.unit, Kind.NUMBER)
        for number, outcome in enumerate(run.outcomes)
        if outcome.basis not in MONEY
        for column in (VALUE, LIMIT)
    }
    rows = tuple(map(_row, run.outcomes))
    title = f"Budgets of {run.file.path}"
    return Table("budgets", title, COLUMNS, rows, notes=_definitions(run), kinds=kinds)


def _definitions(run: Run) -> tuple[str, ...]:
    """Return what each ratio divides by what, once."""
    ratios = [o for o in run.outcomes if o.basis == "unit"]
    return tuple(dict.fromkeys(f"{o.metric}: {o.definition}" for o in ratios))


def _row(outcome: Outcome) -> tuple[Cell, ...]:
    # A comparison has a base and no limit; less than a least value is no share of it used.
    limit = None if outcome.basis == "compare" else outcome.limit
    used = outcome.pct / 100 if limit and outcome.pct is not None and not outcome.least else None
    head = (outcome.status.value, outcome.budget, outcome.check)
    return (*head, outcome.value, limit, used)


def _reasons(run: Run) -> list[str]:
    return [
        f"{outcome.status.value} {outcome.budget}, {sentence(outcome)}"
        for outcome in sorted(run.outcomes, key=lambda o: o.status.rank)
        if outcome.status in TROUBLE or outcome.waiver or outcome.reasons
    ]


def sentence(outcome: Outcome) -> str:
    """Return what a check found, in one sentence without its status and its budget."""
    return f"{outcome.check}: {figure(outcome)}{why(outcome)}"


def why(outcome: Outcome) -> str:
    """Return the reasons of a verdict, and what is behind its figure."""
    parts = list(outcome.reasons) or ["within its limits"]
    if outcome.forecast is not None and outcome.value is not None:
        parts.append(_projected(outcome.forecast))
    if outcome.crossed_on is not None:
        parts.append(f"limit crossed on {outcome.crossed_on}")
    costly = [driver for driver in outcome.drivers if driver.cost_usd]
    if outcome.status in TROUBLE and costly:
        parts.append(_driven(costly))
    if outcome.waiver and not any("waived" in reason for reason in outcome.reasons):
        parts.append(f"waived until {outcome.waiver.until_text}: {outcome.waiver.reason}")
    return "; ".join(parts)


def _projected(projection: Projection) -> str:
    """Return how a projection was made, how wrong such ones were, and what the plain run rate says."""
    words = f"by {projection.method}"
    if projection.error_share is not None:
        words += f", past error {percent(Decimal(str(round(projection.error_share, 3))))}"
    if projection.run_rate_usd is not None and projection.method != "run-rate":
        words += f", run rate {money(Decimal(str(projection.run_rate_usd)))}"
    return words


def hints(run: Run) -> tuple[str, ...]:
    """Return what to do next, each only once."""
    found = dict.fromkeys(hint for outcome in run.outcomes for hint in outcome.hints)
    if any(o.status is Status.FAIL and o.basis in MONEY for o in run.outcomes):
        found |= dict.fromkeys(("`costctl simulate` projects what would lower the bill",))
    return tuple(found)


def figure(outcome: Outcome) -> str:
    """Return `$125.00 of $100.00, ` or an empty text where there is no figure."""
    if outcome.value is None or outcome.limit is None or outcome.basis == "compare":
        return ""
    if outcome.basis not in MONEY:
        return f"{amount(outcome.value, outcome)}, "
    return f"{amount(outcome.value, outcome)} of {amount(outcome.limit, outcome)}, "


def amount(value: Decimal, outcome: Outcome) -> str:
    """Return a figure in the unit of its check, rounded for reading."""
    return money(value) if outcome.basis in MONEY else unit_figure(value, outcome.unit)


def _driven(drivers: Sequence[Driver]) -> str:
    """Return the drivers worth a word: those that grew, or the largest where none did."""
    grew = [d for d in drivers if d.delta_usd is None or d.delta_usd > 0]
    told = (grew or list(drivers))[:NAMED]
    return f"driven by {', '.join(map(driver_words, told))}"


def driver_words(driver: Driver) -> str:
    """Return a driver as `rag_query gpt-4o $2,712.62 (+$310.20 on the period before)`."""
    name = " ".join("(none)" if value is None else str(value) for _, value in driver.key)
    if not driver.delta_usd:
        return f"{name} {money(driver.cost_usd)}"
    sign = "-" if driver.delta_usd < 0 else "+"
    return f"{name} {money(driver.cost_usd)} ({sign}{money(abs(driver.delta_usd))} on the period before)"


def anomaly_words(anomaly: Anomaly) -> str:
    """Return what stands out, in one sentence."""
    name = " ".join("(none)" if value is None else str(value) for value in anomaly.key)
    usual = f"usually ${anomaly.usual_usd:,.2f} on that weekday"
    return f"{name} on {anomaly.day}: ${anomaly.usd:,.2f}, {usual} ({anomaly.label})"


def check_result(run: Run, found: Sequence[Anomaly] = ()) -> dict[str, object]:
    """Return the verdicts as plain values."""
    return {
        "verdict": run.status.value.lower(),
        "counts": {s.value.lower(): len(run.of(s)) for s in Status},
        "budgets": [outcome_values(outcome) for outcome in run.outcomes],
        "anomalies": [_anomaly(anomaly) for anomaly in found],
    }


def outcome_values(outcome: Outcome) -> dict[str, object]:
    """Return one check as plain values."""
    waiver = outcome.waiver
    return {
        "name": outcome.budget,
        "check": outcome.check,
        "basis": outcome.basis,
        "metric": outcome.metric,
        "value": outcome.value,
        "limit": outcome.limit,
        "pct": outcome.pct,
        "status": outcome.status.value.lower(),
        "warn_at": outcome.warn_at,
        "fail_at": outcome.fail_at,
        "unit": outcome.unit,
        "direction": "min" if outcome.least else "max",
        "definition": outcome.definition or None,
        "since": outcome.window.since,
        "until": outcome.window.until,
        "days_left": outcome.days_left,
        "crossed_on": outcome.crossed_on,
        "reasons": list(outcome.reasons),
        "drivers": [_driver(driver) for driver in outcome.drivers],
        "changes": [_change(change) for change in outcome.changes[:SHOWN_GROUPS]],
        "changes_left_out": max(len(outcome.changes) - SHOWN_GROUPS, 0),
        "forecast": projection_values(outcome.forecast),
        "waiver": {"until": waiver.until_text, "reason": waiver.reason} if waiver else None,
        "line": outcome.line,
    }


def projection_values(projection: Projection | None) -> Mapping[str, object] | None:
    """Return a projection as plain values, without its days."""
    if projection is None:
        return None
    return {
        "method": projection.method,
        "rough": projection.rough,
        "history_days": projection.history_days,
        "period_days": projection.period_days,
        "spent_usd": projection.spent_usd,
        "p10_usd": projection.p10_usd,
        "p50_usd": projection.p50_usd,
        "p90_usd": projection.p90_usd,
        "origins": projection.origins,
        "error_share": projection.error_share,
        "run_rate_usd": projection.run_rate_usd,
    }


def _driver(driver: Driver) -> dict[str, object]:
    return {**dict(driver.key), "cost_usd": driver.cost_usd, "delta": driver.delta_usd}


def _change(change: Change) -> dict[str, object]:
    return {
        **dict(change.key),
        "label": change.label,
        "status": change.status.value.lower(),
        "base": change.base,
        "value": change.value,
        "delta": change.delta,
        "rel": change.rel,
        "price_effect": change.price_effect,
    }


def _anomaly(anomaly: Anomaly) -> dict[str, object]:
    endpoint, model = anomaly.key
    return {
        "endpoint": endpoint,
        "model": model,
        "day": anomaly.day,
        "label": anomaly.label,
        "usd": anomaly.usd,
        "usual_usd": anomaly.usual_usd,
        "score": anomaly.score,
    }
