"""One provider of one price file, read strictly: every problem is noted, none stops the reading."""

from collections.abc import Collection
from datetime import date, datetime

from costctl.errors import nearest
from costctl.pricebook import values
from costctl.pricebook.facts import (
    Block,
    Blocks,
    DayWindow,
    Model,
    Period,
    Place,
    Pointer,
    PromptTier,
    ProviderFile,
    Region,
    RegionPrices,
    Source,
    Uplift,
)
from costctl.pricebook.tables import KINDS, SERVICE_TIERS
from costctl.pricebook.values import place
from costctl.yaml_file import Node, Reader

WARNINGS = (
    "unit_suspect",
    "moved_by_power",
    "swapped",
    "cache_dearer",
    "write_cheaper",
    "tier_order",
    "tier_incomplete",
    "gap",
    "stale_price",
    "scheduled_unconfirmed",
    "retired_in_use",
    "sibling_not_cheaper",
    "sibling_retired",
)
"""Codes that `ack` may name."""

_NO_SOURCE = Source("", date.min)


def provider_file(top: Reader, *, inline: bool = False) -> ProviderFile:
    """Read a whole provider; an inline one (in a configuration) needs no `schema`."""
    top.text("schema", required=not inline, choices=("1",))
    top.text("currency", required=True, choices=("USD",))
    top.text("unit", required=True, choices=("per_million_tokens",))
    name = top.text("provider", required=True) or ""
    tiers_known = top.texts("tiers_known")
    found = ProviderFile(
        provider=name,
        place=place(top),
        names=tuple(sorted({name, *top.texts("names")})),
        home=top.flag("home"),
        default_region=top.text("default_region"),
        strip_prefixes=top.texts("strip_prefixes"),
        regions=_regions(top),
        extends=top.text("extends"),
        tiers_known=tiers_known,
        models=_models(top, (*SERVICE_TIERS, *tiers_known)),
    )
    top.done()
    return found


def _regions(top: Reader) -> dict[str, Region]:
    inner = top.mapping("regions")
    if inner is None:
        return {}
    found = {}
    for name in inner.keys():  # noqa: SIM118 - a Reader is no mapping
        node = inner.get(name)
        if node is not None and node.text == "fixed":
            found[name] = Region(name, place(inner, node), fixed=True)
            continue
        stated = inner.mapping(name)
        if stated is not None:
            prefixes = stated.texts("prefixes")
            found[name] = Region(name, place(stated), _uplifts(stated), prefixes)
            stated.done()
    return found


def _uplifts(region: Reader) -> tuple[Uplift, ...]:
    node = region.get("uplift")
    if node is None:
        return ()
    if node.items is None:
        single = values.factor(region, "uplift")
        return (Uplift(single, None, place(region, node)),) if single else ()
    found = []
    for entry in region.mappings("uplift"):
        stated = values.factor(entry, "uplift")
        start = values.moment(entry, "from", required=True)
        entry.done()
        if stated:
            found.append(Uplift(stated, start, place(entry)))
    _no_twins(region, [(uplift.start, uplift.place) for uplift in found], "uplifts")
    return tuple(sorted(found, key=lambda uplift: uplift.start or datetime.min))


def _no_twins(reader: Reader, starts: list[tuple[object, Place]], what: str) -> None:
    seen: dict[object, Place] = {}
    for start, where in starts:
        if start in seen:
            reader.problems.add(
                where.line,
                f"two {what} from {start or 'null'}; the first is on line {seen[start].line}",
            )
        seen.setdefault(start, where)


def _models(top: Reader, tiers: Collection[str]) -> tuple[Model, ...]:
    if top.get("models", required=True) is None:
        return ()
    return tuple(model(entry, tiers) for entry in top.mappings("models"))


def model(entry: Reader, tiers: Collection[str]) -> Model:
    """Read one entry under `models`."""
    periods = tuple(_Period(stated, tiers).read() for stated in entry.mappings("prices"))
    alias_of = pointers(entry, "alias_of")
    cache = entry.mapping("prompt_cache")
    found = Model(
        id=entry.text("id", required=True) or "",
        place=place(entry),
        kind=entry.text("kind", choices=KINDS),
        family=entry.text("family"),
        released=entry.day("released"),
        retires_on=entry.day("retires_on"),
        siblings=pointers(entry, "cheaper_sibling"),
        prompt_cache_min_tokens=values.whole(cache, "min_tokens", required=True) if cache else None,
        aliases=entry.texts("aliases"),
        alias_of=alias_of,
        inherits=entry.text("inherits"),
        periods=periods,
        note=entry.text("note"),
    )
    if cache:
        cache.done()
    if alias_of and (periods or found.inherits):
        entry.bad(
            entry.node, f"{found.id}: an alias has no prices of its own; keep alias_of or prices"
        )
    if not alias_of and not periods and not found.inherits:
        entry.bad(entry.node, f"{found.id}: neither prices, alias_of nor inherits")
    _check_periods(entry, periods)
    entry.done()
    return found


def pointers(entry: Reader, key: str) -> tuple[Pointer, ...]:
    """Read a name, or a dated list of names."""
    node = entry.get(key)
    if node is None:
        return ()
    if node.text is not None:
        return (Pointer(node.text, None, place(entry, node)),)
    found = []
    for stated in entry.mappings(key):
        target = stated.text("to", required=True)
        start = values.moment(stated, "from", required=True)
        stated.done()
        if target:
            found.append(Pointer(target, start, place(stated)))
    _no_twins(entry, [(pointer.start, pointer.place) for pointer in found], "pointers")
    return tuple(sorted(found, key=lambda pointer: pointer.start or datetime.min))


