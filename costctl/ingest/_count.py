"""The lines of logs, counted while the engine reads them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from costctl.errors import CostctlError
from costctl.ingest._base import Plan
from costctl.sources import lines


@contextmanager
def counting_lines(plans: Sequence[Plan]) -> Iterator[None]:
    """Fill in the lines that will have been read of each file by the end of the block.

    Errors: `CostctlError` for a file that cannot be read any more.
    """
    with ThreadPoolExecutor(1) as beside:
        found = [
            (
                plan,
                beside.submit(lines.count, plan.found.path, start=plan.count[0], end=plan.count[1]),
            )
            for plan in plans
            if plan.count is not None
        ]
        try:
            yield
        except BaseException:
            beside.shutdown(wait=False, cancel_futures=True)
            raise
        for plan, counted in found:
            try:
                plan.lines_to = plan.line_offset + counted.result()
            except OSError as error:
                raise CostctlError(str(error), code="unreadable_log") from error
