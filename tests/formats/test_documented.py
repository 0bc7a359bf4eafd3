"""The format that docs/formats.md adds works as it is written there."""

import json
import re
from pathlib import Path

from tests.formats.cases import completed, figures, read, same

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"
FILE = re.compile(r"^\*\*([^*\n]+)\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_documented_format_gives_its_documented_figures(tmp_path: Path):
    written = {}
    for name, text in FILE.findall(DOCUMENT.read_text("utf-8")):
        written[Path(name).suffix] = path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    assert set(written) == {".yaml", ".jsonl", ".json"}
    form, log = written[".yaml"], written[".jsonl"]
    assert form.stem == log.parent.name == written[".json"].parent.name
    store, (result,) = read(log, log_format=str(form))
    assert (result.new_rows, result.duplicates) == (3, 1)
    stated = completed(json.loads(written[".json"].read_text("utf-8"))["expected"])
    found = figures(store)
    assert {k: v for k, v in stated.items() if not same(found[k], v)} == {}
