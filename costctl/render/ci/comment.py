"""The comment of a pull request: found again by its first line, silent when nothing changed."""

import re
from collections.abc import Mapping
from decimal import Decimal

from costctl.budgets.verdict import Outcome, Run, Status
from costctl.render.ci._text import cut, one_line
from costctl.render.json import dumps
from costctl.render.markdown import code, escaped, hint
from costctl.reports.check import amount, hints, verdict_line, why
from costctl.table import Envelope
from costctl.words import counted

MARKER = "<!-- costctl:check -->"
STATE = re.compile(r"^<!-- costctl:state (?P<state>.*) -->\r?$", re.MULTILINE)
PAIR = re.compile(r'"(?P<key>[^"]+)": "(?P<status>[a-z]+) (?P<value>[0-9.]+|-)"')
KEPT = re.compile(r'["@`<>\\%-]')
MOST = 60_000
MOST_STATE = 10_000
NOTE = "Cut here: the comment is too long. The full result is in the job's log."
FLOOR = Decimal(1)
"""A change of cost smaller than this is no news."""

State = Mapping[str, tuple[str, Decimal | None]]


def comment(run: Run, envelope: Envelope) -> str:
    """Return the comment: marker, verdict, what is not a plain pass, the rest folded."""
    told = [o for o in run.outcomes if _is_news(o)]
    rest = [o for o in run.outcomes if not _is_news(o)]
    lines = [MARKER, _state(run), f"**costctl** {escaped(verdict_line(run))}", ""]
    lines += [*_table(told), ""] if told else []
    if rest:
        within = counted(len(rest), "check within its limit", "checks within their limits")
        lines += [f"<details><summary>{within}</summary>", ""]
        lines += [*_table(rest), "", "</details>", ""]
    lines += [f"- Next: {hint(text)}" for text in hints(run)]
    lines += ["", _foot(envelope), ""]
    return cut("\n".join(lines), MOST, NOTE)


def _is_news(outcome: Outcome) -> bool:
    return outcome.status is not Status.PASS or outcome.waiver is not None


def _table(outcomes: list[Outcome]) -> list[str]:
    rows = ["| Status | Budget | Check | Value | Limit | What |", "|---|---|---|---:|---:|---|"]
    for outcome in outcomes:
        cells = (
            outcome.status.value,
            code(one_line(outcome.budget)),
            escaped(outcome.check),
            "" if outcome.value is None else escaped(amount(outcome.value, outcome)),
            "" if outcome.limit is None else escaped(amount(outcome.limit, outcome)),
            escaped(one_line(why(outcome))) if _is_news(outcome) else "",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _foot(envelope: Envelope) -> str:
    version = envelope.pricing.get("version", "")
    return escaped(f"As of {envelope.as_of:%Y-%m-%d %H:%M} UTC, prices {version}.")


def _key(outcome: Outcome) -> str:
    """Return the name of a check without what could end the hidden line; different names stay different."""
    name = one_line(f"{outcome.budget}/{outcome.check}")
    return KEPT.sub(lambda found: f"%{ord(found[0]):x};", name)


def _state(run: Run) -> str:
    """Return the statuses and costs as a hidden line, for the next run to compare with."""
    pairs = {}
    for outcome in run.outcomes:
        cost = "-" if outcome.value is None else f"{outcome.value:.2f}"
        pairs[_key(outcome)] = f"{outcome.status.value.lower()} {cost}"
    text = dumps(pairs, indent=False)
    return f"<!-- costctl:state {text if len(text) <= MOST_STATE else '{}'} -->"


def state_of(text: str) -> State | None:
    """Return what an earlier comment said; None where the text is no such comment."""
    found = STATE.search(text)
    if found is None or MARKER not in text:
        return None
    return {
        pair["key"]: (pair["status"], None if pair["value"] == "-" else Decimal(pair["value"]))
        for pair in PAIR.finditer(found["state"])
    }


def should_comment(run: Run, earlier: State | None) -> bool:
    """Return whether a reader would learn something: a status changed, or a cost by more than a floor."""
    if earlier is None:
        return True
    seen = set()
    for outcome in run.outcomes:
        key = _key(outcome)
        seen.add(key)
        if key not in earlier or _changed(outcome, *earlier[key]):
            return True
    return seen != set(earlier)


def _changed(outcome: Outcome, status: str, value: Decimal | None) -> bool:
    if outcome.status.value.lower() != status or (outcome.value is None) != (value is None):
        return True
    return (
        outcome.unit == "USD"
        and outcome.value is not None
        and value is not None
        and abs(outcome.value - value) > FLOOR
    )
