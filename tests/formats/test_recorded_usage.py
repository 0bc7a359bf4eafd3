"""One user format with a variant per provider's style reads real usage blocks exactly."""

from pathlib import Path

import pytest

from costctl.store import Store
from tests.formats.cases import read

HERE = Path(__file__).parent
LOG = (
    Path(__file__).parents[3]
    / "shared/data/real/recorded_usage/recorded_usage.openllmetry.jsonl.gz"
)
FORMAT = HERE / "recorded_usage.yaml"

pytestmark = pytest.mark.skipif(not LOG.exists(), reason="the recorded answers are not here")

STYLES = {
    # rows, input with what was cached, output, cache read, cache write, reasoning
    "anthropic": (73, 218032, 10256, 104635, 104635, 0),
    "bedrock": (20, 618, 640, 0, 0, 0),
    "gemini": (2, 10, 3742, 0, 0, 2154),
    "other": (71, 0, 0, 0, 0, 0),
    "prompt_tokens": (592, 99952, 40370, 17546, 0, 1728),
    "responses": (108, 18951, 9669, 0, 0, 1792),
}


def styles(store: Store) -> dict[str, tuple[int, ...]]:
    rows = store.connection.execute(
        "SELECT tags['style'], count(*), sum(input_uncached + cache_read + cache_write), sum(output), "
        "sum(cache_read), sum(cache_write), sum(reasoning) FROM usage GROUP BY 1"
    ).fetchall()
    return {row[0]: tuple(int(n) for n in row[1:]) for row in rows}


def test_without_a_key_every_block_is_a_row():
    store, (result,) = read(LOG, log_format=str(FORMAT))
    assert result.error is None
    assert styles(store) == STYLES


def test_with_a_key_each_answer_counts_once(tmp_path: Path):
    keyed = tmp_path / "keyed.yaml"
    keyed.write_text(FORMAT.read_text("utf-8") + "\nidentity: {key: [response_id]}\n", "utf-8")
    store, (result,) = read(LOG, log_format=str(keyed))
    assert result.new_rows == 591
    _, (again,) = read(LOG, log_format=str(keyed), store=store)
    assert again.new_rows == 0
