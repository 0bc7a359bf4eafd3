"""Which entry of the user's deployments a usage row falls under, over time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

from costctl.errors import CostctlError
from costctl.pricebook.keys import Key
from costctl.pricebook.tables import Row
from costctl.pricebook.timeline import END, START, opened, pieces

Span = tuple[datetime | None, datetime | None, "Entry | None"]

PTU = "ptu"
_EXACT, _GLOB, _REGEX = 2, 1, 0


@dataclass(frozen=True)
class Entry:
    """What a deployment means in one stretch of time."""

    provider: str
    resource: str | None
    pattern: str
    start: datetime | None
    end: datetime | None
    model: str | None
    region: str | None
    place: str

    @property
    def rank(self) -> tuple[int, bool]:
        """Return how strong the entry is: exact, glob, regex; then one that names its resource."""
        kind = (
            _REGEX
            if self.pattern.startswith("regex:")
            else _GLOB
            if set(self.pattern) & set("*?[")
            else _EXACT
        )
        return kind, self.resource is not None

    def matches(self, key: Key, provider: str | None) -> bool:
        """Return whether a row falls under it, its time aside."""
        name = key.deployment or key.requested_model
        if not name or provider not in {None, self.provider}:
            return False
        if self.resource is not None and self.resource != key.resource:
            return False
        if self.rank[0] == _REGEX:
            return re.fullmatch(self.pattern.removeprefix("regex:"), name) is not None
        return name == self.pattern if self.rank[0] == _EXACT else fnmatchcase(name, self.pattern)


@dataclass(frozen=True)
class Entries:
    """All entries, those of one deployment following each other in time."""

    groups: Mapping[tuple[str, str | None, str], tuple[Entry, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, deployments: Sequence[Row], fixed: Sequence[Row]) -> "Entries":
        """Build from the rows of deployments and fixed lines.

        Provisioned units put their deployment into the region whose tokens cost nothing, while they last.
        """
        groups: dict[tuple[str, str | None, str], tuple[Entry, ...]] = {}
        for row in deployments:
            entry = _entry(row)
            key = (entry.provider, entry.resource, entry.pattern)
            groups[key] = (*groups.get(key, ()), entry)
        for row in fixed:
            if row[0] == PTU:
                _provision(groups, _provisioned(row))
        return cls(groups)

    def over_time(self, key: Key, provider: str | None) -> Iterator[Span]:
        """Yield the entry that holds in each stretch of time; None where none does.

        Errors: `CostctlError` when two deployments of one rank match.
        """
        found = self._best(key, provider)
        if not found:
            yield None, None, None
            return
        if found[0].start is not None:
            yield None, found[0].start, None
        for entry in found:
            yield entry.start, entry.end, entry
        if found[-1].end is not None:
            yield found[-1].end, None, None

    def _best(self, key: Key, provider: str | None) -> tuple[Entry, ...]:
        matching = [group for group in self.groups.values() if group[0].matches(key, provider)]
        if not matching:
            return ()
        matching.sort(key=lambda group: group[0].rank, reverse=True)
        if len(matching) > 1 and matching[0][0].rank == matching[1][0].rank:
            name = key.deployment or key.requested_model
            first, second = sorted(group[0].place for group in matching[:2])
            raise CostctlError(
                f"deployment {name!r} matches two entries: {first} and {second}",
                "name it exactly, or with its resource",
                "ambiguous_deployment",
            )
        return matching[0]


def _entry(row: Row) -> Entry:
    provider, resource, pattern, start, end, model, region, file, line = row
    return Entry(
        str(provider),
        None if resource is None else str(resource),
        str(pattern),
        _time(start),
        _time(end),
        str(model),
        None if region is None else str(region),
        f"{file}:{line}",
    )


def _time(value: object) -> datetime | None:
    return opened(value) if isinstance(value, datetime) else None


def _provisioned(row: Row) -> Entry:
    owner = str(row[1] or "azure")
    return Entry(
        owner, None, str(row[2]), _time(row[3]), _time(row[4]), None, PTU, f"{row[9]}:{row[10]}"
    )


def _provision(groups: dict[tuple[str, str | None, str], tuple[Entry, ...]], units: Entry) -> None:
    """Cut the entries of a deployment at the borders of its provisioned units; without any, add one."""
    same = [key for key in groups if (key[0], key[2]) == (units.provider, units.pattern)]
    for key in same:
        groups[key] = tuple(part for entry in groups[key] for part in _cut(entry, units))
    if not same:
        groups[(units.provider, None, units.pattern)] = (units,)


def _cut(entry: Entry, units: Entry) -> list[Entry]:
    start, end = entry.start or START, entry.end or END
    edges = pieces(start, end, (units.start or START, units.end or END))
    return [
        replace(
            entry,
            start=opened(begin),
            end=opened(stop),
            region=PTU if (units.start or START) <= begin < (units.end or END) else entry.region,
        )
        for begin, stop in edges
    ]
