"""A ledger of hand-made calls that answers the questions budgets ask."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from costctl.vocabulary import Query, Spent, Tokens


@dataclass(frozen=True)
class Call:
    at: datetime
    usd: Decimal | None = Decimal(1)
    endpoint: str | None = "rag_query"
    model: str | None = "gpt-4o"
    team: str | None = None
    user: str | None = None
    requests: int = 1
    hits: int = 0
    tokens: Tokens = field(default_factory=lambda: Tokens(input_uncached=100, output=20))


def when(text):
    return datetime.fromisoformat(text)


def value_of(call, dimension, tz):
    if dimension == "day":
        local = call.at.replace(tzinfo=UTC).astimezone(ZoneInfo(tz))
        return local.date().isoformat()
    return getattr(call, dimension, None)


def matches(value, pattern):
    if pattern.startswith("!"):
        return value is None or not fnmatchcase(value, pattern[1:])
    return pattern == "*" if value is None else fnmatchcase(value, pattern)


class Ledger:
    def __init__(self, *calls: Call) -> None:
        self.calls = list(calls)

    def spent(self, query: Query):
        groups = defaultdict(list)
        for call in self.calls:
            if query.window.since and call.at < query.window.since:
                continue
            if query.window.until and call.at >= query.window.until:
                continue
            if all(
                any(matches(value_of(call, c.dimension, query.tz), p) for p in c.patterns)
                for c in query.where
            ):
                groups[tuple(value_of(call, d, query.tz) for d in query.by)].append(call)
        found = [spent(key, calls) for key, calls in groups.items()]
        return sorted(found, key=lambda s: (-(s.cost_usd or 0), str(s.key)))


def spent(key, calls):
    priced = [c.usd for c in calls if c.usd is not None]
    unpriced = [c for c in calls if c.usd is None]
    names = defaultdict(int)
    for call in unpriced:
        names[call.model or "(unknown)"] += call.requests
    return Spent(
        key=key,
        requests=sum(c.requests + c.hits for c in calls),
        billable_requests=sum(c.requests for c in calls),
        cache_hits=sum(c.hits for c in calls),
        tokens=Tokens(
            **{
                name: sum(getattr(c.tokens, name) for c in calls)
                for name in Tokens.__dataclass_fields__
            }
        ),
        cost_usd=sum(priced, Decimal(0)) if priced else None,
        unpriced_requests=sum(c.requests for c in unpriced),
        unpriced_tokens=sum(c.tokens.total for c in unpriced),
        unpriced_names=tuple(sorted(names.items())),
        rows=len(calls),
        first=min(c.at for c in calls),
        last=max(c.at for c in calls),
    )
