"""What each provider lists, and how a logged name is found in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from costctl.pricebook.deployments import Entries
from costctl.pricebook.rewrite import rewrites
from costctl.pricebook.tables import Row


@dataclass(frozen=True)
class Listed:
    """What one provider lists.

    Attributes:
        rows: of its names.
        regions: region -> prefixes of names that mean it.
    """

    provider: str
    rows: Sequence[Row]
    strip_prefixes: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]
    default_region: str
    home: bool

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """Return each name with the regions it has prices in."""
        return {str(row[1]): frozenset(_texts(row[3])) for row in self.rows}

    @cached_property
    def layers(self) -> Mapping[str, int]:
        """Return each name with the highest layer that lists it."""
        return {str(row[1]): int(str(row[2])) for row in self.rows}

    @cached_property
    def folded(self) -> Mapping[str, str]:
        """Return each name by its lower case, where only one is written so."""
        found: dict[str, list[str]] = {}
        for known in self.names:
            found.setdefault(known.lower(), []).append(known)
        return {low: same[0] for low, same in found.items() if len(same) == 1}

    def tried(self, logged: str) -> tuple[str, ...]:
        """Return every name that a logged one is looked up as."""
        return tuple(name for name, _, _ in self._rewrites(logged))

    def plain(self, logged: str) -> str:
        """Return a name without the provider's own prefix."""
        prefixes = sorted(self.strip_prefixes, key=len, reverse=True)
        found = next((prefix for prefix in prefixes if logged.startswith(prefix)), "")
        return logged[len(found) :]

    def has_region_prefix(self, name: str) -> bool:
        """Return whether a name begins as one of a region does."""
        return any(name.startswith(prefix) for found in self.regions.values() for prefix in found)

    def _rewrites(self, logged: str) -> Iterator[tuple[str, str | None, bool]]:
        prefixes = [(prefix, region) for region, found in self.regions.items() for prefix in found]
        return rewrites(logged, self.strip_prefixes, prefixes)

    def find(self, logged: str) -> tuple[str, str | None] | None:
        """Return the listed name that a logged one means, and the region that its prefix names."""
        for name, region, folded in self._rewrites(logged):
            known = self.folded.get(name) if folded else name
            if known in self.names:
                return str(known), region
        return None


class Names(NamedTuple):
    """All that name resolution needs of a compiled table."""

    providers: Mapping[str, Listed]
    logged: Mapping[str, str]
    entries: Entries
    default_provider: str | None = None
    fixed: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, rows: Mapping[str, Sequence[Row]]) -> "Names":
        """Build from the rows of names, providers, regions, deployments, fixed lines and meta."""
        names = _by_provider(rows["price_names"])
        regions = _by_provider(rows["price_regions"])
        listed = {
            row[0]: _listed(row, names.get(row[0], ()), regions.get(row[0], ()))
            for row in rows["price_providers"]
        }
        logged = {
            str(name).lower(): str(row[0])
            for row in rows["price_providers"]
            for name in _texts(row[1])
        }
        meta = {str(key): str(value) for key, value in rows["price_meta"]}
        return cls(
            providers={str(name): found for name, found in listed.items()},
            logged=logged,
            entries=Entries.of(rows["price_deployments"], rows["price_fixed"]),
            default_provider=meta.get("default_provider"),
            fixed=frozenset((str(row[0]), str(row[1])) for row in rows["price_regions"] if row[3]),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(text) for text in value) if isinstance(value, (list, tuple)) else ()


def _by_provider(rows: Sequence[Row]) -> dict[object, list[Row]]:
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _listed(provider: Row, rows: Sequence[Row], regions: Sequence[Row]) -> Listed:
    return Listed(
        provider=str(provider[0]),
        rows=rows,
        strip_prefixes=_texts(provider[4]),
        regions={str(row[1]): _texts(row[2]) for row in regions},
        default_region=str(provider[3]),
        home=bool(provider[2]),
    )
