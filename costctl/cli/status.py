"""Show what the database holds, how fresh it is and what needs attention."""

import re
from datetime import date, timedelta
from typing import Annotated

import typer

from costctl.cli import _engines
from costctl.cli._options import MomentOptions, OutputOptions, PriceOptions, flat
from costctl.cli._output import write
from costctl.cli._session import Session, moment_in, settings_of, usage_session
from costctl.cli._source_options import DbOptions, SourceOptions
from costctl.errors import CostctlError, NoDataError
from costctl.reports.status import (
    Standing,
    needs_attention,
    settings_report,
    status_report,
)
from costctl.table import Envelope
from costctl.vocabulary import Spent

AGE = re.compile(r"([0-9]{1,6})([hdw])")
HOURS = {"h": 1, "d": 24, "w": 168}

Rejects = Annotated[bool, typer.Option("--rejects", help="List the lines that could not be read.")]
ShowConfig = Annotated[
    bool,
    typer.Option(
        "--show-config", help="Show every setting and where it came from; opens no database."
    ),
]
MaxAge = Annotated[
    str | None,
    typer.Option(metavar="2d", help="Exit code 3 when the newest usage is older: 12h, 2d, 1w."),
]


@flat
def command(
    *,
    rejects: Rejects = False,
    show_config: ShowConfig = False,
    max_age: MaxAge = None,
    db: DbOptions,
    prices: PriceOptions,
    moment: MomentOptions,
    output: OutputOptions,
) -> None:
    """Show what the database holds, how fresh it is and what needs attention.

    Exit code 3 means: no usage, more than 0.5% of requests without a price, or usage older than --max-age.

    Examples:
      costctl status
      costctl status --max-age 2d --json
    """
    if show_config:
        _show_settings(db, prices, moment, output)
        return
    allowed = _age(max_age)
    source = SourceOptions(config=db.config, db=db.db)
    later = ("costctl.store.rollup", f"costctl.render.{output.shape}")
    with usage_session(source=source, moment=moment, prices=prices, by=(), later=later) as session:
        total = session.total()
        days = session.days()
        standing = _standing(session, total, days, allowed, rejects=rejects)
        envelope = session.envelope(total, days)
    write(status_report(standing), envelope, output)
    attention = needs_attention(standing)
    if attention:
        hint = "`costctl ingest LOGS` adds usage" if not standing.total.rows else ""
        raise NoDataError("; ".join(warn.message for warn in attention), hint, attention[0].code)


def _standing(
    session: Session,
    total: Spent,
    days: tuple[date, ...] | None,
    max_age: timedelta | None,
    *,
    rejects: bool,
) -> Standing:
    overview = _engines.overview()
    store = session.store
    missing, _ = overview.holes(store, session.query, days)
    return Standing(
        database=str(session.config.db),
        as_of=session.as_of,
        total=total,
        sources=overview.sources(store),
        missing_days=missing,
        last_ingest=overview.last_ingest(store),
        rejected=overview.reject_count(store),
        rejects=overview.rejects(store) if rejects else None,
        doubled=_engines.doubled().counted_twice(store),
        pricing=session.pricing,
        max_age=max_age,
    )


def _show_settings(
    db: DbOptions, prices: PriceOptions, moment: MomentOptions, output: OutputOptions
) -> None:
    config = settings_of(db, moment, prices)
    now = moment_in(config)
    known = (*config.settings.values(), *config.details)
    values = [(setting.name, setting.value, setting.origin) for setting in known]
    report = settings_report(sorted(values), [str(path) for path in config.paths])
    write(report, Envelope(now.as_of, now.tz), output)


def _age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = AGE.fullmatch(text)
    if found is None:
        raise CostctlError(f"--max-age: {text!r} is no duration", "write 12h, 2d or 1w")
    return timedelta(hours=int(found[1]) * HOURS[found[2]])
