"""What is done before it is needed, by a thread, while the engine is at work."""

from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costctl.ingest import Progress


def ahead(*modules: str) -> None:
    """Begin to import what will be needed; it loads while the engine works.

    Whoever needs a module imports it all the same, waits for it where it is half loaded, and meets its errors.
    """

    def load() -> None:
        with suppress(Exception):
            for name in modules:
                import_module(name)

    if modules:
        Thread(target=load).start()


def once_told(tell: "Progress | None", *modules: str) -> "Progress":
    """Return the same progress, which begins to import what will be needed later with the first file.

    Sooner it would take its turns from what has to be done before anything is read.
    """
    waiting = [modules]

    def told(done: int, total: int, name: str) -> None:
        while waiting:
            ahead(*waiting.pop())
        if tell is not None:
            tell(done, total, name)

    return told