def _check_periods(entry: Reader, periods: tuple[Period, ...]) -> None:
    """Note periods that begin together or reach into each other; withdrawn ones price nothing."""
    active = [period for period in periods if period.withdrawn is None]
    _no_twins(entry, [(period.start, period.place) for period in active], "periods")
    ordered = sorted(active, key=lambda period: period.start or datetime.min)
    for period, after in zip(ordered, ordered[1:], strict=False):
        if period.stop and after.start and period.stop > after.start:
            what = f"to: {period.stop} reaches into the period from {after.start} on line {after.place.line}"
            entry.problems.add(period.place.line, what)


class _Period:
    """Reads one period; service tiers are the keys that are no other key."""

    def __init__(self, reader: Reader, tiers: Collection[str]) -> None:
        self.reader = reader
        self.tiers = tiers

    def read(self) -> Period:
        reader = self.reader
        start = values.moment(reader, "from", required=True)
        stop = values.moment(reader, "to")
        if start and stop and stop <= start:
            reader.bad(reader.node, f"to: {stop} is not after from: {start}")
        found = Period(
            start=start,
            stop=stop,
            first_seen=values.moment(reader, "first_seen"),
            prices=self._blocks(reader),
            windows=self._windows(),
            regions=self._regions(),
            source=self._source(),
            place=place(reader),
            scheduled=reader.flag("scheduled"),
            announced=reader.day("announced"),
            confirmed=reader.day("confirmed"),
            withdrawn=reader.day("withdrawn"),
            ack=self._ack(),
        )
        if not found.prices.service_tiers and not found.regions:
            reader.bad(reader.node, "a period without prices: write a block such as standard")
        reader.done(also=self.tiers)
        return found

    def _blocks(self, reader: Reader) -> Blocks:
        tiers = tuple(self._prompt_tier(stated) for stated in reader.mappings("tiers"))
        sizes = [tier.min_prompt_tokens for tier in tiers]
        if sizes != sorted(set(sizes)):
            reader.bad(
                reader.node, f"tiers: min_prompt_tokens {sizes} do not rise from one to the next"
            )
        return Blocks(self._by_tier(reader), tiers)

    def _by_tier(self, reader: Reader) -> dict[str, Block]:
        found = {}
        for key in reader.keys():  # noqa: SIM118 - a Reader is no mapping
            stated = values.block(reader, key) if key in self.tiers else None
            if stated is not None:
                found[key] = stated
        return found

    def _prompt_tier(self, stated: Reader) -> PromptTier:
        size = values.whole(stated, "min_prompt_tokens", required=True) or 1
        mode = stated.text("mode", required=True)
        if mode not in {None, "whole_request"}:
            why = "no vendor prices by brackets: a long prompt makes the whole request dearer"
            stated.bad(
                stated.get("mode") or stated.node, f"mode: {mode!r}; write whole_request ({why})"
            )
        blocks = self._by_tier(stated)
        if not blocks:
            stated.bad(stated.node, "a prompt tier without prices: write a block such as standard")
        stated.done(also=self.tiers)
        return PromptTier(size, blocks, place(stated))

    def _windows(self) -> tuple[DayWindow, ...]:
        found = []
        for stated in self.reader.mappings("windows"):
            found.append(
                DayWindow(
                    name=stated.text("name", required=True) or "",
                    weekdays=values.weekdays(stated, "weekdays"),
                    tz=values.zone(stated, "tz") or "UTC",
                    hours=values.hours(stated, "hours"),
                    except_dates=values.days(stated, "except_dates"),
                    prices=self._blocks(stated),
                    place=place(stated),
                )
            )
            stated.done(also=self.tiers)
        self._check_windows(found)
        return tuple(found)

    def _check_windows(self, windows: list[DayWindow]) -> None:
        for problem, attribute in (("time zone", "tz"), ("list of except_dates", "except_dates")):
            if len({getattr(window, attribute) for window in windows}) > 1:
                self.reader.bad(
                    self.reader.node, f"windows: all windows of a period have one {problem}"
                )
        spans = sorted(
            (day, start, end, window.name, window.place.line)
            for window in windows
            for day in window.weekdays
            for start, end in window.hours
        )
        for before, after in zip(spans, spans[1:], strict=False):
            if before[0] == after[0] and after[1] < before[2]:
                what = f"windows {before[3]} and {after[3]} overlap on weekday {before[0]}"
                self.reader.problems.add(after[4], what)

    def _regions(self) -> dict[str, RegionPrices]:
        inner = self.reader.mapping("regions")
        found = {}
        for name in inner.keys() if inner else ():
            stated = inner.mapping(name) if inner else None
            if stated is None:
                continue
            prices = self._blocks(stated)
            uplift = values.factor(stated, "uplift")
            stated.done(also=self.tiers)
            if uplift is None and not prices.service_tiers:
                stated.bad(stated.node, f"region {name}: neither uplift nor prices")
            found[name] = RegionPrices(uplift, prices, place(stated))
        return found

    def _source(self) -> Source:
        stated = self.reader.mapping("source", required=True)
        if stated is None:
            return _NO_SOURCE
        found = Source(
            url=stated.text("url", required=True) or "",
            retrieved=stated.day("retrieved", required=True) or date.min,
            checked=stated.day("checked"),
            confidence=stated.text("confidence", "medium", choices=("high", "medium", "low"))
            or "medium",
            conflict=stated.text("conflict"),
        )
        stated.done()
        return found

    def _ack(self) -> tuple[str, ...]:
        codes = self.reader.texts("ack")
        for code in codes:
            if code not in WARNINGS:
                node: Node = self.reader.get("ack") or self.reader.node
                self.reader.bad(node, f"ack: {code!r} is no warning code{nearest(code, WARNINGS)}")
        return codes
