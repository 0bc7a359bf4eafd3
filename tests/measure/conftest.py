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
def answered(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Measure:
    """Return what `measure WORDS --json` found."""

    def _answered(*words: object) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            out = io.TextIOWrapper(io.BytesIO(), "utf-8")
            patch.setattr(sys, "stdout", out)
            patch.setenv("XDG_CACHE_HOME", str(cache))
            patch.setenv("COSTCTL_AS_OF", AS_OF)
            patch.chdir(tmp_path_factory.mktemp("answered"))
            code = main(["measure", *(str(word) for word in words), "--json"])
            out.flush()
            text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]  # a BytesIO
        assert code == 0, text
        found: dict[str, Any] = json.loads(text)["result"]
        return found

    return _answered


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, answered: Measure) -> Measure:
    """Return what is found in calls; each log is read once for the tests of a module."""

    def _measured(calls: Sequence[Mapping[str, object]], *words: object) -> dict[str, Any]:
        return answered(*logged(tmp_path_factory.mktemp("measured"), calls), *words)

    return _measured
