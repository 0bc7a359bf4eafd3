"""The stated rewrites of a logged model name, in their order; each adds to the one before."""

import re
from collections.abc import Iterator, Sequence

_VERSION = re.compile(r"@(?=[0-9]{8}$)")
_FINE_TUNED = re.compile(r"(ft:[^:]+):.+")


def rewrites(
    logged: str, strip_prefixes: Sequence[str], region_prefixes: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str | None, bool]]:
    """Yield a name, the region its prefix named, and whether it is in lower case.

    As logged; trimmed and in lower case; the tail of a Vertex path or a Bedrock ARN; without a provider's
    prefix; without a region's prefix; `@20250929` as `-20250929`; `ft:BASE:org:name:id` as `ft:BASE`.
    """
    yield logged, None, False
    name, region = logged.strip().lower(), None
    seen = set()
    for step in (_same, _tail, _without(strip_prefixes)):
        name = step(name)
        if name not in seen:
            seen.add(name)
            yield name, None, True
    for prefix, place in sorted(region_prefixes, key=lambda pair: -len(pair[0])):
        if name.startswith(prefix.lower()):
            name, region = name[len(prefix) :], place
            yield name, region, True
            break
    for pattern, by in ((_VERSION, "-"), (_FINE_TUNED, r"\1")):
        changed = pattern.sub(by, name)
        if changed != name:
            name = changed
            yield name, region, True


def _same(name: str) -> str:
    return name


def _tail(name: str) -> str:
    """Return what follows the last `/models/` of a path, or the last `/` of an ARN."""
    if "/models/" in name:
        return name.rpartition("/models/")[2]
    return name.rpartition("/")[2] if name.startswith("arn:") else name


class _without:  # noqa: N801 - reads as the step it is
    def __init__(self, prefixes: Sequence[str]) -> None:
        self.prefixes = sorted((prefix.lower() for prefix in prefixes), key=len, reverse=True)

    def __call__(self, name: str) -> str:
        found = next((prefix for prefix in self.prefixes if name.startswith(prefix)), "")
        return name[len(found) :]
