"""What the user said about reading logs, in the forms that planning needs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime

from costctl.formats._base import Format
from costctl.formats.rules import EndpointRule
from costctl.formats.stated import MTIME, Stated
from costctl.ingest._base import IngestOptions
from costctl.sources.discover import Found
from costctl.yaml_tree import Node


def first_keys(said: Stated) -> Iterator[str]:
    """Yield what a logged dict must hold, beside the usual, to be taken for a record of usage."""
    for expression in said.counts.values():
        for value in expression:
            yield from (str(path.keys[0]) for path in value.paths if path.keys)


def options_hash(
    options: IngestOptions,
    named: Format | None,
    entries: dict[str, Node],
    rules: tuple[EndpointRule, ...],
) -> str:
    """Return a hash of what decides how a file is read, beside the file."""
    said = {
        k: str(v) for k, v in asdict(options).items() if k not in {"configs", "strict", "dry_run"}
    }
    said["rules"] = str(rules)
    if named is not None and named.user:
        # The file that declares it may have changed since.
        said["named"] = repr(named)
    said["formats"] = str({name: node.plain() for name, node in entries.items()})
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def dated(form: Format, found: Found) -> Format:
    """Return a format whose records have the time of their file, where the user said so."""
    if form.constants.get("occurred_at") != MTIME:
        return form
    moment = datetime.fromtimestamp(found.modified_ns // 10**9, UTC).replace(tzinfo=None)
    return replace(form, constants={**form.constants, "occurred_at": moment.isoformat()})
