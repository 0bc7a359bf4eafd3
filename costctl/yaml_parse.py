"""The one strict YAML parser.

PyYAML's own loader turns `on` into true, `010` into 8, `12:30` into 750 and silently keeps the last of two
equal keys.
"""

from collections.abc import Iterator

import yaml

from costctl.yaml_tree import Node, Problems


class _Builder:
    """Builds nodes from parser events, so that tags, anchors and duplicates are seen."""

    def __init__(self, events: Iterator[yaml.Event], problems: Problems) -> None:
        self.events = events
        self.problems = problems

    def documents(self) -> list[Node]:
        starts = (event for event in self.events if isinstance(event, yaml.DocumentStartEvent))
        return [self.node(next(self.events)) for _ in starts]

    def node(self, event: yaml.Event) -> Node:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            self.problems.add(line, f"alias *{event.anchor}: write the value out")
            return Node(line, text="")
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            self.problems.add(line, f"anchor &{anchor}: write the value out")
        if tag:
            self.problems.add(line, f"tag {tag}: quote the text if it begins with !")
        if isinstance(event, yaml.ScalarEvent):
            return Node(line, text=event.value, quoted=event.style not in {None, ""})
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, items=tuple(self._items(yaml.SequenceEndEvent)))
        return Node(line, entries=self._entries())

    def _items(self, end: type[yaml.Event]) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield self.node(event)

    def _entries(self) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event)
            value = self.node(next(self.events))
            name = key.text if key.text is not None else ""
            if key.kind != "scalar":
                self.problems.add(key.line, "a key must be plain text")
            elif name == "<<":
                self.problems.add(key.line, "merge key <<: write the values out")
            elif name in entries:
                self.problems.add(
                    key.line, f"key {name} stands twice (first on line {entries[name].line})"
                )
            else:
                entries[name] = value
        return entries


def _tab(text: str, line: int) -> str:
    """Name the commonest reason, which the parser tells in words about tokens."""
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    return (
        "; indent with spaces, not tabs" if "\t" in here[: len(here) - len(here.lstrip())] else ""
    )


def parse(text: str, path: str) -> tuple[Node, Problems]:
    """Return the single document of a text and the problems of its form."""
    problems = Problems(path)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = _Builder(yaml.parse(text, Loader=loader), problems).documents()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(line, f"not YAML: {error.problem or error.context}{_tab(text, line)}")
        documents = []
    except yaml.YAMLError as error:
        problems.add(1, f"not YAML: {str(error).splitlines()[0]}")
        documents = []
    problems.raise_if_any()
    if len(documents) > 1:
        problems.add(documents[1].line, "a second document: one document a file")
    return (documents[0] if documents else Node(1, text="")), problems
