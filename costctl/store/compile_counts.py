"""How a count of tokens may be written, for the thorough statement and for the one pass over clean records.

Columns: n_* as they are logged, i_* as whole numbers.
"""

from collections.abc import Collection
from dataclasses import dataclass

from costctl.store import compile_identity as identity

SIDES = ("input", "output")
MOST = {"input": identity.MOST_INPUT, "output": identity.MOST_OUTPUT}
MOST_TOTAL = min(MOST.values())


def count(name: str, names: Collection[str], limit: int) -> tuple[str, str]:
    """Return a logged count as a whole number, and the test that it is no count; `names` are those of its record."""
    # An absurd count refuses its record, and must not overflow before it does.
    number = f"try_cast(n_{name} AS BIGINT)"
    when = f"WHEN {number} BETWEEN 0 AND {limit} THEN {number}"
    bad = bad_count(f"n_{name}", f"i_{name}")
    if name == "total":
        # Nothing is made of one that is no number, and of none where both sides are told.
        told = "try_cast(n_total AS DOUBLE) IS NOT NULL"
        missing = " OR ".join(f"i_{side} IS NULL" for side in SIDES if side in names) or "true"
        return f"CASE WHEN {told} THEN CASE {when} END END", f"({told} AND {bad} AND ({missing}))"
    if name in SIDES and {*SIDES, "total"} <= set(names):
        when += f" WHEN {_told_by_total(name)}"
    return f"CASE {when} END", bad


def _told_by_total(name: str) -> str:
    """Return the case that a side written as `true` or `false` is the 1 or 0 that the total takes it for."""
    given, made, total = (
        f"CASE n_{n} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE try_cast(n_{n} AS DOUBLE) END"
        for n in (*SIDES, "total")
    )
    side = f"n_{name}"
    return f"{side} IN ('true', 'false') AND {given} + {made} = {total} THEN CAST({side} = 'true' AS BIGINT)"


def bad_count(text: str, number: str) -> str:
    """Return the test that a filled text is no whole number, or none within the limits of `number`."""
    fraction = (
        f"(contains({text}, '.') AND NOT coalesce(try_cast({text} AS DOUBLE) = {number}, false))"
    )
    return f"({text} IS NOT NULL AND ({number} IS NULL OR {fraction}))"


@dataclass(frozen=True)
class Written:
    """Counts that one pass reads as texts.

    Attributes:
        names: the counts that the format knows.
        number: the total is read as a number.
    """

    names: Collection[str]
    number: bool

    def clean(self) -> str:
        """Return the test that each count is written in its plainest form, or missing."""
        fits = (
            f"coalesce(i_{name} BETWEEN 0 AND {most} AND NOT contains(n_{name}, '.'), n_{name} IS NULL)"
            for name, most in MOST.items()
            if name in self.names
        )
        told = " OR ".join(f"i_{side} IS NOT NULL" for side in self._sides())
        total = _total_told("n_total") if self.number else self._total()
        rest = f"CASE WHEN {self._whole()} THEN true ELSE ({told}) AND {total} END"
        return " AND ".join((*fits, rest))

    def clean_as_text(self) -> str:
        """Return the same over the texts of the thorough statement, as far as that one does not ask it anyway."""
        tests = [f"NOT coalesce(contains(n_{side}, '.'), false)" for side in self._sides()]
        if self.number:
            tests.append(f"({self._whole()} OR {_total_told('try_cast(n_total AS DOUBLE)')})")
        return " AND ".join(tests)

    def side(self, name: str) -> str:
        """Return the input or the output; a total makes up for one that is missing."""
        (other,) = set(SIDES) - {name}
        if name not in self.names:
            return "0"
        if not {other, "total"} <= set(self.names):
            return f"coalesce(i_{name}, 0)"
        rest = f"try_cast(n_total AS BIGINT) - i_{other}"
        return f"CASE WHEN i_{name} IS NOT NULL THEN i_{name} ELSE coalesce(greatest({rest}, 0), 0) END"

    def _sides(self) -> list[str]:
        return [side for side in SIDES if side in self.names]

    def _whole(self) -> str:
        """Return the test that no count is missing which a total would have to make up for."""
        return "(" + " AND ".join(f"i_{side} IS NOT NULL" for side in self._sides()) + ")"

    def _total(self) -> str:
        """Return the test that a total which has to make up for a missing side is a count."""
        if "total" not in self.names:
            return "true"
        whole = f"try_cast(n_total AS BIGINT) BETWEEN 0 AND {MOST_TOTAL}"
        return f"coalesce({whole} AND NOT contains(n_total, '.'), n_total IS NULL)"


@dataclass(frozen=True)
class Summed:
    """Counts that one pass reads as numbers, which is cheaper by much: both sides, and the total to prove them.

    Read so, `true` is 1, and what is no number is missing.
    """

    def clean(self) -> str:
        """Return the test that both sides are counts, and that the total proves those that may have been words."""
        fits = (
            f"n_{name} BETWEEN 0 AND {most} AND trunc(n_{name}) = n_{name}"
            for name, most in MOST.items()
        )
        return f"coalesce({' AND '.join(fits)} AND {_proved('n')}, false)"

    def clean_as_text(self) -> str:
        """Return the same over the texts of the thorough statement, as far as that one does not ask it anyway."""
        return f"coalesce({_proved('i')}, false)"

    def side(self, name: str) -> str:
        """Return the input or the output."""
        return f"i_{name}"


def _proved(letter: str) -> str:
    given, made, total = (f"{letter}_{name}" for name in (*SIDES, "total"))
    return f"(({given} >= 2 AND {made} >= 2) OR {given} + {made} = {total})"


def _total_told(number: str) -> str:
    """Return the test that a number is a count, or missing, as it is where there was none; `true` may stand behind a 1."""
    return f"({number} IS NULL OR ({number} BETWEEN 2 AND {MOST_TOTAL} AND trunc({number}) = {number}))"
