"""What all tests share: a way to run the program as a user does."""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from costctl.cli import main

AS_OF = "2026-11-23T00:00:00Z"
"""What every test takes for now, unless it says otherwise."""


@dataclass(frozen=True)
class Result:
    """What a run left behind."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which prices are compiled once for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(cache: Path) -> Iterator[None]:
    """Let programs that a test starts share those prices, and leave the developer's own cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Callable[..., Result]:
    """Run the program in-process, in an empty home folder, at a fixed moment, off a terminal."""
    home = tmp_path / "home"
    home.mkdir()

    def _run(
        *args: object,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Result:
        with monkeypatch.context() as patch:
            for name in _settings():
                patch.delenv(name, raising=False)
            fixed = {"HOME": str(home), "XDG_CACHE_HOME": str(cache), "COSTCTL_AS_OF": AS_OF}
            for name, value in {**fixed, **(env or {})}.items():
                patch.setenv(name, value)
            patch.chdir(cwd or tmp_path)
            data = stdin.encode() if isinstance(stdin, str) else stdin or b""
            streams = {
                name: io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
                for name in ("stdout", "stderr")
            }
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            code = main([str(arg) for arg in args])
            texts = {name: _text(stream) for name, stream in streams.items()}
        return Result(code, texts["stdout"], texts["stderr"])

    return _run


def _settings() -> list[str]:

    ours = ("COSTCTL_", "XDG_", "GITHUB_", "GITLAB_", "_COSTCTL")
    colour = {
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR_FORCE",
        "TTY_COMPATIBLE",
        "COLUMNS",
        "LINES",
        "TERM",
        "CI",
    }
    return [name for name in os.environ if name.startswith(ours) or name in colour]


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a BytesIO
