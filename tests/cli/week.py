"""One week of the well-known savings story, as hourly sums, and its plan."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

WEEK = """occurred_at,endpoint,model,requests,input_uncached,output
2026-11-16,rag_query,gpt-4o-2024-05-13,45200,83620000,14464000
2026-11-17,document_summary,gpt-4o-2024-05-13,12800,40960000,10240000
2026-11-18,intent_classifier,gpt-4o-2024-05-13,58000,6960000,870000
2026-11-22,embedding,text-embedding-3-large,58000,4930000,0
"""

STORY = """version: 1
name: story
levers:
  - {lever: response_cache, where: {endpoint: rag_query}, hit: 0.6}
  - {lever: route, where: {endpoint: rag_query}, to: gpt-4o-mini, fraction: 0.6}
  - {lever: swap, name: intent, where: {endpoint: intent_classifier}, to: gpt-4o-mini}
  - {lever: compress, where: {endpoint: document_summary}, saved: 3200->1500}
  - {lever: swap, name: embed, where: {endpoint: embedding}, to: text-embedding-3-small}
  - {lever: batch_requests, where: {endpoint: embedding}, size: 100}
"""


def stored(
    run: Callable[..., Any], folder: Path, name: str, log: str | Path, *args: object
) -> tuple[object, ...]:
    """Return the arguments that name a database of a log; it is read once for all tests of a worker."""
    database = folder / f"{name}.duckdb"
    if not database.exists():
        path = folder / f"{name}.csv" if isinstance(log, str) else log
        if isinstance(log, str):
            path.write_text(log, encoding="utf-8")
        assert run("ingest", path, "--db", database, *args).code == 0
    return "--db", database
