"""What a provider's cache would read over several groups, and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

from costctl.measure.base import Asked, Group, share
from costctl.measure.prefixes import Lifetime
from costctl.store.measures_prefixes import Reads


@dataclass
class Reading:
    """Sums over groups.

    Attributes:
        requests, prompt, uncached, cost: of the calls looked at.
        any_hit, whole: calls with a hit, and calls that are wholly known.
        tokens, billed: read, and read by the provider's rules.
        gained: input that would be read instead of billed in full.
        written: input that would be written to the cache.
        written_usd: what writing costs above plain input.
        saved_usd, freely_saved_usd: with the provider's rules, and with neither a minimum nor steps.
        priced: a cached price is known somewhere.
    """

    requests: int = 0
    prompt: int = 0
    uncached: int = 0
    cost: float = 0.0
    any_hit: int = 0
    whole: int = 0
    tokens: int = 0
    billed: int = 0
    gained: int = 0
    written: int = 0
    written_usd: float = 0.0
    saved_usd: float = 0.0
    freely_saved_usd: float = 0.0
    priced: bool = False

    @property
    def saved_share(self) -> float | None:
        """Return the part of the cost that would go; None without a cached price."""
        return share(self.saved_usd, self.cost) if self.priced else None

    @property
    def freely_saved_share(self) -> float | None:
        """Return the same with neither a minimum nor steps."""
        return share(self.freely_saved_usd, self.cost) if self.priced else None


def reading(asked: Asked, lifetime: Lifetime, groups: Sequence[Group]) -> Reading:
    """Return what is read in these groups if beginnings are kept so long."""
    found = Reading()
    for group in groups:
        seen = asked.prefixes.seen.get(group.facts.number)
        if seen is None:
            continue
        reads = asked.prefixes.reads.get((lifetime, group.facts.number), Reads())
        found.requests += seen.requests
        found.prompt += seen.prompt
        found.uncached += seen.uncached
        found.cost += seen.cost
        for name in ("any_hit", "whole", "tokens", "billed", "gained"):
            setattr(found, name, getattr(found, name) + getattr(reads, name))
        written = min(seen.hashed_long - reads.billed, seen.uncached - reads.gained)
        freely = min(seen.hashed - reads.tokens, seen.uncached - reads.gained_freely)
        found.written += written
        _add_money(found, group, reads, written, freely)
    return found


def _add_money(found: Reading, group: Group, reads: Reads, written: int, freely: int) -> None:
    rate = group.rate
    if rate is None or not rate.has_cache_read:
        return
    found.priced = True
    off = rate.input - rate.cache_read
    fee = rate.cache_write - rate.input if rate.has_cache_write else 0.0
    found.written_usd += written * fee
    found.saved_usd += reads.gained * off - written * fee
    found.freely_saved_usd += reads.gained_freely * off - freely * fee
