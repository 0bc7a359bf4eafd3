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

    Errors: `OSError` where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(content)
    Path(part.name).replace(path)
