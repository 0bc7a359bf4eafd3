"""A progress line on a terminal, once something takes longer than a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from costctl.render.style import clean

PATIENCE = 1.0
PAUSE = 0.2
BAR = 24
NAME = 32


@dataclass
class _State:
    """Where the work is; `within` tells how much of the file at hand is done."""

    within: Callable[[], float]
    done: int = 0
    total: int = 0
    name: str = ""
    size: int = 0
    furthest: float = 0.0

    def tell(self, done: int, total: int, name: str) -> None:
        """Take bytes done, bytes in all, and the file at hand."""
        self.done, self.total, self.name = done, total, name
        with suppress(OSError, ValueError):
            self.size = Path(name).stat().st_size
        self.furthest = 0.0

    def bytes_done(self) -> int:
        """Return an estimate that never falls: a file is read by several statements, one after the other."""
        self.furthest = max(self.furthest, self.within())
        return min(self.done + int(self.size * self.furthest), self.total)


def watched(*, wanted: bool) -> bool:
    """Return whether someone at a terminal watches."""
    return wanted and sys.stderr.isatty()


@contextmanager
def progress(
    within: Callable[[], float] | None = None,
) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function to be told of bytes done, bytes in all and the file at hand.

    Nothing is drawn without `within`, which tells the share of the file at hand, and before a second has passed.
    """
    if within is None:
        yield lambda _done, _total, _name: None
        return
    state = _State(within)
    ended = threading.Event()
    drawer = threading.Thread(target=_draw, args=(state, ended), daemon=True)
    drawer.start()
    try:
        yield state.tell
    finally:
        ended.set()
        drawer.join()


def _draw(state: _State, ended: threading.Event) -> None:
    start = time.monotonic()
    if ended.wait(PATIENCE):
        return
    while not ended.wait(PAUSE):
        if state.total:
            seconds = time.monotonic() - start
            _write(f"\r\x1b[K{line(state.bytes_done(), state.total, state.name, seconds)}")
    _write("\r\x1b[K")


def line(done: int, total: int, name: str, seconds: float) -> str:
    """Return one line: bar, share, size, time, file."""
    share = min(done / total, 1.0) if total else 0.0
    filled = round(share * BAR)
    bar = "#" * filled + "." * (BAR - filled)
    shown = clean(name)
    shown = "..." + shown[3 - NAME :] if len(shown) > NAME else shown
    return f"[{bar}] {share:4.0%} of {total / 1e6:,.1f} MB, {seconds:.0f} s  {shown}"


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
