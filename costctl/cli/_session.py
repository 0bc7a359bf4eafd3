"""What every question needs: the settings, the moment, an open store with prices, and the scope asked about."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from costctl.cli import _engines
from costctl.cli._ahead import ahead, once_told
from costctl.cli._dimensions import condition_of
from costctl.cli._options import MomentOptions, PriceOptions, ScopeOptions
from costctl.cli._prices import load_prices
from costctl.cli._source_options import ConfigOptions, LogOptions, SourceOptions, words_of
from costctl.cli._when import moment_of, window_of, zone_of
from costctl.config import Config, load_config
from costctl.errors import CostctlError, NoDataError
from costctl.render.style import clean
from costctl.reports.ingest import left_out, no_log, said_of
from costctl.table import Envelope, Warn
from costctl.vocabulary import Query, Spent
from costctl.words import counted

if TYPE_CHECKING:
    from costctl.store import Store


class Moment(NamedTuple):
    """When now is, and where days begin.

    Attributes:
        as_of: naive UTC.
        zone: of day and month borders.
    """

    as_of: datetime
    zone: ZoneInfo

    @property
    def tz(self) -> str:
        """Return the name of the zone."""
        return self.zone.key


@dataclass(frozen=True)
class Session:
    """An open store with prices, and what was asked.

    Attributes:
        store: read-only, or in memory; its view `usage` holds nothing at or after the as-of moment.
        query: window, conditions, zone and price options of the command line; `by` is empty.
        pricing: version and digest of the price table; empty without prices.
        warnings: what opening had to say.
        words: of the command line, that say where usage comes from; for a command to try next.
    """

    store: "Store"
    config: Config
    moment: Moment
    query: Query
    pricing: dict[str, object]
    warnings: tuple[Warn, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def as_of(self) -> datetime:
        """Return the moment that stands for now, naive UTC."""
        return self.moment.as_of

    def spent(self, query: Query) -> list[Spent]:
        """Return what each group cost, the dearest first."""
        found: list[Spent] = _engines.rollup().spent(self.store, query)
        return found

    def total(self, query: Query | None = None) -> Spent:
        """Return what all usage in scope cost."""
        found: Spent = _engines.rollup().total(self.store, query or self.query)
        return found

    def days(self) -> tuple[date, ...] | None:
        """Return the days with usage of the question asked last; None where they do not begin with those of UTC."""
        if self.query.tz != "UTC":
            return None
        found: tuple[date, ...] = _engines.rollup().days(self.store)
        return found

    def envelope(
        self, total: Spent | None = None, days: Collection[date] | None = None
    ) -> Envelope:
        """Return what surrounds the answer.

        `total` is the sum over its scope and `days` its days with usage; both are looked up if absent.
        """
        if total is None:
            total, days = self.total(), self.days()
        missing, undated = _engines.overview().holes(self.store, self.query, days)
        data: dict[str, object] = {
            "first": total.first,
            "last": total.last,
            "rows": total.rows,
            "unpriced_requests": total.unpriced_requests,
            "unpriced_tokens": total.unpriced_tokens,
            "missing_days": list(missing),
        }
        left_out = Warn(
            "undated_excluded", f"{counted(undated, 'row')} without a time: in no period, left out"
        )
        warnings = (*self.warnings, left_out) if undated else self.warnings
        return Envelope(
            self.as_of, self.moment.tz, pricing=self.pricing, data=data, warnings=warnings
        )


def settings_of(
    options: ConfigOptions, moment: MomentOptions | None = None, prices: PriceOptions | None = None
) -> Config:
    """Return the settings of this run."""
    db = getattr(options, "db", None)
    flags = {
        "db": str(db) if db is not None else None,
        "timezone": moment.tz if moment else None,
        "as_of": moment.as_of if moment else None,
        "pricing": prices.pricing if prices else None,
    }
    return load_config(flags, os.environ, Path.cwd(), config=options.config)


def moment_in(config: Config) -> Moment:
    """Return the moment of this run: as given, else the wall clock."""
    zone = zone_of(config.timezone, config.settings["timezone"].origin)
    given = config.settings.get("as_of")
    if given is None or not given.value:
        return Moment(datetime.now(UTC).replace(tzinfo=None), zone)
    return Moment(moment_of(given.value, zone, given.origin), zone)


@contextmanager
def usage_session(
    *,
    source: SourceOptions,
    moment: MomentOptions,
    prices: PriceOptions | None = None,
    scope: ScopeOptions | None = None,
    paths: Sequence[str] = (),
    prices_at: str | None = None,
    by: Sequence[str] | None = None,
    later: Sequence[str] = (),
) -> Iterator[Session]:
    """Open what a question needs: the database read-only, or a store in memory filled from the logs named.

    Without `prices` no price table is loaded. Where the first question will be `by` these dimensions, its rows are
    grouped at once, while the modules that are needed `later` load.
    """
    config = settings_of(source, moment, prices)
    now = moment_in(config)
    query = replace(
        query_of(scope or ScopeOptions(), now),
        prices_at=moment_of(prices_at, now.zone, "--prices-at") if prices_at else None,
        fallback_model=prices.fallback_model if prices else None,
    )
    _engines.store()  # its import would fight for the interpreter with those of the other thread
    with _opened(config, source, paths, later) as (store, warnings):
        late = _engines.overview().hide_after(store, now.as_of)
        if by is not None:
            _engines.rollup_scan().scan_ahead(store, replace(query, by=tuple(by)))
        pricing = load_prices(store, config) if prices is not None else {}
        future = Warn(
            "future_rows",
            f"{counted(late, 'row')} at or after {now.as_of:%Y-%m-%d %H:%M} UTC: left out",
        )
        said = (*warnings, future) if late else warnings
        words = (*paths, *words_of(source, prices, scope, moment))
        yield Session(store, config, now, query, pricing, said, words)


def query_of(scope: ScopeOptions, moment: Moment) -> Query:
    """Return the window and the conditions asked for."""
    return Query(
        window=window_of(scope, moment.as_of, moment.zone),
        where=tuple(condition_of(text) for text in scope.where),
        tz=moment.tz,
    )


def require_rows(rows: int, paths: Sequence[str] = ()) -> None:
    """Raise after the output of a question whose scope holds nothing, be it of the database or of logs."""
    if not rows:
        raise NoDataError(
            "no usage in this scope",
            f"widen --where, --since, --until or --period; {where_to_look(paths)}",
        )


def where_to_look(paths: Sequence[str]) -> str:
    """Return which command shows what there is, in the database or in the logs named instead."""
    log, database = "formats explain FILE` shows what a log", "status` shows what a database"
    return f"`costctl {log if paths else database} holds"


@contextmanager
def _opened(
    config: Config, source: SourceOptions, paths: Sequence[str], later: Sequence[str]
) -> Iterator[tuple["Store", tuple[Warn, ...]]]:
    given = [name for name, value in asdict(LogOptions()).items() if getattr(source, name) != value]
    if not paths:
        if given:
            flag = given[0].replace("_", "-")
            raise CostctlError(f"--{flag} explains logs, and none are named", "add their PATHS")
        ahead(*later)
        with _engines.store().open(config.db) as store:
            yield store, ()
        return
    if source.db is not None:
        raise CostctlError(
            "PATHS and --db exclude each other", "`costctl ingest PATHS --db FILE` adds logs to it"
        )
    with _engines.store().memory() as store:
        yield store, read_logs(store, paths, ingest_options(source, config), *later)


def ingest_options(source: LogOptions, config: Config, **more: Any) -> Any:
    """Return the reader's options that the flags ask for."""
    zone_of(source.source_tz, "--source-tz")
    return _engines.ingest().IngestOptions(
        log_format=source.log_format,
        maps=source.map,
        sets=source.set,
        source=source.source,
        endpoint_from=source.endpoint_from,
        count_tokens=source.count_tokens,
        source_tz=source.source_tz,
        configs=config.paths[::-1],
        **more,
    )


def read_logs(store: "Store", paths: Sequence[str], options: Any, *later: str) -> tuple[Warn, ...]:
    """Fill a store in memory; a log that cannot be read is an error, what was left out a warning."""
    results = _engines.ingest().ingest(store, paths, options, once_told(None, *later))
    broken = [result for result in results if result.error]
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise CostctlError(
            clean(f"{broken[0].path}: {broken[0].error}{more}"), code="unreadable_log"
        )
    left = [result for result in results if result.listed_only]
    if left and len(left) == len(results):
        raise CostctlError(
            clean(f"{', '.join(paths)}: {no_log(results)}"),
            "`costctl formats explain FILE` shows what costctl makes of a file",
            "unreadable_log",
        )
    rejected = sum(result.rejected for result in results)
    said = [Warn("log", text) for text in said_of(results)]
    if left:
        said.append(Warn("left_out", left_out(results)))
    if rejected:
        first = next(result for result in results if result.rejected)
        said.append(
            Warn(
                "rejected_lines",
                f"{counted(rejected, 'line was', 'lines were')} rejected, first in "
                f"{first.path}: {first.first_reject}",
            )
        )
    return tuple(said)
