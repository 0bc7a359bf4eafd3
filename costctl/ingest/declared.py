"""What settings files say about reading logs: formats and rules for endpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from costctl.formats.rules import EndpointRule, read_rules
from costctl.yaml_tree import Node

if TYPE_CHECKING:
    from costctl.yaml_file import Reader


def declared_formats(configs: Sequence[Path]) -> tuple[dict[str, Node], str]:
    """Return the user's formats of the strongest settings file that has any, and its path.

    Errors: `CostctlError` with `path:line` where they are no mapping.
    """
    for path in configs:
        reader = _loaded(path)
        formats = (reader.node.entries or {}).get("formats")
        if formats is not None and formats.entries is None and not formats.is_null:
            reader.problems.add(formats.line, "formats: expected a mapping of names to formats")
            reader.problems.raise_if_any("docs/formats.md shows what a format may say")
        if formats is not None and formats.entries:
            return dict(formats.entries), str(path)
    return {}, ""


def declared_rules(configs: Sequence[Path]) -> tuple[EndpointRule, ...]:
    """Return the rules for endpoints of the strongest settings file that has any.

    Errors: `CostctlError` with `path:line` of every mistake.
    """
    for path in configs:
        reader = _loaded(path)
        node = (reader.node.entries or {}).get("endpoint")
        if node is not None and not node.is_null:
            rules = read_rules(node, reader.problems)
            reader.problems.raise_if_any("endpoint: [{when: {model: gpt-4o*}, is: rag_query}]")
            return rules
    return ()


def _loaded(path: Path) -> "Reader":
    from costctl.yaml_file import load  # noqa: PLC0415 - only a run with a settings file pays for YAML

    return load(Path(path))
