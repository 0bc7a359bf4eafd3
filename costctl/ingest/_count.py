"""The lines of logs, counted while the engine reads them."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from costctl.errors import CostctlError
from costctl.ingest._base import Plan
from costctl.sources import lines

LARGE = 1 << 25
"""Bytes from which on a thread pays that counts meanwhile."""


@contextmanager
def counting_lines(plans: Sequence[Plan]) -> Iterator[None]:
    """Fill in the lines that will have been read of each file by the end of the block.

    Errors: `CostctlError` for a file that cannot be read any more.
    """
    ranges = [plan.count for plan in plans if plan.count is not None]
    if sum(end - start for start, end in ranges) < LARGE:
        yield
        _count(plans)
        return
    futures = importlib.import_module("concurrent.futures")  # dear to import
    with futures.ThreadPoolExecutor(1) as beside:
        counted = beside.submit(_count, plans)
        yield
        counted.result()


def _count(plans: Sequence[Plan]) -> None:
    for plan in plans:
        if plan.count is None:
            continue
        start, end = plan.count
        try:
            plan.lines_to = plan.line_offset + lines.count(plan.found.path, start=start, end=end)
        except OSError as error:
            raise CostctlError(str(error), code="unreadable_log") from error
