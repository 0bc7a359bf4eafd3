"""What keeping only the last turns of a chat would remove."""

from collections.abc import Mapping, Sequence

from costctl.measure import refusals
from costctl.measure.base import (
    EVERYTHING,
    Asked,
    Estimate,
    Estimator,
    Group,
    Measured,
    Place,
    share,
)
from costctl.store import measures_shares
from costctl.store.measures_shares import Windowed
from costctl.table import Cell, Column, Kind, Table

WINDOWS = (1, 2, 4, 8, 16)
"""Turns that are shown beside the number asked for."""

Found = Mapping[tuple[int, int], Windowed]
"""By group and turns that stay."""


def measure(asked: Asked) -> Measured:
    """Find the input that stands for turns before the window."""
    own = asked.settings.window
    windows = sorted({*WINDOWS, own}) if own else list(WINDOWS)
    found = {(one.group, one.turns): one for one in measures_shares.windowed(asked.store, windows)}
    told = {group for group, _ in found}
    able = [g for g in asked.generating if g.facts.number in told]
    each = [_one(asked, g.place, (g,), found) for g in asked.generating if asked.is_listed(g)]
    if own and able:
        each.insert(0, _one(asked, EVERYTHING, able, found))
    tables = (_table(asked, able, windows, found),) if able else ()
    return Measured(tuple(each), tables)


def _why_not(asked: Asked, groups: Sequence[Group], found: Found) -> str | None:
    if not any(g.facts.singles for g in groups):
        return refusals.NO_CALLS
    if any(g.facts.sampled for g in groups):
        return "a sampled log holds only some of the turns"
    if not any((g.facts.number, WINDOWS[0]) in found for g in groups):
        return "no session is logged: turns of a chat cannot be told"
    if asked.settings.window is None:
        return "how many turns may stay is a decision: give --window TURNS"
    return None


def _one(asked: Asked, place: Place, groups: Sequence[Group], found: Found) -> Estimate:
    reason = _why_not(asked, groups, found)
    window = asked.settings.window
    if reason is not None or window is None:
        return Estimate(place, None, sum(g.facts.rows for g in groups), reason)
    cut = [one for g in groups if (one := found.get((g.facts.number, window)))]
    calls = [asked.calls[g.facts.number] for g in groups]
    value = share(sum(one.removed for one in cut), sum(one.uncached for one in calls))
    requests, named = sum(one.requests for one in calls), sum(one.requests for one in cut)
    return Estimate(
        place,
        value,
        named,
        None if value is not None else "no input that was billed in full",
        by_requests=share(sum(one.beyond for one in cut), requests),
        plan=bool(value) and not place.everything,
        notes=(f"{named:,} of {requests:,} calls name a session",) if named < requests else (),
    )


def _table(asked: Asked, groups: Sequence[Group], windows: Sequence[int], found: Found) -> Table:
    requests = sum(asked.calls[g.facts.number].requests for g in groups)
    tokens = sum(asked.calls[g.facts.number].uncached for g in groups)
    rows: list[tuple[Cell, ...]] = []
    for window in windows:
        cut = [one for g in groups if (one := found.get((g.facts.number, window)))]
        beyond, removed = sum(one.beyond for one in cut), sum(one.removed for one in cut)
        rows.append((window, beyond, share(beyond, requests), removed, share(removed, tokens)))
    return Table(
        name="history",
        title="Input beyond the last turns of a session",
        columns=(
            Column("turns", "Turns kept", Kind.COUNT),
            Column("requests", "Calls beyond", Kind.COUNT),
            Column("request_share", "Of the calls", Kind.SHARE),
            Column("tokens", "Tokens", Kind.COUNT),
            Column("share", "Of the input", Kind.SHARE),
        ),
        rows=tuple(rows),
    )


ESTIMATOR = Estimator(
    name="history",
    lever="context",
    parameter="saved",
    title="older turns of chats",
    method="Share of the input billed in full by which later prompts of a session are longer than the prompt of its "
    "last turn within the window.",
    limit="Which turns an answer needed is not in the log, and cutting the front of a history breaks the provider's "
    "cache: cut in steps.",
    measure=measure,
)
