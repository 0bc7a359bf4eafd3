"""Words about levers: what was set, what to know, what to be warned of."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from costctl.groups import Rate
from costctl.levers import LEVERS, Param, Unit
from costctl.simulate.attribution import Attribution
from costctl.simulate.bind import Problem
from costctl.simulate.outcome import LeverLine
from costctl.simulate.plan import SIBLING, PlannedLever, Range
from costctl.simulate.price_table import STANDARD
from costctl.simulate.worlds import all_on, bill, numbers_of, worlds
from costctl.table import Warn
from costctl.words import counted

NOTHING = 1e-9


def lines_of(
    problem: Problem,
    found: Attribution,
    facts: Mapping[str, Sequence[Rate]],
    remarks: Mapping[str, str],
    prices_on: date,
) -> tuple[tuple[LeverLine, ...], tuple[Warn, ...]]:
    """Return a line per lever, and the warnings about them."""
    lines, warnings = [], []
    for planned in problem.planned:
        saving = found.levers[planned.name]
        said = list(_warnings(problem, planned, facts, prices_on))
        warnings += said
        own = LEVERS[planned.lever]
        notes = [own.caveat, *_remarks(planned, facts), *_anew(problem, planned, facts)]
        notes += _partly(problem, planned)
        if planned.name in remarks:
            notes.append(remarks[planned.name])
        notes += [warning.message for warning in said]
        lines.append(
            LeverLine(
                planned,
                saving,
                params_of(planned, facts, whole=not problem.refused.get(planned.name)),
                tuple(dict.fromkeys(notes)),
                _idle(problem, planned, facts),
            )
        )
    return tuple(lines), tuple(warnings)


def _idle(
    problem: Problem, planned: PlannedLever, facts: Mapping[str, Sequence[Rate]]
) -> str | None:
    """Return why a lever cannot act, with the model that may have been meant."""
    reason = problem.idle.get(planned.name)
    meant = {rate.hint for rate in facts.get(planned.names.get("to", ""), ()) if rate.reason}
    return f"{reason}; {min(meant)}" if reason and len(meant) == 1 and min(meant) else reason


def params_of(
    planned: PlannedLever, facts: Mapping[str, Sequence[Rate]], *, whole: bool = True
) -> dict[str, object]:
    """Return the numbers and names of a lever as a scenario file says them.

    A cheaper sibling has a name where it is one model and `whole`: all that is selected moves there.
    """
    found: dict[str, object] = {}
    for name, value in planned.names.items():
        siblings = _siblings(facts) if value == SIBLING else ()
        found[name] = siblings[0] if whole and len(siblings) == 1 else value
    for name, number in planned.params.items():
        found[name] = number.mode if number.is_point else shown_range(number)
    if planned.cap_tokens is not None:
        found.pop("saved", None)
        found["cap_tokens"] = planned.cap_tokens
    if planned.order != "flat":
        found["order"] = planned.order
    if planned.levels:
        found["levels"] = {
            name: {f"{Decimal(repr(value)):f}": risk for value, risk in levels.items()}
            for name, levels in planned.levels.items()
        }
    if "classifier_model" in found:
        found["classifier"] = {
            "model": found.pop("classifier_model"),
            "input_tokens": found.pop("classifier_in", 0.0),
            "output_tokens": found.pop("classifier_out", 0.0),
        }
    return found


def shown_range(number: Range) -> str:
    """Return a range as it is typed."""
    return ":".join(f"{Decimal(repr(value)):f}" for value in (number.low, number.mode, number.high))


def setting_text(line: LeverLine) -> str:
    """Return what was set, for a person."""
    planned = line.planned
    lever = LEVERS[planned.lever]
    if planned.cap_tokens is not None:
        return f"prompts cut at {planned.cap_tokens:,} tokens"
    text = figure(numbers_of(planned)[lever.primary], lever.params[lever.primary])
    to = line.params.get(lever.moves) if lever.moves else None
    return f"{text} to {to}" if to else text


def where_text(planned: PlannedLever) -> str:
    """Return what a lever acts on, for a person."""
    if not planned.where:
        return "all" + (" (rest)" if planned.unless else "")
    return ", ".join("|".join(condition.patterns) for condition in planned.where)


def figure(number: Range, param: Param) -> str:
    """Return a number as people read it."""
    values = (number.mode,) if number.is_point else (number.low, number.mode, number.high)
    if param.unit in {Unit.SHARE, Unit.SAVED}:
        return ":".join(f"{value * 100:.5g}%" for value in values)
    return ":".join(f"{value:.6g}" for value in values)


def _siblings(facts: Mapping[str, Sequence[Rate]]) -> list[str]:
    return sorted({rate.wanted.name for rate in facts.get(SIBLING, ())})


def _named(planned: PlannedLever, facts: Mapping[str, Sequence[Rate]]) -> Iterator[Rate]:
    for key, name in sorted(planned.names.items()):
        if key != "to_tier":
            yield from (rate for rate in facts.get(name, ()) if rate.reason is None)


def _remarks(planned: PlannedLever, facts: Mapping[str, Sequence[Rate]]) -> Iterator[str]:
    siblings = _siblings(facts)
    if planned.names.get("to") == SIBLING and siblings:
        yield f"moves to the cheaper sibling that the price table names: {', '.join(siblings)}"
    for rate in _named(planned, facts):
        if rate.other_provider:
            yield f"{rate.wanted.name} is priced at {rate.price_provider}: {rate.wanted.provider} does not list it"
        if rate.retires_on is not None:
            yield f"{rate.wanted.name} retires on {rate.retires_on:%Y-%m-%d}"
    lever = LEVERS[planned.lever]
    for name, source in planned.sources.items():
        param = lever.param(name)
        shown = figure(numbers_of(planned)[name], param)
        if source == "evidence":
            known = f" ({param.evidence.source})" if param.evidence else ""
            yield f"{name} {shown} is assumed{known}"
        elif source == "given" and _at_the_top(planned, name, param):
            yield f"{name} {shown} is the highest that the evidence supports"


def _anew(
    problem: Problem, planned: PlannedLever, facts: Mapping[str, Sequence[Rate]]
) -> Iterator[str]:
    """Say what changing the model of embeddings costs once: that is in no month."""
    kinds = {problem.logged[group].get("kind") for group in problem.acts_on[planned.name]}
    if planned.lever != "swap" or kinds != {"embedding"} or planned.name in problem.idle:
        return
    priced = [rate for rate in facts.get(planned.names["to"], ()) if rate.reason is None]
    # A lever further down may bill a share at another tier; the corpus is embedded at the plain one.
    for rate in sorted(priced, key=lambda rate: rate.wanted.tier != STANDARD)[:1]:
        yield (
            f"the corpus is embedded anew, once: ${rate.input * 1e6:.6g} per 1M of its tokens, not in the "
            "month; queries and documents need one model, so a share below 100% means separate indexes"
        )


def _partly(problem: Problem, planned: PlannedLever) -> Iterator[str]:
    """Say where a lever that acts in some groups cannot in others."""
    if planned.name in problem.idle:
        return
    for reason, count in sorted(problem.refused.get(planned.name, {}).items()):
        yield f"not applicable to {counted(count, 'group')}: {reason}"
    per_request = LEVERS[planned.lever].needs_requests or {
        "lookup_model",
        "classifier_model",
    } & set(planned.names)
    uncounted = sum(not problem.logged[g].get("requests") for g in problem.acts_on[planned.name])
    if per_request and uncounted:
        groups = counted(uncounted, "group has", "groups have")
        yield f"{groups} no count of requests: what depends on it is 0 there"


def _warnings(
    problem: Problem,
    planned: PlannedLever,
    facts: Mapping[str, Sequence[Rate]],
    prices_on: date,
) -> Iterator[Warn]:
    reason = _idle(problem, planned, facts)
    if reason:
        yield Warn("not_applicable", f"{planned.name} does nothing: {reason}")
        return
    yield from _above_evidence(planned)
    for rate in _named(planned, facts):
        if rate.retires_on is not None and rate.retires_on <= prices_on:
            day = f"{rate.retires_on:%Y-%m-%d}"
            yield Warn("target_retired", f"{planned.name}: {rate.wanted.name} retired on {day}")
    if planned.lever == "prompt_cache" and _threshold_lost(problem, planned.name):
        yield Warn(
            "threshold_lost",
            f"{planned.name}: with the other levers on, prompts fall below the shortest that is cached",
        )


def _threshold_lost(problem: Problem, cache: str) -> bool:
    """Return whether provider caching would save something if prompts were not made shorter."""
    shorter = {p.name for p in problem.planned if p.lever in {"context", "compress"}}
    everything = all_on(problem)
    if not shorter:
        return False
    longer = everything - shorter
    switches = [longer - {cache}, longer, everything - {cache}, everything]
    uncached, cached, short_uncached, short_cached = bill(problem, worlds(problem, switches))
    gain, short_gain = uncached - cached, short_uncached - short_cached
    return gain > NOTHING and abs(short_gain) <= NOTHING * gain


def _at_the_top(planned: PlannedLever, name: str, param: Param) -> bool:
    """Return whether a setting is as high as anybody has reported, where less than all is possible."""
    known = param.evidence
    if known is None or not param.more_saves or known.high >= 1 or planned.cap_tokens is not None:
        return False
    return numbers_of(planned)[name].mode == known.high


def _above_evidence(planned: PlannedLever) -> Iterator[Warn]:
    """Warn of settings that hope for more than anybody has reported."""
    lever = LEVERS[planned.lever]
    for name, source in planned.sources.items():
        param = lever.param(name)
        if source != "given" or param.evidence is None or planned.cap_tokens is not None:
            continue
        number, known = numbers_of(planned)[name], param.evidence
        if param.more_saves and number.mode > known.high:
            beyond, limit, most = "above", known.high, "highest"
        elif not param.more_saves and number.mode < known.low:
            beyond, limit, most = "below", known.low, "lowest"
        else:
            continue
        shown = figure(Range.point(limit), param)
        yield Warn(
            "above_evidence",
            f"{planned.name}: {name} {figure(number, param)} is {beyond} {shown}, "
            f"the {most} that the evidence supports",
        )
