"""What the user says about endpoints: rules of `costctl.yaml`, the first that matches names the endpoint."""

from dataclasses import dataclass

from costctl.formats._path import BadPathError, parse_path
from costctl.yaml_tree import Node, Problems


@dataclass(frozen=True)
class EndpointRule:
    """A name for the calls that match.

    Attributes:
        when: (field, glob) pairs that must all match; a field is a canonical column, `model`, `tag.NAME` or a path,
            and a glob that begins with `!` must not match.
        name: the endpoint.
    """

    when: tuple[tuple[str, str], ...]
    name: str


def read_rules(node: Node | None, problems: Problems) -> tuple[EndpointRule, ...]:
    """Return the rules under `endpoint:`; what is wrong is noted in `problems`."""
    if node is None or node.is_null:
        return ()
    if node.items is None:
        problems.add(node.line, "endpoint: expected a list of {when: {FIELD: GLOB}, is: NAME}")
        return ()
    return tuple(rule for item in node.items if (rule := _rule(item, problems)) is not None)


def _rule(node: Node, problems: Problems) -> EndpointRule | None:
    entries = node.entries or {}
    when, name = entries.get("when"), entries.get("is")
    unknown = sorted(set(entries) - {"when", "is"})
    if unknown or when is None or when.entries is None or name is None or not name.text:
        said = f"unknown key {unknown[0]}" if unknown else "needs when: {FIELD: GLOB} and is: NAME"
        problems.add(node.line, f"endpoint: {said}")
        return None
    pairs = []
    for field, glob in when.entries.items():
        try:
            parse_path(field.removeprefix("tag.") or field)
        except BadPathError as error:
            problems.add(glob.line, f"endpoint.when: {error}")
        pairs.append((field, glob.text or ""))
    return EndpointRule(tuple(pairs), name.text)
