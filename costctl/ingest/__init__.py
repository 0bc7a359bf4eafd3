"""The meeting point of source, format and store: files become rows."""

import importlib
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import BinaryIO

from costctl.errors import CostctlError
from costctl.ingest._base import FileResult, IngestOptions, Plan, Progress
from costctl.ingest._load import BatchLoader
from costctl.ingest._plan import Planner
from costctl.sources.discover import Found, Missing, discover, require_paths
from costctl.store import Store

__all__ = ["FileResult", "IngestOptions", "Progress", "ingest"]

BATCH_FILES = 5000
BATCH_BYTES = 64 << 20
MANY = 1000
"""Files from which on a thread pays that plans some while others are read."""


def ingest(
    store: Store,
    paths: Sequence[str],
    options: IngestOptions | None = None,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> list[FileResult]:
    """Read logs into a store and return what became of each file, in the order of their names.

    One file is one transaction or shares one with its neighbours: a run that dies leaves the state before or after.
    A file that cannot be read is a result with `error`; the others are read all the same.

    Errors: `CostctlError` for wrong options or no path.
    """
    options = options or IngestOptions()
    require_paths(list(paths))
    # Whatever a file does to the planner, the transaction of a dry run goes on.
    with ExitStack() as stack:
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="costctl-")))
        reader = stack.enter_context(store.beside())
        files = discover(list(paths), spool, stdin)
        planner = Planner(reader, options, spool)
        loader = BatchLoader(store, options, planner)
        total = sum(getattr(found, "size", 0) for found in files)
        results: dict[int, FileResult | None] = {}
        done = 0
        for batch in stack.enter_context(closing(_planned(planner, files, options))):
            plans = [(number, plan) for number, plan in batch if isinstance(plan, Plan)]
            results.update((number, plan) for number, plan in batch if isinstance(plan, FileResult))
            if progress and plans:
                progress(done, total, plans[0][1].found.shown)
            results.update(
                zip((n for n, _ in plans), loader.load([p for _, p in plans]), strict=True)
            )
            if plans and plans[0][1].bundle is not None:
                plans[0][1].bundle.path.unlink(missing_ok=True)
            done += sum(plan.found.size for _, plan in plans)
            if progress and plans:
                progress(done, total, plans[-1][1].found.shown)
        unlike = [number for number, result in results.items() if result is None]
        results.update((number, _by_itself(planner, loader, files[number])) for number in unlike)
        loader.finish()
    if not files:
        raise CostctlError("no file to read", hint="name a folder that holds logs", code="no_files")
    return [result for _, result in sorted(results.items()) if result is not None]


def _by_itself(planner: Planner, loader: BatchLoader, found: Found | Missing) -> FileResult | None:
    """Read a file that turned out not to be like its neighbours."""
    plan = planner.plan(found, closely=True)
    return loader.load([plan])[0] if isinstance(plan, Plan) else plan


def _planned(
    planner: Planner, files: Sequence[Found | Missing], options: IngestOptions
) -> Generator[list[tuple[int, Plan | FileResult]]]:
    """Yield plans in batches; of many files the next ones are planned while these are read."""
    with closing(planner.bundles), closing(_batches(_plans(planner, files), options)) as batches:
        if len(files) < MANY:
            yield from batches
        else:
            yield from importlib.import_module("costctl.ingest._ahead").ahead(batches)


def _plans(
    planner: Planner, files: Sequence[Found | Missing]
) -> Iterator[tuple[int, Plan | FileResult]]:
    for number, found in enumerate(files):
        yield number, planner.plan(found)
    planner.bundles.close()


def _batches(
    plans: Iterator[tuple[int, Plan | FileResult]], options: IngestOptions
) -> Generator[list[tuple[int, Plan | FileResult]]]:
    """Group neighbours that one statement can read."""
    batch: list[tuple[int, Plan | FileResult]] = []
    size = 0
    last: Plan | None = None
    for number, plan in plans:
        if isinstance(plan, Plan):
            alike = last is not None and _alike(last, plan)
            full = len(batch) >= BATCH_FILES or size + plan.found.size > BATCH_BYTES
            full = full and plan.bundle is None
            if last is not None and (not alike or full or options.strict):
                yield batch
                batch, size = [], 0
            last = plan
            size += plan.found.size
        batch.append((number, plan))
    if batch:
        yield batch


def _alike(one: Plan, other: Plan) -> bool:
    """Return whether two files may be read by one statement; of a bundle all are read, and nothing else."""
    same_part = (one.part.kind, one.part.compression, one.part.delimiter, one.part.names) == (
        other.part.kind,
        other.part.compression,
        other.part.delimiter,
        other.part.names,
    )
    if one.bundle is not None or other.bundle is not None:
        return _bundle(one) == _bundle(other)
    same_form = one.form is other.form or one.form == other.form
    return same_part and same_form and not (one.others or other.others)


def _bundle(plan: Plan) -> str | None:
    return plan.bundle.place if plan.bundle is not None else None
