"""One period of a model's prices, read strictly."""

from collections.abc import Collection
from datetime import date
from itertools import pairwise

from costctl.errors import nearest
from costctl.pricebook import values
from costctl.pricebook.facts import (
    Block,
    Blocks,
    DayWindow,
    Period,
    PromptTier,
    RegionPrices,
    Source,
)
from costctl.pricebook.values import place
from costctl.yaml_file import Reader

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


class PeriodReader:
    """Reads one period; service tiers are the keys that are no other key."""

    def __init__(self, reader: Reader, tiers: Collection[str]) -> None:
        self.reader = reader
        self.tiers = tiers

    def read(self) -> Period:
        """Return the period; what is wrong with it is noted."""
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
        for before, after in pairwise(spans):
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
                node = self.reader.get("ack") or self.reader.node
                self.reader.bad(node, f"ack: {code!r} is no warning code{nearest(code, WARNINGS)}")
        return codes
