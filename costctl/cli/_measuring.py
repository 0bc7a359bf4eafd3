"""Brings a session's usage and prices to the measurements."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from costctl.cli._options import MomentOptions, PriceOptions, ScopeOptions
from costctl.cli._session import Session, moment_in, usage_session
from costctl.cli._session import settings_of as run_settings
from costctl.cli._source_options import SourceOptions
from costctl.errors import CostctlError
from costctl.measure import Findings, Settings, measure
from costctl.measure.compression import Compression, capped, compared, dearest_model, worth
from costctl.measure.scenario import left_out, planned, scenario_text
from costctl.reports.measure import measure_report
from costctl.reports.measure_compression import compression_report
from costctl.store.measures import Easy
from costctl.table import Envelope, Report
from costctl.words import counted

DURATION = re.compile(r"(\d{1,6})(s|m|min|h|d)")
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
SIZES = re.compile(r"(\d{1,9})/(\d{1,9})")
STDIN = "-"
PAIR = 2


def settings_of(
    *,
    cache_ttl: str,
    prefix_ttl: str,
    easy: str,
    cap: int | None,
    window: int | None,
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
        window=window,
        critical=critical or None,
        top=top,
    )


def answer(session: Session, settings: Settings) -> tuple[Report, Envelope, str, int]:
    """Return the report, what surrounds it, the scenario, and how many rows of usage they are about."""
    at = session.query.prices_at or session.as_of
    total = session.total()
    findings = measure(session.store, session.query, at, settings)
    report = measure_report(findings, len(planned(findings)), left_out(findings), total.assumed)
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
    return f"{counted(rows, 'row')}{when}"


def _seconds(text: str, flag: str) -> int:
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise CostctlError(f"{flag}: {text!r} is no duration", "such as 90s, 5m, 24h or 7d")
    return int(found[1]) * SECONDS[found[2]]


Named = tuple[str, str]
"""The name of a text, and the text."""


def texts_of(files: Sequence[str], *, capped: bool) -> list[Named]:
    """Return the texts of the files that `measure compression` names.

    Errors: `CostctlError` for a number of files that has no meaning, and for what is no text.
    """
    if not capped and len(files) != PAIR:
        what = counted(len(files), "file has", "files have")
        raise CostctlError(
            f"{what} nothing to be compared with",
            "give a text and its shorter form, or --to TOKENS to cut each text",
        )
    if files.count(STDIN) > 1:
        raise CostctlError("stdin can be read once", "give files for the other texts")
    return [(name, _text(name)) for name in files]


def _text(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise CostctlError(
            f"{name}: {error.strerror}", "give files of plain text", "unreadable_text"
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CostctlError(
            f"{name}:{line}: no UTF-8 text", "tokens are counted in text: convert it first"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise CostctlError(f"{name}:{line}: no text, but binary data", "give files of plain text")
    return text


def compression(
    texts: Sequence[Named],
    to: int | None,
    model: str | None,
    endpoint: str | None,
    *,
    source: SourceOptions,
    scope: ScopeOptions,
    moment: MomentOptions,
    prices: PriceOptions,
) -> tuple[Report, Envelope]:
    """Return what shortening saves; only an endpoint needs the database."""
    if endpoint is None:
        now = moment_in(run_settings(source, moment))
        return compression_report(_shortened(texts, to, model), None), Envelope(now.as_of, now.tz)
    with usage_session(source=source, moment=moment, prices=prices, scope=scope) as session:
        asked = (session.store, session.query, session.as_of, endpoint)
        found = _shortened(texts, to, model or dearest_model(*asked))
        value = worth(*asked, found.saved)
        return compression_report(found, value), session.envelope()


def _shortened(texts: Sequence[Named], to: int | None, model: str | None) -> Compression:
    if to is not None:
        return capped(texts, to, model)
    return compared(texts[0], texts[1], model)
