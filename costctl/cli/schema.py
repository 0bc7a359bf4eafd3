"""Print the JSON Schema of an output, or of a file that costctl reads."""

import json
from importlib.resources import files
from typing import Annotated, Any

import typer

from costctl.cli._output import to_stdout
from costctl.errors import CostctlError, nearest

ENVELOPE = "_envelope"

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="An output such as breakdown, or a file such as budgets; without it, all names.",
        show_default=False,
        autocompletion=lambda incomplete: [name for name in names() if name.startswith(incomplete)],
    ),
]


def command(name: Name = None) -> None:
    """Print the JSON Schema of an output, or of a file that costctl reads.

    Outputs are what `--format json` writes; an editor takes the schema of a file such as budgets.yaml.

    Examples:
      costctl schema breakdown
      costctl schema budgets > budgets.schema.json
    """
    if name is None:
        to_stdout("".join(f"{known}\n" for known in names()))
        return
    to_stdout(json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n")


def names() -> list[str]:
    """Return the names of all schemas."""
    folder = files("costctl").joinpath("schemas")
    stems = (
        entry.name.removesuffix(".json")
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    )
    return sorted(stem for stem in stems if not stem.startswith("_"))


def schema(name: str) -> dict[str, Any]:
    """Return a whole schema; that of an output is its `result` within the envelope that all outputs share."""
    known = names()
    if name not in known:
        raise CostctlError(
            f"no schema {name!r}{nearest(name, known)}", f"known: {', '.join(known)}"
        )
    body = _read(name)
    if not body.pop("x-output", False):
        return body
    shell = _read(ENVELOPE)
    definitions = {**shell.get("$defs", {}), **body.pop("$defs", {})}
    shell["title"] = body.pop("title", f"costctl {name}")
    shell["properties"]["schema"] = {"const": f"costctl.{name}/1"}
    shell["properties"]["result"] = body
    return {**shell, "$defs": definitions}


def _read(name: str) -> dict[str, Any]:
    text = files("costctl").joinpath("schemas", f"{name}.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
