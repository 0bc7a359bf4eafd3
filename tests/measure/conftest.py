"""One measurement for all tests of a module."""

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from costctl.cli import main
from tests.conftest import AS_OF
from tests.measure.logs import logged

Measure = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Measure:
    """Measure calls as `measure --json` does; each log is read once for the tests of a module."""

    def _measured(calls: Sequence[Mapping[str, object]], *words: object) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("measured")
        args = ["measure", *logged(folder, calls), *words, "--json"]
        with pytest.MonkeyPatch.context() as patch:
            out = io.TextIOWrapper(io.BytesIO(), "utf-8")
            patch.setattr(sys, "stdout", out)
            patch.setenv("XDG_CACHE_HOME", str(cache))
            patch.setenv("COSTCTL_AS_OF", AS_OF)
            patch.chdir(folder)
            code = main([str(word) for word in args])
            out.flush()
            text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a BytesIO
        assert code == 0, text
        found: dict[str, Any] = json.loads(text)["result"]
        return found

    return _measured
