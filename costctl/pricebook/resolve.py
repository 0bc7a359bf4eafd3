"""From the names in a log to a name in the price table: exact names and stated rewrites, nothing else.

No prefix, pattern or distance ever decides: a name that no rule leads to has no price, and the nearest names are
a hint for the reader alone.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from costctl.errors import nearest
from costctl.pricebook.keys import Key, Resolution, Resolved
from costctl.pricebook.names import Listed, Names
from costctl.pricebook.tables import PRICE_BOOK, Row
from costctl.pricebook.timeline import opened
from costctl.pricebook.zones import zone_of

BookRows = Callable[[str, str], Sequence[Row]]

_HINTS = 50
"""Nearest names are looked for this often at most: it is slow, and nobody reads more."""

_FROM = PRICE_BOOK.names.index("valid_from")
_TO = PRICE_BOOK.names.index("valid_to")


def resolve(names: Names, keys: Sequence[Key], book_rows: BookRows) -> Resolution:
    """Return what each key is priced as.

    `book_rows(provider, name)` gives rows of `price_book`; it is called only for deployments that change over time.

    Errors: `CostctlError` when two deployment entries of one rank match the same key.
    """
    asked = _Asked(names, book_rows)
    return Resolution(tuple(asked.one(key) for key in keys), tuple(asked.book_rows))


def _sold_by(name: str, hits: Sequence[tuple[Listed, tuple[str, str | None]]]) -> str:
    owners = ", ".join(sorted(f"{listed.provider}/{hit[0]}" for listed, hit in hits))
    return f"{name} is sold by {owners}; set pricing.default_provider, or the log's provider"


class _Asked:
    def __init__(self, names: Names, rows: BookRows) -> None:
        self.names = names
        self.rows = rows
        self.book_rows: list[Row] = []
        self.hints = 0
        self.made = 0

    def one(self, key: Key) -> Resolved:
        """Return the answer for one key, over time where its deployment was re-pointed."""
        spans = self._spans(key)
        if len(spans) == 1:
            return spans[0][2]
        found = [(start, end, answer) for start, end, answer in spans if answer.reason is None]
        if not found:
            return spans[-1][2]
        same = {(a.price_provider, a.price_name, a.price_region) for _, _, a in found}
        if len(same) == 1 and len(found) == len(spans):
            return found[-1][2]
        return self._over_time(found, found[-1][2])

    def _spans(self, key: Key) -> list[tuple[datetime | None, datetime | None, Resolved]]:
        provider = self._logged_provider(key)
        if key.provider and provider is None:
            hint = nearest(key.provider, self.names.logged).removeprefix("; ")
            reason = f"no price file for provider {key.provider}"
            return [(None, None, Resolved(reason="unknown_provider", hint=hint or reason))]
        found = []
        for start, end, entry in self.names.entries.over_time(key, provider):
            if entry is None:
                found.append((start, end, self._plain(key, provider)))
            else:
                found.append(
                    (
                        start,
                        end,
                        self._deployed(key, entry.provider, entry.model, entry.region, provider),
                    )
                )
        return found

    def _logged_provider(self, key: Key) -> str | None:
        return self.names.logged.get(key.provider.strip().lower()) if key.provider else None

    def _deployed(
        self, key: Key, owner: str, model: str | None, region: str | None, logged: str | None
    ) -> Resolved:
        """Return the answer under a deployment entry: it decides the region, and the model if the answer names none."""
        listed = self.names.providers.get(owner)
        name = key.response_model or model or key.requested_model
        if listed is None or not name:
            return self._unknown(name, ())
        hit = listed.find(name)
        if hit is None:
            return self._unknown(name, (listed,))
        return self._in_region(
            key, listed, (hit[0], region or hit[1]), basis="deployment", assumed=logged is None
        )

    def _plain(self, key: Key, provider: str | None) -> Resolved:
        name = key.response_model or key.requested_model or key.deployment
        if not name or not name.strip():
            return Resolved(reason="unknown_model", hint="the log names no model")
        if provider is not None:
            return self._listed(key, [self.names.providers[provider]], name, assumed=False)
        return self._listed(key, self._candidates(name), name, assumed=True)

    def _candidates(self, name: str) -> list[Listed]:
        """Return the providers that a name without one may belong to."""
        plain = name.strip().lower()
        by_prefix = [
            listed
            for listed in self.names.providers.values()
            if any(plain.startswith(prefix.lower()) for prefix in listed.strip_prefixes)
        ]
        if by_prefix:
            return by_prefix
        default = self.names.default_provider
        if default:
            return [self.names.providers[default]]
        return [listed for listed in self.names.providers.values() if listed.home]

    def _listed(
        self, key: Key, candidates: Sequence[Listed], name: str, *, assumed: bool
    ) -> Resolved:
        hits = [(listed, hit) for listed in candidates if (hit := listed.find(name))]
        if not hits:
            unknown = self._unknown(name, candidates or tuple(self.names.providers.values()))
            sold = self._sold_elsewhere(name) if assumed and self.hints <= _HINTS else ""
            return unknown._replace(hint=sold) if sold else unknown
        top = max(listed.layers[hit[0]] for listed, hit in hits)
        best = [(listed, hit) for listed, hit in hits if listed.layers[hit[0]] == top]
        if len(best) > 1:
            hint = _sold_by(name, best)
            return Resolved(reason="ambiguous_name", hint=hint, provider_assumed=True)
        listed, hit = best[0]
        return self._in_region(key, listed, hit, basis="exact", assumed=assumed)

    def _sold_elsewhere(self, name: str) -> str:
        """Return who sells a name that the providers asked do not know; empty where nobody does."""
        asked = ((listed, listed.find(name)) for listed in self.names.providers.values())
        hits = [(listed, hit) for listed, hit in asked if hit]
        return _sold_by(name, hits) if hits else ""

    def _in_region(
        self, key: Key, listed: Listed, hit: tuple[str, str | None], *, basis: str, assumed: bool
    ) -> Resolved:
        name, by_name = hit
        region = by_name or self._region_of_type(key, listed)
        chosen = region or listed.default_region
        if (listed.provider, chosen) in self.names.fixed:
            basis = "fixed"
        if chosen not in listed.names[name]:
            known = ", ".join(sorted(listed.names[name])) or "none"
            hint = f"{listed.provider}/{name} has no price in {chosen}; it has prices in: {known}"
            return Resolved(reason="no_region_price", hint=hint, provider_assumed=assumed)
        return Resolved(
            listed.provider,
            name,
            chosen,
            basis,
            provider_assumed=assumed,
            region_assumed=region is None,
        )

    def _region_of_type(self, key: Key, listed: Listed) -> str | None:
        """Return the region that the logged deployment type means; a place alone decides nothing."""
        kind = (key.deployment_type or "").strip().lower()
        if kind != "data_zone":
            return kind or None
        zone = zone_of(key.region)
        return (
            f"data_zone_{zone}" if zone else "data_zone" if "data_zone" in listed.regions else kind
        )

    def _unknown(self, name: str | None, candidates: Sequence[Listed]) -> Resolved:
        self.hints += 1
        known: Iterator[str] = (known for listed in candidates for known in listed.names)
        plain = candidates[0].tried(name)[-1] if name and len(candidates) == 1 else name or ""
        hint = nearest(plain, known).removeprefix("; ") if self.hints <= _HINTS else ""
        return Resolved(reason="unknown_model", hint=hint, provider_assumed=True)

    def _over_time(
        self, found: Sequence[tuple[datetime | None, datetime | None, Resolved]], last: Resolved
    ) -> Resolved:
        """Return a name of its own for a key whose deployment changed, and keep the rows that it needs."""
        self.made += 1
        name = f"(deployment {self.made})"
        for start, end, answer in found:
            for row in self.rows(str(answer.price_provider), str(answer.price_name)):
                if row[2] == answer.price_region:
                    self._keep(row, name, last, start, end)
        return Resolved(
            last.price_provider,
            name,
            last.price_region,
            last.basis,
            None,
            "",
            last.provider_assumed,
            last.region_assumed,
        )

    def _keep(
        self, row: Row, name: str, last: Resolved, start: datetime | None, end: datetime | None
    ) -> None:
        begin = _latest(row[_FROM], start)
        stop = _earliest(row[_TO], end)
        if begin is None or stop is None or begin < stop:
            cut = [last.price_provider, name, last.price_region, row[3], begin, stop, *row[6:]]
            self.book_rows.append(tuple(cut))


def _latest(first: object, second: datetime | None) -> datetime | None:
    given = [m for m in (first, second) if isinstance(m, datetime) and opened(m)]
    return max(given, default=None)


def _earliest(first: object, second: datetime | None) -> datetime | None:
    given = [m for m in (first, second) if isinstance(m, datetime) and opened(m)]
    return min(given, default=None)
