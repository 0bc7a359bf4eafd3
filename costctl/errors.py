"""What can go wrong, and the exit code it ends with."""

from collections.abc import Collection
from enum import IntEnum

FEW_KEYS = 24
"""Keys that a message can name one by one."""


class ExitCode(IntEnum):
    """Exit codes: a public contract."""

    OK = 0
    OVER_BUDGET = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 70
    INTERRUPTED = 130


class CostctlError(Exception):
    """An error the user can act on: one line and a hint, never a traceback.

    Attributes:
        hint: what to do next; may be empty.
        code: a stable word for machine output, such as `usage` or `locked`.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, hint: str = "", code: str = "usage") -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class NoDataError(CostctlError):
    """The window holds no usage, so the question has no answer."""

    exit_code = ExitCode.INCONCLUSIVE

    def __init__(self, message: str, hint: str = "", code: str = "no_data") -> None:
        super().__init__(message, hint, code)


class OverBudgetError(CostctlError):
    """A budget failed. Only `check` raises it, after its output is written."""

    exit_code = ExitCode.OVER_BUDGET

    def __init__(self, message: str, hint: str = "", code: str = "over_budget") -> None:
        super().__init__(message, hint, code)


def nearest(name: str, known: object) -> str:
    """Return `; did you mean X?` for the closest known name, else an empty text."""
    from difflib import get_close_matches  # noqa: PLC0415 - only an error path pays for it

    names = sorted(str(n) for n in known) if hasattr(known, "__iter__") else []
    small = name.casefold()
    # Capitals, and a name cut short, are as common a slip as one spelled wrong.
    close = (
        get_close_matches(name, names, n=1)
        or [other for other in names if other.casefold() == small]
        or [other for other in names if small and other.casefold().startswith(small)]
    )
    return f"; did you mean {close[0]}?" if close else ""


def nearest_key(key: str, known: Collection[str]) -> str:
    """Return the closest known key as `nearest` does; without a close one all of them, where they are few."""
    close = nearest(key, known)
    if close or not 0 < len(known) <= FEW_KEYS:
        return close
    return f"; known here: {', '.join(sorted(known))}"
