"""How much of each prompt a provider's cache would know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from costctl.store.measures_rows import Stepped

SECOND = 1_000_000
STEP = 128
"""Providers bill cached tokens in steps of so many."""

FIRST_STEP = 1024
"""About so many tokens are 4,096 characters of English, the first step where text was hashed; the next ones double."""

FOREVER = 10**12


@dataclass(frozen=True)
class Lifetime:
    """How long a provider keeps a beginning.

    Attributes:
        ttl: seconds.
        clock: `sliding`: from its last use; `fixed`: from when it was written.
    """

    ttl: int
    clock: str


@dataclass
class Reads:
    """What a cache would have read.

    Attributes:
        requests: calls looked at.
        prompt: their prompt tokens.
        uncached: those that were billed in full.
        tokens: read from the cache.
        billed: the same with the provider's minimum and steps.
        gained: of `billed`, what is not already read from the provider's cache.
        written: tokens of known steps that were not read, in prompts of at least the minimum.
        any_hit, whole: calls with a hit, and calls that are wholly known.
    """

    requests: int = 0
    prompt: int = 0
    uncached: int = 0
    tokens: int = 0
    billed: int = 0
    gained: int = 0
    written: int = 0
    any_hit: int = 0
    whole: int = 0


def tokens_in(steps: int, step_tokens: int | None, prompt: int) -> int:
    """Return the tokens of the first steps of a prompt."""
    if not steps:
        return 0
    size = steps * step_tokens if step_tokens else FIRST_STEP << (steps - 1)
    return min(size, prompt)


@dataclass
class Walk:
    """One provider's cache while calls go by.

    Attributes:
        lifetimes: for which hits are counted, all at once.
        used: hash -> when it was last used.
        written: for each fixed lifetime: hash -> when it was written.
    """

    lifetimes: Sequence[Lifetime]
    used: dict[str, int] = field(default_factory=dict)
    written: dict[Lifetime, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def step(self, call: Stepped) -> dict[Lifetime, int]:
        """Return how many leading steps of a call are known, and remember all of it."""
        found = {}
        for lifetime in self.lifetimes:
            fixed = lifetime.clock == "fixed"
            seen = self.written[lifetime] if fixed else self.used
            since = call.at_us - lifetime.ttl * SECOND
            found[lifetime] = _leading(call.steps, seen, since)
            if fixed:
                # What is still known keeps its clock; the rest is written anew.
                for hash_ in call.steps[found[lifetime] :]:
                    seen[hash_] = call.at_us
        for hash_ in call.steps:
            self.used[hash_] = call.at_us
        return found


def _leading(steps: Sequence[str], seen: Mapping[str, int], since: int) -> int:
    known = 0
    for hash_ in steps:
        at = seen.get(hash_)
        if at is None or at < since:
            break
        known += 1
    return known


def reads_of(
    calls: Iterable[Stepped], lifetimes: Sequence[Lifetime], minimum: Mapping[int, int]
) -> dict[tuple[Lifetime, int], Reads]:
    """Return what caches would read, by lifetime and group; `minimum` is the shortest cached prompt of each group.

    Calls come by cache, then in time; every cache starts empty.
    """
    found: dict[tuple[Lifetime, int], Reads] = defaultdict(Reads)
    for _, one in groupby(calls, key=lambda call: call.cache):
        walk = Walk(lifetimes)
        for call in one:
            for lifetime, steps in walk.step(call).items():
                _add(found[lifetime, call.group], call, steps, minimum.get(call.group, 1024))
    return found


def _add(reads: Reads, call: Stepped, steps: int, minimum: int) -> None:
    tokens = tokens_in(steps, call.step_tokens, call.prompt)
    billed = tokens // STEP * STEP
    billed = billed if billed >= minimum else 0
    reads.requests += 1
    reads.prompt += call.prompt
    reads.uncached += call.uncached
    reads.tokens += tokens
    reads.billed += billed
    reads.gained += min(call.uncached, max(0, billed - call.cache_read))
    if call.prompt >= minimum:
        known = tokens_in(len(call.steps), call.step_tokens, call.prompt)
        reads.written += max(0, known - billed)
    reads.any_hit += steps > 0
    reads.whole += tokens == call.prompt and steps > 0
