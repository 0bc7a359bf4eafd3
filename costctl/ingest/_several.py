"""Files of several formats: what reads them, as far as their beginning tells, and as far as the rest of them does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from costctl.errors import CostctlError
from costctl.formats._base import Format
from costctl.formats.detect import Detection, Sample, fitted
from costctl.formats.mixed import JSON, MOST, shared_out
from costctl.ingest._base import Plan
from costctl.ingest._small import PLAIN, SMALL
from costctl.sources import lines
from costctl.sources.sniff import Container
from costctl.store.loading import Loaded, Strangers
from costctl.store.spans import Span

if TYPE_CHECKING:
    from pathlib import Path

    from costctl.ingest._plan import Planner


class MixedError(CostctlError):
    """A file has lines of formats that its beginning does not show: it is to be read by `plan` instead."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("lines of several formats", code="mixed")
        self.plan = plan


def at_first_sight(
    detected: Detection, formats: Sequence[Format], container: Container, sample: Sample
) -> tuple[Format, ...]:
    """Return what reads a file that was detected: one format, or of several the best one first."""
    best = detected.format
    assert best is not None  # noqa: S101 - the caller looked
    by_name = {form.name: form for form in formats}
    others = [fitted(by_name[name], sample) for name, _ in detected.votes[1:MOST]]
    in_page = best.explode != by_name[best.name].explode
    if not others or in_page or container.kind not in JSON:
        return (best,)
    return shared_out(best, others)


def with_strangers(
    planner: "Planner", forms: Sequence[Format], rows: Iterable[bytes], notes: list[str]
) -> tuple[Format, ...] | None:
    """Return what reads a file of which these lines are more than detection saw; None where they change nothing."""
    found = planner.strangers.among(forms, rows) if planner.named is None else {}
    if not found:
        return None
    by_name = {form.name: form for form in planner.formats}
    samples = {name: Sample("jsonl", records) for name, records in found.items()}
    more = [
        planner.stated(fitted(by_name[name], sample), sample, notes)
        for name, sample in samples.items()
    ]
    best, *others = (replace(form, lines=None) for form in forms)
    return shared_out(best, (*others, *more))


def require_all_formats(
    planner: "Planner", plan: Plan, done: Loaded, spans: Mapping[int, Span]
) -> None:
    """Raise `MixedError` where lines that are no calls of a large file's format are of another one."""
    read_alone = plan.bundle is None and not plan.others and plan.part.kind == "jsonl"
    if not read_alone or (plan.found.size <= SMALL and plan.container == PLAIN):
        return
    refused = any(reason is not None for _, reason in done.rejected)
    unknown = spans.get(plan.ingest_id, Span()).tokens_unknown > 0
    if not (done.skipped or refused or unknown):
        return
    if plan.part.compression == "zstd":  # only the engine can unpack it
        return
    with lines.open_text(plan.part.path, plan.part.compression) as rows:
        forms = with_strangers(planner, (plan.form,), rows, plan.notes)
    if forms is not None:
        raise MixedError(_read_by(plan, forms))


def unlike(planner: "Planner", plans: Sequence[Plan], strangers: Strangers) -> set[int]:
    """Return the ids of files that are not as they were taken for: another format has lines of them, or all of one."""
    found = {number for number, (_, nothing_else) in strangers.items() if nothing_else}
    parts = {plan.ingest_id: plan.bundle or plan.part for plan in plans}
    wanted: dict[Path, dict[int, int]] = {}
    for number in strangers.keys() - found:
        part = parts[number]
        places = wanted.setdefault(part.path, {})
        places.update({part.first + rn - 1: number for rn in strangers[number][0]})
    for path, places in wanted.items():
        for place, _, row in lines.locate(path, "none", places):
            if places[place] not in found and planner.strangers.of_others(plans[0].form, (row,)):
                found.add(places[place])
    return found


def _read_by(plan: Plan, forms: Sequence[Format]) -> Plan:
    """Return the plan that reads all of a file by several formats."""
    plan = replace(plan, form=forms[0], others=tuple(forms[1:]), fast=False)
    if not plan.tail:
        return plan
    assert plan.count is not None  # noqa: S101 - a tail is one of plain lines
    part = replace(plan.part, place=plan.found.place)
    return replace(plan, part=part, tail=False, line_offset=0, count=(0, plan.count[1]))
