"""The folder for what can be made again at any time: to lose it costs time alone."""

import os
import tempfile
from pathlib import Path


def cache_folder() -> Path | None:
    """Return the folder; None without a home."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "costctl"
    home = os.environ.get("HOME")
    return Path(home) / ".cache" / "costctl" if home else None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file and its folder, so that two commands started together never see half of it.

    Errors: `OSError` where the folder cannot be written; nothing is left behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as out:
            out.write(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
