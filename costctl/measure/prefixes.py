"""How much of each prompt a provider's cache would know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from costctl.store import Store, measures_prefixes
from costctl.store.measures_prefixes import STEP, Reads, Seen, Shared, tokens_in
from costctl.store.measures_rows import SECOND

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


@dataclass(frozen=True)
class Prefixes:
    """What caches would read, all of them empty at the start of the log.

    Attributes:
        seen: the calls looked at, by group.
        reads: by lifetime and group; absent where nothing is read.
    """

    seen: Mapping[int, Seen]
    reads: Mapping[tuple[Lifetime, int], Reads]


def prefixes_of(
    store: Store, lifetimes: Sequence[Lifetime], minimum: Mapping[int, int]
) -> Prefixes:
    """Return what is read with each lifetime; `minimum` is the shortest cached prompt of each group."""
    measures_prefixes.load(store, minimum)
    found = {}
    sliding = [one.ttl for one in lifetimes if one.clock == "sliding"]
    for (ttl, group), reads in measures_prefixes.sliding(store, sliding).items():
        found[Lifetime(ttl, "sliding"), group] = reads
    for lifetime in lifetimes:
        if lifetime.clock == "fixed":
            walked = _walk(measures_prefixes.shared(store, lifetime.ttl), lifetime.ttl, minimum)
            found |= {(lifetime, group): reads for group, reads in walked.items()}
    return Prefixes(measures_prefixes.seen(store), found)


def _walk(calls: Iterable[Shared], ttl: int, minimum: Mapping[int, int]) -> dict[int, Reads]:
    """Let calls go by a cache that forgets a beginning a while after it was written."""
    life = ttl * SECOND
    written: dict[int, int] = {}
    found: dict[int, Reads] = {}
    for call in calls:
        known = _leading(call.steps, written, call.at_us - life)
        # What is still known keeps its clock; the rest is written anew.
        for step in call.steps[known:]:
            written[step] = call.at_us
        if known:
            reads = found.setdefault(call.group, Reads())
            _add(reads, call, known, minimum[call.group])
    return found


def _leading(steps: Sequence[int], written: Mapping[int, int], since: int) -> int:
    for known, step in enumerate(steps):
        if written.get(step, since - 1) < since:
            return known
    return len(steps)


def _add(reads: Reads, call: Shared, known: int, minimum: int) -> None:
    tokens = tokens_in(known, call.step_tokens, call.prompt)
    steps = tokens // STEP * STEP
    billed = steps if steps >= minimum else 0
    reads.any_hit += 1
    reads.whole += tokens == call.prompt
    reads.tokens += tokens
    reads.billed += billed
    reads.gained += min(call.uncached, max(0, billed - call.cache_read))
    reads.gained_freely += min(call.uncached, max(0, tokens - call.cache_read))
