"""The built-in formats as they are kept: the same ones, and nothing else that stands in a file."""

import hashlib
import pickle
from pathlib import Path

import pytest

from costctl import formats
from costctl.formats import _kept, builtin_names


def read() -> dict[str, formats.Format]:
    return {name: formats._builtin(name) for name in builtin_names()}


def unread() -> dict[str, formats.Format]:
    raise AssertionError("nothing was kept")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "costctl"


def test_what_is_kept_is_what_was_read(folder: Path):
    (folder).mkdir()
    (folder / "formats-of-another-version").write_bytes(b"x")
    first = _kept.kept_formats(read)
    assert len(list(folder.iterdir())) == 1
    assert _kept.kept_formats(unread) == first == read()


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("touched"),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 100,
        pickle.dumps(Evil()),
        pickle.dumps({"rollup": Evil()}),
        *(pickle.dumps([1]), pickle.dumps({"rollup": 1}), b"0."),
        pickle.dumps(formats.load_formats),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_a_file_with_anything_else_is_as_good_as_none(
    folder: Path, content: bytes, *, signed: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(folder.parent)
    good = _kept.kept_formats(read)
    (path,) = folder.iterdir()
    path.write_bytes(hashlib.sha256(content).digest() + content if signed else content)
    assert _kept.kept_formats(read) == good
    assert not Path("touched").exists()
    assert _kept.kept_formats(unread) == good


def test_what_cannot_be_kept_leaves_nothing_behind(folder: Path):
    _kept.kept_formats(read)
    (path,) = folder.iterdir()
    path.unlink()
    path.mkdir()  # where it stands, no file can be put
    assert _kept.kept_formats(read) == read()
    assert list(folder.iterdir()) == [path]


def test_nothing_is_kept_where_nothing_can_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    folder.write_text("a file where the folder should be")
    assert _kept.kept_formats(read) == read()
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    assert _kept.kept_formats(read) == read()
