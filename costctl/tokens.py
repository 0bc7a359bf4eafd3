"""Counting tokens offline: the vocabularies come with the package and are unpacked once."""

import hashlib
import json
import lzma
import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from costctl.errors import CostctlError
from costctl.user_cache import cache_folder, write_whole

if TYPE_CHECKING:
    from tiktoken import Encoding

URL = "https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
"""Where tiktoken believes the vocabulary is; the SHA-1 of this text is the name of its file."""

CURRENT = "o200k_base"
"""The vocabulary of models that no rule below names."""

OLDER = ("gpt-4-", "gpt-3.5", "gpt-35", "text-embedding", "davinci", "babbage")
OLDER_EXACT = ("gpt-4",)
TEXT_KEYS = frozenset(
    {"content", "text", "prompt", "input", "inputs", "messages", "system", "instructions", "parts"}
)
"""Keys of a logged request under which stands what the model reads."""


def encoding_name(model: str | None) -> str:
    """Return the vocabulary that a model counts with, the current one where it is not OpenAI's.

    For another vendor's model the count is an estimate, as is every count of logged text: it knows nothing of the
    few tokens that a provider adds around messages.
    """
    name = (model or "").rsplit("/", 1)[-1].lower()
    if name.startswith(("gpt-4o", "gpt-4.1", "gpt-4.5")):
        return CURRENT
    return "cl100k_base" if name in OLDER_EXACT or name.startswith(OLDER) else CURRENT


def count(text: str, model: str | None = None) -> int:
    """Return how many tokens a text has; what looks like a control token is plain text."""
    return len(encoding(encoding_name(model)).encode_ordinary(text))


def count_prompt(text: str, model: str | None = None) -> int:
    """Return how many tokens a logged prompt has: a text, or JSON of which only what a model reads is counted."""
    try:
        logged = json.loads(text)
    except (ValueError, RecursionError):
        return count(text, model)
    if isinstance(logged, dict | list):
        return count("\n".join(_texts(logged, inside=isinstance(logged, list))), model)
    return count(text, model)


def _texts(value: object, *, inside: bool = False) -> Iterator[str]:
    """Yield the texts of messages; names of roles, models and parameters are none."""
    if isinstance(value, str):
        if inside:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, inside=inside)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, inside=key in TEXT_KEYS)


@cache
def encoding(name: str) -> "Encoding":
    """Return a vocabulary, unpacked into the user's cache folder on first use.

    Errors: `CostctlError` where the cache folder cannot be written.
    """
    os.environ["TIKTOKEN_CACHE_DIR"] = str(unpacked(name).parent)
    import tiktoken  # noqa: PLC0415 - only what counts text pays for loading it

    return tiktoken.get_encoding(name)


def unpacked(name: str) -> Path:
    """Return the file of a vocabulary under the name that tiktoken looks for, making it if needed."""
    # The name is fixed by tiktoken; nothing secret is hashed.
    digest = hashlib.sha1(URL.format(name=name).encode(), usedforsecurity=False).hexdigest()
    target = (cache_folder() or Path.home() / ".cache" / "costctl") / "tiktoken" / digest
    packed = files("costctl.data").joinpath(f"{name}.tiktoken.xz")
    if target.exists() and target.stat().st_size:
        return target
    try:
        write_whole(target, lzma.decompress(packed.read_bytes()))
    except OSError as error:
        raise CostctlError(
            f"{target.parent}: {error.strerror or error}",
            hint="set XDG_CACHE_HOME to a folder that can be written",
            code="unwritable",
        ) from error
    return target
