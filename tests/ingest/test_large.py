"""A line that holds many records is unfolded without carrying all of it along with each of them."""

import json

from costctl.store import connection
from tests.ingest.records import file_of, total_of

LINES, SPANS = 60, 100


def _span(number: int) -> dict[str, object]:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": number,
        "gen_ai.usage.output_tokens": 7,
        "padding": "x" * 300,
    }
    attributes = [{"key": k, "value": {"stringValue": str(v)}} for k, v in told.items()]
    ids = {"traceId": f"{number:032x}", "spanId": f"{number:016x}"}
    start = str(1_790_000_000_000_000_000 + number * 1_000_000_000)
    return {**ids, "startTimeUnixNano": start, "attributes": attributes}


def test_spans_of_long_lines_need_little_memory(run, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MEMORY_LIMIT", "350MB")
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    with (tmp_path / "spans.jsonl").open("w") as out:
        for line in range(LINES):
            spans = [_span(line * SPANS + n) for n in range(1, SPANS + 1)]
            scoped = {"resource": resource, "scopeSpans": [{"spans": spans}]}
            out.write(json.dumps({"resourceSpans": [scoped]}) + "\n")
    assert file_of(run("ingest", "spans.jsonl", "--json"))["new_rows"] == LINES * SPANS
    total = total_of(run("breakdown", "--json"))
    assert total["tokens"]["input_uncached"] == sum(range(1, LINES * SPANS + 1))
    services = json.loads(run("breakdown", "--by", "tag.service", "--json").stdout)
    assert [row["tag.service"] for row in services["result"]["rows"]] == ["shop"]
