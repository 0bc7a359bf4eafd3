"""Token classes and tier of a record, from its logged counts and words."""

from collections.abc import Iterable

from costctl.formats._base import TokenBlock
from costctl.formats.words import TIERS
from costctl.store.compile_tree import lit

PLAIN = (
    "cache_read",
    "cache_write",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
)


def tier(stated: str | None, logged: str | None) -> str:
    """Return the tier that prices a row: the stated one, else the logged one, else standard."""
    whens = " ".join(f"WHEN {lit(k)} THEN {lit(v)}" for k, v in TIERS.items())
    parts = [f"CASE lower({c}) {whens} ELSE lower({c}) END" for c in (stated, logged) if c]
    return f"coalesce({', '.join([*parts, lit('standard')])})"


def block_classes(block: TokenBlock) -> dict[str, str]:
    """Return each token class from the logged counts `i_*`; classes are disjoint and never negative."""
    inside = _inside(block)
    given, output = _side(block, "input", "output"), _output(block)
    written = f"least({_count(block, 'cache_write_long')}, {_count(block, 'cache_write')})"
    reasoned = f"least({_count(block, 'reasoning')}, {output})"
    return {name: _count(block, name) for name in PLAIN} | {
        "input_uncached": given if inside == "0" else f"greatest(({given}) - ({inside}), 0)",
        "output": output,
        "cache_write_long": written if "cache_write_long" in block.counts else "0",
        "reasoning": reasoned if "reasoning" in block.counts else "0",
        "mismatch": "false" if inside == "0" else f"(({inside}) > ({given}))",
    }


def _count(block: TokenBlock, name: str) -> str:
    return f"coalesce(i_{name}, 0)" if name in block.counts else "0"


def _sum(block: TokenBlock, names: Iterable[str]) -> str:
    return " + ".join(_count(block, n) for n in names if n in block.counts) or "0"


def _side(block: TokenBlock, name: str, other: str) -> str:
    """Return the input or the output; a total makes up for one that is missing."""
    count = _count(block, name)
    if not {name, other, "total"} <= set(block.counts):
        return count
    rest = f"i_total - i_{other}"
    return f"CASE WHEN i_{name} IS NULL AND i_{other} IS NOT NULL AND {rest} >= 0 THEN {rest} ELSE {count} END"


def _inside(block: TokenBlock) -> str:
    """Return what the logged input counts besides uncached text."""
    inside = _sum(block, block.input_includes)
    if block.exclusive_if is None or inside == "0":
        return inside
    parts = _sum(block, block.exclusive_if.sum)
    return (
        f"CASE WHEN {parts} > {_count(block, block.exclusive_if.exceeds)} THEN 0 ELSE {inside} END"
    )


def _output(block: TokenBlock) -> str:
    made = _side(block, "output", "input")
    added = _sum(block, block.output_adds)
    taken = _sum(block, (n for n in block.output_includes if n != "reasoning"))
    if (added, taken) == ("0", "0"):
        return made
    return f"greatest(({made}) + ({added}) - ({taken}), 0)"
