"""What makes two records the same call by what they say: 128 bits as SQL, alike for every way of reading.

The texts are hashed, and the numbers are laid over the hash by XOR, each in bits of its own: the microsecond from bit 64
on, the input from bit 31 and the output from bit 1. So records of equal texts and equal cost that differ in time, input
or output differ in their identity for certain, and records of different texts are as far apart as MD5 makes them. The cost, in
billionths, is spread over all bits by a fixed factor before it is laid over: two costs stand for the same bits as two
other moments and counts with a chance of no more than one in 2^100 or so. Which scope a record belongs to is a constant that
is laid over too. Writing the numbers as text and hashing them took half of the time that an identity costs.

A number that its bits cannot hold, or a time that is not there, goes into the hashed text instead, so nothing is cut off.
The last bit is free for whoever asks: it says whether an equal row must be the same call.
"""

from collections.abc import Sequence
from hashlib import blake2b

from costctl.store.compile_tree import lit

BREAK = "chr(31)"
"""Between texts, so that they cannot run into each other: no name or id holds this control character."""

MOST_INPUT = (1 << 32) - 1
MOST_OUTPUT = (1 << 30) - 1
EARLIEST = "TIMESTAMP '1970-01-01'"
LATEST = "TIMESTAMP '9999-12-31'"
MOST_USD = 1_000_000
"""Dollars whose billionths fit into 50 bits."""

SPREAD = 0x2F0B_3A96_C1D7_58E4_7B52
"""Factor of the billionths: 78 bits, twice an odd number, so that the last bit stays free."""


def content_key(scope: str, texts: Sequence[str], lanes: Sequence[str]) -> str:
    """Return the identity as SQL; its last bit is not yet set."""
    key = f"md5_number(concat({', '.join(texts)}))"
    for lane in (f"{_constant(scope)}::UHUGEINT", *lanes):
        key = f"xor({key}, {lane})"
    return key


def _constant(scope: str) -> int:
    # Below 2^126: the engine reads such a number as an integer.
    return int.from_bytes(blake2b(scope.encode(), digest_size=16).digest()) >> 2


def time_lane(moment: str) -> str:
    """Return the bits of a moment from `EARLIEST` to `LATEST`."""
    return f"CAST(epoch_us({moment}) AS UHUGEINT) * {1 << 64}::UHUGEINT"


def counts_lane(given: str, answered: str) -> str:
    """Return the bits of two counts from 0 to `MOST_INPUT` and `MOST_OUTPUT`."""
    return f"CAST({given} * {1 << 31} + {answered} * 2 AS UHUGEINT)"


def cost_lane(cost: str) -> str:
    """Return the bits of a cost from 0 to below `MOST_USD`; none where there is none."""
    # Whole billionths are the same number whatever container and form the amount came in.
    billionths = f"CAST(CAST(CAST({cost} AS DECIMAL(18, 9)) AS DOUBLE) * 1e9 AS BIGINT)"
    return f"coalesce(CAST({billionths} + 1 AS UHUGEINT) * {SPREAD}::UHUGEINT, 0::UHUGEINT)"


def any_time(moment: str | None) -> tuple[str, str | None]:
    """Return the text and the bits of any moment: one of them says it."""
    if moment is None:
        return f"concat({BREAK}, 'time=')", None
    fits = f"{moment} BETWEEN {EARLIEST} AND {LATEST}"
    return _either(fits, f"'time=', epoch_us({moment})", time_lane(moment))


def any_counts(given: str, answered: str) -> tuple[str, str]:
    """Return the text and the bits of any two counts."""
    fits = f"{given} BETWEEN 0 AND {MOST_INPUT} AND {answered} BETWEEN 0 AND {MOST_OUTPUT}"
    return _either(fits, f"'tokens=', {given}, ',', {answered}", counts_lane(given, answered))


def any_cost(cost: str) -> tuple[str, str]:
    """Return the text and the bits of any cost; one that is not there has neither."""
    fits = f"{cost} IS NULL OR ({cost} >= 0 AND {cost} < {MOST_USD})"
    shown = f"'cost=', CAST(CAST({cost} AS DECIMAL(38, 9)) AS VARCHAR)"
    return _either(fits, shown, cost_lane(cost))


def _either(fits: str, text: str, lane: str) -> tuple[str, str]:
    return (
        f"CASE WHEN {fits} THEN '' ELSE concat({BREAK}, {text}) END",
        f"CASE WHEN {fits} THEN {lane} ELSE 0::UHUGEINT END",
    )


def known_id(text: str, placeholders: Sequence[str]) -> str:
    """Return the test that a logged id identifies something."""
    words = ", ".join(lit(word) for word in placeholders)
    return f"({text} IS NOT NULL AND lower({text}) NOT IN ({words}))"
