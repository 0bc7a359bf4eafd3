"""Baselines: saved from a session, read from a file, shown, and priced again."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import costctl
from costctl.baseline import DIMENSIONS, Baseline, BaselineRow, ends, from_text, to_values
from costctl.cli import _engines
from costctl.cli._prices import load_prices
from costctl.cli._session import Session
from costctl.errors import CostctlError
from costctl.render.json import dumps
from costctl.reports.baseline import baseline_report
from costctl.table import Envelope, Report
from costctl.vocabulary import ALL_CLASSES, Query, Window

ZERO = Decimal(0)
INSTANT = timedelta(microseconds=1)


def read_baseline(path: Path) -> Baseline | None:
    """Return the baseline of a file; None where there is none."""
    try:
        return from_text(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CostctlError(f"{path}: cannot be read: {error}", code="invalid_baseline") from error


def shown(path: Path) -> tuple[Report, Envelope]:
    """Return the report of a baseline file."""
    baseline = read_baseline(path)
    if baseline is None:
        raise CostctlError(f"{path}: no such file", "`costctl baseline save` writes one")
    _, until = ends(baseline.window)
    return baseline_report(baseline, str(path)), Envelope(
        until, baseline.tz, baseline.currency, baseline.pricing
    )


def text_of(baseline: Baseline) -> str:
    """Return the content of a baseline file."""
    return dumps(to_values(baseline)) + "\n"


def baseline_of(session: Session) -> Baseline:
    """Return the aggregates of a session's scope."""
    window = session.query.window
    since = window.since or session.total().first or session.as_of
    until = min(window.until or session.as_of, session.as_of)
    query = replace(session.query, by=DIMENSIONS, window=Window(since, until))
    sums = _engines.classes().class_sums(session.store, query, by_step=True)
    rows = tuple(
        BaselineRow(
            key=tuple(None if value is None else str(value) for value in s.key),
            step=s.step,
            requests=s.requests,
            billable_requests=s.billable_requests,
            cache_hits=s.cache_hits,
            unpriced_requests=s.unpriced_requests,
            tokens=s.tokens,
            cost_usd=s.cost_usd,
            logged_cost_usd=s.logged_cost_usd,
            class_cost_usd=tuple(sorted(s.class_cost_usd.items())),
        )
        for s in sums
    )
    return Baseline(
        Window(since, until),
        session.moment.tz,
        rows,
        pricing=dict(session.pricing),
        tool_version=costctl.__version__,
    )


def repriced(session: Session, baseline: Baseline) -> Baseline | None:
    """Return a baseline at today's prices; None where some usage that had a price no longer has one."""
    end = session.as_of - INSTANT
    rows = [_usage(row, end) for row in baseline.rows]
    with _engines.store().memory() as store:
        store.add_rows(rows)
        load_prices(store, session.config)
        query = Query(by=DIMENSIONS, prices_at=end)
        sums = {
            (s.key, s.step): s for s in _engines.classes().class_sums(store, query, by_step=True)
        }
    unpriced = sum(s.unpriced_requests for s in sums.values())
    if unpriced > sum(row.unpriced_requests for row in baseline.rows):
        return None
    costs: dict[tuple[object, ...], Decimal] = {}
    for s in sums.values():
        costs[s.key] = costs.get(s.key, ZERO) + (s.cost_usd or ZERO)
    # The new cost of a group stands in its first row: sums over rows are all that is asked for.
    found = [replace(r, cost_usd=costs.pop(r.key, ZERO), class_cost_usd=()) for r in baseline.rows]
    return replace(baseline, rows=tuple(found), pricing=dict(session.pricing))


def _usage(row: BaselineRow, at: datetime) -> dict[str, object]:
    endpoint, model, provider, region, tier = row.key
    return {
        "occurred_at": at,
        "granularity": "bucket",
        "endpoint": endpoint,
        "response_model": model,
        "provider": provider,
        "region": region,
        "tier": tier,
        "requests": row.billable_requests,
        "prompt_tokens_from": row.step,
        **{name: getattr(row.tokens, name) for name in ALL_CLASSES},
    }
