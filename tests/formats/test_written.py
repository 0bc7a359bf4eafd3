"""For random rows written in a format's shape, ingest gives them back."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.cases import CASES, CLASSES, read
from tests.formats.writing import Row, Shape, tokens_of

# The log of requests of Azure has no token counts to write.
WRITTEN = [c.format for c in CASES if c.expected["tokens"]["total"]]
COUNTS = st.integers(min_value=0, max_value=10**9)


@cache
def shape_of(name: str) -> Shape:
    return Shape(name)


def canonical(row: dict[str, int], known: set[str]) -> Row:
    """Return a row that the format can tell, with parts no larger than their whole."""
    found = {name: row[name] if name in known else 0 for name in CLASSES}
    found["cache_write_long"] = min(found["cache_write_long"], found["cache_write"])
    found["reasoning"] = min(found["reasoning"], found["output"])
    return found


NOTHING = dict.fromkeys(CLASSES, 0)
# An ingest costs far more than a row: one file, of rows that differ, and one row of nothing among them.
ROWS = st.lists(
    st.fixed_dictionaries(dict.fromkeys(CLASSES, COUNTS)), min_size=6, max_size=16
).filter(lambda rows: all(any(row[name] for row in rows) for name in CLASSES))


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(rows=ROWS)
def test_rows_come_back(name: str, rows: list[dict[str, int]]):
    shape = shape_of(name)
    wanted = [canonical(row, shape.counts) for row in (*rows, NOTHING)]
    if name == "codex_rollout":
        # There a record without input and output says that the context is full, and is no call.
        wanted = [row | {"input_uncached": row["input_uncached"] + 1} for row in wanted]
    documents = [shape.written(row, number) for number, row in enumerate(wanted)]
    with TemporaryDirectory() as folder:
        store, (result,) = read(shape.save(documents, Path(folder) / "log"), log_format=name)
    assert result.error is None
    assert result.first_reject == ""
    assert tokens_of(store) == sorted(tuple(row[n] for n in CLASSES) for row in wanted)
