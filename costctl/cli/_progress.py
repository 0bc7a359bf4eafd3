"""A progress line on a terminal, once something takes longer than a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from costctl.render.style import clean

PATIENCE = 1.0
PAUSE = 0.2
BAR = 24
NAME = 32


@dataclass
class _State:
    done: int = 0
    total: int = 0
    name: str = ""


@contextmanager
def progress(*, wanted: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function to be told of bytes done, bytes in all and the file at hand.

    Nothing is drawn unless it is wanted, stderr is a terminal and a second has passed.
    """
    state = _State()
    ended = threading.Event()

    def _tell(done: int, total: int, name: str) -> None:
        state.done, state.total, state.name = done, total, name

    if not wanted or not sys.stderr.isatty():
        yield _tell
        return
    drawer = threading.Thread(target=_draw, args=(state, ended), daemon=True)
    drawer.start()
    try:
        yield _tell
    finally:
        ended.set()
        drawer.join()


def _draw(state: _State, ended: threading.Event) -> None:
    start = time.monotonic()
    if ended.wait(PATIENCE):
        return
    while not ended.wait(PAUSE):
        if not state.total:
            continue
        _write(f"\r\x1b[K{line(state.done, state.total, state.name, time.monotonic() - start)}")
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
