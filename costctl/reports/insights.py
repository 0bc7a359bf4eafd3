"""What stands out in a breakdown, each with the command that tells what a change would bring."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from costctl.reports._models import WORTH, by_model, later_of, paid_for, retirement_of
from costctl.words import money

if TYPE_CHECKING:
    from costctl.store.rollup_mixes import Mix

SHOWN = 5
SHORT_PROMPT = 400
SHORT_ANSWER = 100
LONG_PROMPT = 2_000


class _Insight(NamedTuple):
    """A line.

    Attributes:
        weight: money that it is about; the largest come first.
        saves: whether it is about a saving, and not about what must change anyhow.
        text: what stands out.
        options: of the `simulate` command to try.
    """

    weight: float
    text: str
    options: str
    saves: bool = True


class Insights(NamedTuple):
    """What stands out.

    Attributes:
        lines: for people, each with the command to try.
        command: the one of them that may save most.
    """

    lines: tuple[str, ...] = ()
    command: str = ""


def insights_of(mixes: "Sequence[Mix]", as_of: datetime, source: Sequence[str] = ()) -> Insights:
    """Return what to say under a breakdown; nothing where nothing stands out.

    `source` are the words of the command line that say where usage comes from, for the commands to try.
    """
    total = paid_for(mixes)
    least = WORTH * total
    found = [*_about_models(mixes, as_of)]
    found += [insight for mix in mixes for insight in _about(mix) if float(mix.paid_usd) >= least]
    best = sorted(
        (insight for insight in found if total and insight.weight >= least / 10),
        key=lambda insight: (-insight.weight, insight.text),
    )[:SHOWN]
    if not best:
        return Insights()
    command = shlex.join(["costctl", "simulate", *source])
    lines = ["What stands out:"]
    for insight in best:
        lines += [f"- {insight.text}", f"    {command} {insight.options}"]
    first = next((insight for insight in best if insight.saves), best[0])
    return Insights(tuple(lines), f"{command} {first.options}")


def _about_models(mixes: "Sequence[Mix]", as_of: datetime) -> Iterator[_Insight]:
    """Say of each model once what holds wherever it is used: a later and cheaper one, its retirement."""
    for model, uses in by_model(mixes).items():
        insight = _newer(model, uses, as_of) or _retiring(model, uses, as_of)
        if insight:
            yield insight


def _about(mix: "Mix") -> Iterator[_Insight]:
    for look in (_short, _long, _uncached, _priority):
        insight = look(mix)
        if insight:
            yield insight


def _newer(model: str, uses: "Sequence[Mix]", as_of: datetime) -> _Insight | None:
    later = later_of(uses)
    if later is None:
        return None
    gone = retirement_of(uses[0], as_of)
    text = (
        f"{model}: {later.name} is a later model of its family; the same tokens cost {_usd(later.then_usd)} there, "
        f"{_usd(later.now_usd)} here ({later.then_usd / later.now_usd - 1:.1%})"
    )
    if gone:
        text += f"; {uses[0].price_model} {gone}"
    options = f"--swap {shlex.quote(f'{model}={later.name}')}"
    return _Insight(later.now_usd - later.then_usd, text, options)


def _retiring(model: str, uses: "Sequence[Mix]", as_of: datetime) -> _Insight | None:
    gone = retirement_of(uses[0], as_of)
    target = uses[0].newer or uses[0].sibling
    if not gone or target is None:
        return None
    text = f"{model}: {uses[0].price_model} {gone}"
    options = f"--swap {shlex.quote(f'{model}={target.name}')}"
    return _Insight(paid_for(uses), text, options, saves=False)


def _short(mix: "Mix") -> _Insight | None:
    if mix.kind != "chat" or not mix.sibling or mix.now_usd is None:
        return None
    prompt, answer = _averages(mix)
    saved = mix.now_usd - mix.sibling.cost_usd
    if prompt > SHORT_PROMPT or answer > SHORT_ANSWER or saved <= 0:
        return None
    text = (
        f"{_name(mix)}: a dear model on short prompts ({prompt:,.0f} tokens in, {answer:,.0f} out); "
        f"all of it on {mix.sibling.name} would cost {_usd(mix.sibling.cost_usd)}"
    )
    options = f"--route {_setting(mix, '0.6')} --route-to {shlex.quote(mix.sibling.name)}"
    return _Insight(saved, text, options)


def _long(mix: "Mix") -> _Insight | None:
    prompt, answer = _averages(mix)
    if mix.kind != "chat" or prompt < LONG_PROMPT or prompt < 2 * answer:
        return None
    text = f"{_name(mix)}: long prompts, {prompt:,.0f} tokens on average"
    return _Insight(float(mix.paid_usd) * 0.3, text, f"--compress {_setting(mix, '0.3')}")


def _uncached(mix: "Mix") -> _Insight | None:
    prompt, _ = _averages(mix)
    if not mix.caches or mix.tokens.cache_read or prompt < mix.cache_minimum:
        return None
    text = (
        f"{_name(mix)}: nothing is read from the provider's prompt cache, though prompts have "
        f"{prompt:,.0f} tokens on average and the cache begins at {mix.cache_minimum:,}"
    )
    return _Insight(float(mix.paid_usd) * 0.2, text, f"--prompt-cache {_setting(mix, '0.5')}")


def _priority(mix: "Mix") -> _Insight | None:
    if mix.tier in {"standard", "batch", "flex"} or not mix.standard or mix.now_usd is None:
        return None
    saved = mix.now_usd - mix.standard.cost_usd
    if saved <= 0:
        return None
    text = (
        f"{_name(mix)}: served at the tier {mix.tier}; at the standard tier it would cost "
        f"{_usd(mix.standard.cost_usd)} instead of {_usd(mix.now_usd)}"
    )
    return _Insight(saved, text, f"--flex {_setting(mix, '1')}")


def _averages(mix: "Mix") -> tuple[float, float]:
    return mix.tokens.prompt / mix.requests, mix.tokens.output / mix.requests


def _setting(mix: "Mix", value: str) -> str:
    if mix.endpoint is not None:
        return shlex.quote(f"{mix.endpoint}={value}")
    return shlex.quote(f"model:{mix.model}={value}")


def _name(mix: "Mix") -> str:
    if mix.endpoint is None:
        return mix.model or "(unknown)"
    return f"{mix.endpoint} on {mix.model or '(unknown)'}"


def _usd(amount: float) -> str:
    return money(Decimal(repr(amount)))
