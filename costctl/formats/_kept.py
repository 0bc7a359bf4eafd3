"""The built-in formats, kept as they were read: their YAML takes longer to read than many a log.

They are known by the bytes of this whole package, so whatever changes in a format, or in what reads it, is read anew. In
the file there is nothing but values of our own plain classes; one that holds anything else, or is not as it was
written, is as good as none.
"""

import hashlib
import io
import pickle
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from costctl.formats._base import Format
from costctl.user_cache import cache_folder, write_whole

OURS = "costctl.formats."
SOURCES = (".yaml", ".py")
DIGEST = 32
"""Bytes of the digest that stands before what is kept."""

Formats = Mapping[str, Format]

_BROKEN = (
    *(pickle.UnpicklingError, AttributeError, EOFError, ImportError),
    *(LookupError, TypeError, ValueError),
)
"""What reading a broken pickle may raise."""


def kept_formats(read: Callable[[], Formats]) -> Formats:
    """Return the formats that were kept, or read and keep them; nothing is kept where nothing can be written."""
    folder = cache_folder()
    if folder is None:
        return read()
    path = folder / f"formats-{_digest_of_sources()[:20]}"
    found = _load(path)
    if found is None:
        found = read()
        with suppress(OSError):
            _keep(path, found)
    return found


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    sources = {e.name: e for e in files(__package__).iterdir() if e.name.endswith(SOURCES)}
    for name in sorted(sources):
        content = sources[name].read_bytes()
        digest.update(f"|{name}|{len(content)}|".encode())
        digest.update(content)
    return digest.hexdigest()


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("decimal", "Decimal"):
            return Decimal
        found = super().find_class(module, name) if module.startswith(OURS) else None
        if not (isinstance(found, type) and is_dataclass(found)):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a format")
        return found


def _load(path: Path) -> Formats | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    told, held = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(held).digest() != told:
        return None
    try:
        found = _Reader(io.BytesIO(held)).load()
    except _BROKEN:
        return None
    good = isinstance(found, dict) and all(isinstance(form, Format) for form in found.values())
    return found if good else None


def _keep(path: Path, found: Formats) -> None:
    held = pickle.dumps(dict(found), protocol=5)
    write_whole(path, hashlib.sha256(held).digest() + held)
    for other in path.parent.glob("formats-*"):
        if other != path:  # of another version
            other.unlink(missing_ok=True)
