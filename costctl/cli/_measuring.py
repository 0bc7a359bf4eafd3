"""Brings a session's usage and prices to the measurements."""

import re

from costctl.cli._session import Session
from costctl.cli._when import moment_of
from costctl.errors import CostctlError
from costctl.measure import Findings, Settings, measure
from costctl.measure.scenario import left_out, planned, scenario_text
from costctl.reports.measure import measure_report
from costctl.store.measures import Easy
from costctl.table import Envelope, Report

DURATION = re.compile(r"(\d{1,6})(s|m|min|h|d)")
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
SIZES = re.compile(r"(\d{1,9})/(\d{1,9})")


def settings_of(
    *,
    cache_ttl: str,
    prefix_ttl: str,
    easy: str,
    cap: int | None,
    critical: tuple[str, ...],
    top: int,
) -> Settings:
    """Return what the flags decide."""
    sizes = SIZES.fullmatch(easy)
    if sizes is None:
        raise CostctlError(f"--easy: {easy!r} is not PROMPT/OUTPUT", "tokens, such as 1000/100")
    return Settings(
        cache_ttl=_seconds(cache_ttl, "--cache-ttl"),
        prefix_ttl=_seconds(prefix_ttl, "--prefix-ttl"),
        easy=Easy(int(sizes[1]), int(sizes[2])),
        cap=cap,
        critical=critical or None,
        top=top,
    )


def answer(
    session: Session, settings: Settings, prices_at: str | None
) -> tuple[Report, Envelope, str, int]:
    """Return the report, what surrounds it, the scenario, and how many rows of usage they are about."""
    at = moment_of(prices_at, session.moment.zone, "--prices-at") if prices_at else session.as_of
    total = session.total()
    findings = measure(session.store, session.query, at, settings)
    report = measure_report(findings, len(planned(findings)), left_out(findings))
    text = scenario_text(findings, _window(findings))
    return report, session.envelope(total), text, total.rows


def _window(findings: Findings) -> str:
    moments = [
        moment for g in findings.groups for moment in (g.facts.first, g.facts.last) if moment
    ]
    rows = sum(group.facts.rows for group in findings.groups)
    when = (
        f", {min(moments):%Y-%m-%d %H:%M} to {max(moments):%Y-%m-%d %H:%M} UTC" if moments else ""
    )
    return f"{rows:,} rows{when}"


def _seconds(text: str, flag: str) -> int:
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise CostctlError(f"{flag}: {text!r} is no duration", "such as 90s, 5m, 24h or 7d")
    return int(found[1]) * SECONDS[found[2]]
