"""Measures speed and memory as ratios: `python -m benchmarks --help`."""

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.cases import CASES, Bench, Result

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Run the cases asked for and print them as a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--only", choices=sorted(CASES), action="append", help="a case; repeatable")
    parser.add_argument("--rows", type=int, default=5_000_000, help="lesson records")
    parser.add_argument("--claude-rows", type=int, default=500_000, help="Claude Code records")
    parser.add_argument("--pairs", type=int, default=3, help="runs of either side")
    parser.add_argument("--folder", type=Path, default=Path("bench"), help="logs and databases")
    parser.add_argument("--save", action="store_true", help=f"also write {RESULTS.name}")
    asked = parser.parse_args()

    bench = Bench(asked.folder.resolve(), asked.rows, asked.claude_rows, asked.pairs)
    results: list[Result] = []
    print(
        "| what | against | costctl | other | ratio | at most |\n|---|---|--:|--:|--:|--:|",
        flush=True,
    )
    for name in asked.only or CASES:
        for result in CASES[name](bench):
            results.append(result)
            print(row(result), flush=True)
    over = [
        result for result in results if result.limit is not None and result.ratio > result.limit
    ]
    for result in over:
        print(f"over its limit: {result.what}: {result.ratio:.2f}", file=sys.stderr)
    if asked.save:
        keep(results, asked.pairs)


def keep(results: list[Result], pairs: int) -> None:
    """Write results to the file from which the README's table is made, in place of older ones."""
    kept = json.loads(RESULTS.read_text("utf-8"))["results"] if RESULTS.exists() else []
    rows = {(old["what"], old["against"]): old for old in kept}
    rows |= {(new.what, new.against): asdict(new) for new in results}
    content = {"machine": machine(), "pairs": pairs, "results": list(rows.values())}
    text = json.dumps(content, indent=2, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def row(result: Result) -> str:
    """Return a line of the table."""
    limit = "" if result.limit is None else f"{result.limit:g} x"
    return (
        f"| {result.what} | {result.against} | {result.ours} | {result.theirs} "
        f"| **{result.ratio:.2f} x** | {limit} |"
    )


def machine() -> str:
    """Return what the figures were measured on."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
