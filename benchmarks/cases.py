"""What is compared with what, and how large the ratio may be."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.timing import Command, Pairs, Sample, in_turn, run

HERE = Path(__file__).parent
AS_OF = ("--as-of", "2026-10-31T23:59")
SIX_LEVERS = (
    "--cache-hit=rag_query=0.6",
    "--route=rag_query=0.6",
    "--swap=gpt-4o-2024-05-13=gpt-4o",
    "--compress=document_summary=53%",
    "--embed-downgrade=0.5",
    "--output-cut=0.1",
)


@dataclass(frozen=True)
class Result:
    """One row of the table: our median, theirs, their ratio and the most that it may be."""

    what: str
    against: str
    ours: str
    theirs: str
    ratio: float
    limit: float | None


@dataclass(frozen=True)
class Bench:
    """Where to measure, how large and how often.

    Attributes:
        folder: holds the logs, which stay, and the databases.
        rows: lesson records.
        claude_rows: records of coding agents.
        pairs: runs of either side.
    """

    folder: Path
    rows: int
    claude_rows: int
    pairs: int
    home: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", self.folder / "home")
        self.home.mkdir(parents=True, exist_ok=True)

    def costctl(self, *arguments: str) -> Sample:
        """Run our program."""
        return run((str(Path(sys.executable).with_name("costctl")), *arguments), self.home)

    def bare(self, *arguments: str) -> Sample:
        """Run the other side."""
        return run((sys.executable, str(HERE / "bare.py"), *arguments), self.home)

    def made(self, kind: str, name: str, *arguments: str) -> str:
        """Return a generated log, made now if it is not there."""
        path = self.folder / name
        if not path.exists():
            print(f"making {path} ...", file=sys.stderr)
            partial = path.with_name(path.name + ".partial")
            run((sys.executable, str(HERE / "logs.py"), kind, str(partial), *arguments), self.home)
            partial.rename(path)
        return str(path)

    def pair(self, ours: Callable[[], Sample], theirs: Callable[[], Sample]) -> Pairs:
        """Run both in turn."""
        return in_turn(self.pairs, ours, theirs)

    def database(self, name: str) -> str:
        """Return a path that has no database yet."""
        path = self.folder / name
        for old in (path, path.with_name(path.name + ".wal")):
            old.unlink(missing_ok=True)
        return str(path)

    @property
    def lesson_log(self) -> str:
        """Return the log of lesson records."""
        return self.made("lesson", f"lesson-{self.rows}.jsonl", str(self.rows))

    def filled(self) -> str:
        """Return a database that holds the lesson records, read now if it is not there."""
        path = self.folder / f"filled-{self.rows}.duckdb"
        if not path.exists():
            self.costctl("ingest", self.lesson_log, "--db", self.database(path.name))
        return str(path)


def by_time(what: str, against: str, pairs: Pairs, limit: float | None) -> Result:
    """Return a row about seconds."""
    ours, theirs = (
        sorted(s.seconds for s in side)[len(side) // 2] for side in (pairs.ours, pairs.theirs)
    )
    return Result(what, against, f"{ours:.2f} s", f"{theirs:.2f} s", pairs.time_ratio, limit)


def by_memory(what: str, against: str, pairs: Pairs, limit: float | None) -> Result:
    """Return a row about peak memory."""
    ours, theirs = (
        sorted(s.peak_mb for s in side)[len(side) // 2] for side in (pairs.ours, pairs.theirs)
    )
    return Result(what, against, f"{ours:.0f} MB", f"{theirs:.0f} MB", pairs.memory_ratio, limit)


def start(bench: Bench) -> Iterator[Result]:
    """Measure what every call pays."""
    for flag in ("--help", "--version"):
        more = Bench(bench.folder, bench.rows, bench.claude_rows, max(9, bench.pairs))
        pairs = more.pair(lambda flag=flag: bench.costctl(flag), lambda: bench.bare("import_typer"))
        yield by_time(f"`costctl {flag}`", "Python that imports typer", pairs, 1.5)


def ingest(bench: Bench) -> Iterator[Result]:
    """Measure the first reading of a log, and how memory grows with it."""
    log, small = bench.lesson_log, bench.rows // 10
    pairs = bench.pair(
        lambda: bench.costctl("ingest", log, "--db", bench.database("ours.duckdb")),
        lambda: bench.bare("duckdb_load", log, bench.database("theirs.duckdb")),
    )
    against = "bare DuckDB `CREATE TABLE AS` of the same file"
    yield by_time(f"`ingest` of {bench.rows:,} records", against, pairs, 1.5)
    yield by_memory("peak memory of that `ingest`", "the same", pairs, 1.5)
    tenth = bench.made("lesson", f"lesson-{small}.jsonl", str(small))
    less = bench.costctl("ingest", tenth, "--db", bench.database("small.duckdb"))
    growth = Pairs(pairs.ours[:1], (less,))
    yield by_memory(
        "peak memory of that `ingest`", f"`ingest` of a tenth ({small:,} records)", growth, None
    )


def nested(bench: Bench) -> Iterator[Result]:
    """Measure the first reading of nested records."""
    rows = str(bench.claude_rows)
    log = bench.made("claude_file", f"claude-{rows}.jsonl", rows)
    pairs = bench.pair(
        lambda: bench.costctl("ingest", log, "--db", bench.database("nested.duckdb")),
        lambda: bench.bare("duckdb_load_claude", log, bench.database("theirs.duckdb")),
    )
    what = f"`ingest` of {bench.claude_rows:,} Claude Code records in one file"
    yield by_time(what, "bare DuckDB `CREATE TABLE AS` of the same file", pairs, 2)


def again(bench: Bench) -> Iterator[Result]:
    """Measure the second reading, and the one after the log has grown by 1 %."""
    grown = bench.folder / "grown.jsonl"
    firsts, seconds, thirds = [], [], []
    for _ in range(bench.pairs):
        shutil.copyfile(bench.lesson_log, grown)
        database = bench.database("grown.duckdb")
        step = ("ingest", str(grown), "--db", database)
        firsts.append(bench.costctl(*step))
        seconds.append(bench.costctl(*step))
        added = str(bench.rows // 100)
        run((sys.executable, str(HERE / "logs.py"), "more_lesson", str(grown), added), bench.home)
        thirds.append(bench.costctl(*step))
    grown.unlink()
    first = tuple(firsts)
    yield by_time(
        "second `ingest` of the same file", "the first", Pairs(tuple(seconds), first), 0.1
    )
    yield by_time("`ingest` after 1 % was appended", "the first", Pairs(tuple(thirds), first), 0.15)


def breakdown(bench: Bench) -> Iterator[Result]:
    """Measure the first question."""
    database = bench.filled()
    pairs = bench.pair(
        lambda: bench.costctl("breakdown", "--db", database, *AS_OF),
        lambda: bench.bare("duckdb_group", database),
    )
    yield by_time(f"`breakdown` of {bench.rows:,} rows", "bare DuckDB, one `GROUP BY`", pairs, 1.5)


def simulate(bench: Bench) -> Iterator[Result]:
    """Measure the second question, by the first."""
    database = bench.filled()
    pairs = bench.pair(
        lambda: bench.costctl("simulate", *SIX_LEVERS, "--db", database, "--order-free", *AS_OF),
        lambda: bench.costctl("breakdown", "--db", database, *AS_OF),
    )
    yield by_time("`simulate`, six levers, all attributions", "`breakdown`", pairs, 2.5)


def draws(bench: Bench) -> Iterator[Result]:
    """Measure uncertainty over 50 groups."""
    log = bench.made("rollup", "rollup.csv")
    database = bench.database("rollup.duckdb")
    bench.costctl("ingest", log, "--db", database)
    levers = (
        "--cache-hit=0.05:0.2:0.6",
        "--route=0.2:0.4:0.6",
        "--swap=gpt-4o-2024-05-13=gpt-4o",
        "--compress=0.2:0.4:0.53",
        "--output-cut=0.05:0.15:0.35",
        "--batch-api=0:0.3:0.8",
    )
    step = ("simulate", *levers, "--db", database, *AS_OF)
    pairs = bench.pair(
        lambda: bench.costctl(*step, "--draws", "10000"),
        lambda: bench.costctl(*step, "--draws", "0"),
    )
    yield by_time("10,000 draws x 6 levers x 50 groups", "`simulate` without draws", pairs, 4)


def direct(bench: Bench) -> Iterator[Result]:
    """Measure an answer straight from the log, by what others need for a sum without any price."""
    log = bench.lesson_log
    for against, name in (
        ("polars, one `group_by`", "polars_group"),
        ("plain Python", "python_group"),
    ):
        pairs = bench.pair(
            lambda: bench.costctl("breakdown", log, *AS_OF), lambda name=name: bench.bare(name, log)
        )
        yield by_time(
            f"`breakdown LOG`, {bench.rows:,} records, nothing stored", against, pairs, None
        )


def claude(bench: Bench) -> Iterator[Result]:
    """Measure coding-agent logs by the fastest reader of them."""
    ccusage = find_ccusage(bench.folder)
    if ccusage is None:
        print("skipped: ccusage is not installed (benchmarks/README.md says how)", file=sys.stderr)
        return
    tree = bench.made("claude", f"claude-{bench.claude_rows}", str(bench.claude_rows))
    env = ("env", f"CLAUDE_CONFIG_DIR={tree}")
    flags = (
        "claude",
        "daily",
        "--json",
        "--offline",
        "--mode",
        "calculate",
        "--timezone",
        "UTC",
        "--breakdown",
    )

    def both() -> Sample:
        database = bench.database("claude.duckdb")
        read = bench.costctl("ingest", tree, "--db", database, "-q")
        told = bench.costctl("breakdown", "--db", database, *AS_OF)
        return Sample(read.seconds + told.seconds, max(read.peak_mb, told.peak_mb))

    def theirs() -> Sample:
        return run((*env, *ccusage, *flags), bench.home)

    what = f"{bench.claude_rows:,} Claude Code records: `ingest` and first `breakdown`"
    first = bench.pair(both, theirs)
    yield by_time(what, "one run of ccusage", first, 1)
    yield by_memory("peak memory of these two", "the same", first, None)
    database = str(bench.folder / "claude.duckdb")
    later = bench.pair(lambda: bench.costctl("breakdown", "--db", database, *AS_OF), theirs)
    yield by_time("every later `breakdown`", "one run of ccusage", later, 0.2)


def find_ccusage(folder: Path) -> Command | None:
    """Return how to start ccusage: the native program where there is one."""
    for path in sorted(folder.glob("node_modules/@ccusage/*/bin/ccusage")):
        if os.access(path, os.X_OK):
            return (str(path),)
    found = shutil.which("ccusage")
    return (found,) if found else None


CASES: dict[str, Callable[[Bench], Iterator[Result]]] = {
    case.__name__: case
    for case in (start, ingest, nested, again, breakdown, simulate, draws, direct, claude)
}
