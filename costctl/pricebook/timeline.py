"""Stretches of time, half-open, naive UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Generic, TypeVar

START = datetime.min  # noqa: DTZ901 - all times here are naive UTC
END = datetime.max  # noqa: DTZ901 - as above
"""Stand for an open start and an open end while stretches are compared."""

T = TypeVar("T")


@dataclass(frozen=True)
class Stretch(Generic[T]):
    """What holds from `start` to before `end`."""

    start: datetime
    end: datetime
    what: T


def in_turn(starts: Iterable[tuple[datetime | None, datetime | None, T]]) -> list[Stretch[T]]:
    """Return stretches that each end where the next begins, or at their own stop if that is earlier."""
    ordered = sorted(
        ((start or START, stop or END, what) for start, stop, what in starts), key=lambda s: s[0]
    )
    ends = [*(start for start, _, _ in ordered[1:]), END]
    found = [
        Stretch(start, min(stop, end), what)
        for (start, stop, what), end in zip(ordered, ends, strict=False)
    ]
    return [stretch for stretch in found if stretch.start < stretch.end]


def clip(stretches: Iterable[Stretch[T]], start: datetime, end: datetime) -> list[Stretch[T]]:
    """Return the parts within a stretch of time."""
    found = [replace(s, start=max(s.start, start), end=min(s.end, end)) for s in stretches]
    return [stretch for stretch in found if stretch.start < stretch.end]


def over(higher: Sequence[Stretch[T]], lower: Sequence[Stretch[T]]) -> list[Stretch[T]]:
    """Return the higher stretches, and the lower ones wherever no higher one holds."""
    rest = list(lower)
    for top in higher:
        rest = [
            part for s in rest for part in (*clip([s], START, top.start), *clip([s], top.end, END))
        ]
    return sorted([*higher, *rest], key=lambda stretch: stretch.start)


def at(stretches: Iterable[Stretch[T]], moment: datetime) -> T | None:
    """Return what holds at a moment."""
    return next((s.what for s in stretches if s.start <= moment < s.end), None)


def pieces(
    start: datetime, end: datetime, cuts: Iterable[datetime]
) -> list[tuple[datetime, datetime]]:
    """Return a stretch of time cut at moments."""
    inner = sorted({cut for cut in cuts if start < cut < end})
    edges = [start, *inner, end]
    return list(pairwise(edges))


def opened(moment: datetime) -> datetime | None:
    """Return None for an open end."""
    return None if moment in {START, END} else moment
