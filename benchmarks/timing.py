"""Runs a program in a process of its own and says how long it took and how much memory it held."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Command = Sequence[str]


@dataclass(frozen=True)
class Sample:
    """One run: wall seconds and peak resident memory."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Pairs:
    """Runs of two programs in turn."""

    ours: tuple[Sample, ...]
    theirs: tuple[Sample, ...]

    @property
    def time_ratio(self) -> float:
        """Return the median over pairs of our time by theirs."""
        both = zip(self.ours, self.theirs, strict=True)
        return median(ours.seconds / theirs.seconds for ours, theirs in both)

    @property
    def memory_ratio(self) -> float:
        """Return the median over pairs of our peak memory by theirs."""
        both = zip(self.ours, self.theirs, strict=True)
        return median(ours.peak_mb / theirs.peak_mb for ours, theirs in both)


def run(command: Command, home: Path) -> Sample:
    """Run a command to its end; what it prints is shown only when it fails.

    A child's peak counts the memory of the process that started it, so this program must stay small: it imports
    no engine.
    """
    output = home / "output.txt"
    started = time.perf_counter()
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=_environment(home)
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        text = output.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{text}")
    return Sample(seconds, usage.ru_maxrss / 1024)


def _environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}


def in_turn(count: int, ours: Callable[[], Sample], theirs: Callable[[], Sample]) -> Pairs:
    """Run both so many times, changing who is first."""
    mine: list[Sample] = []
    other: list[Sample] = []
    for number in range(count):
        steps = [(mine, ours), (other, theirs)]
        for samples, program in steps if number % 2 == 0 else reversed(steps):
            samples.append(program())
    return Pairs(tuple(mine), tuple(other))
