"""Has a file changed since it was read, and does it only go on where it ended?"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

EDGE = 1 << 20
"""How much of either end is hashed."""


@dataclass(frozen=True)
class Fingerprint:
    """What was read of a file.

    Attributes:
        read_to: bytes read, up to and with the last whole line.
        head: hash of the first MiB of those bytes.
        tail: hash of the last MiB of those bytes.
    """

    size: int
    modified_ns: int
    read_to: int
    head: str
    tail: str


def take(path: Path, *, size: int, modified_ns: int, read_to: int) -> Fingerprint:
    """Return the fingerprint of the first `read_to` bytes of a file."""
    head, tail = _edges(path, read_to)
    return Fingerprint(size, modified_ns, read_to, head, tail)


def of(content: bytes, *, modified_ns: int, read_to: int) -> Fingerprint:
    """Return the fingerprint of a small file, of which `content` is all, by its first `read_to` bytes."""
    digest = _digest(content[:read_to])
    return Fingerprint(len(content), modified_ns, read_to, digest, digest)


def fits(mark: Fingerprint, content: bytes) -> bool:
    """Return whether a fingerprint is of a small file with this content."""
    return mark == of(content, modified_ns=mark.modified_ns, read_to=mark.read_to)


def unchanged(path: Path, *, size: int, modified_ns: int, before: Fingerprint) -> bool:
    """Return whether a file is as it was when it was read."""
    same = size == before.size and modified_ns == before.modified_ns
    return same and _edges(path, before.read_to) == (before.head, before.tail)


def grown(path: Path, *, size: int, before: Fingerprint) -> bool:
    """Return whether a file still begins with what was read and has more behind it."""
    return size > before.read_to > 0 and _edges(path, before.read_to) == (before.head, before.tail)


def was_cut(path: Path, *, size: int, before: Fingerprint) -> bool:
    """Return whether what was read of a file ended within a line that now goes on."""
    if not grown(path, size=size, before=before):
        return False
    with path.open("rb") as file:
        file.seek(before.read_to - 1)
        return not set(file.read(2)) & set(b"\r\n")


def last_whole_line(path: Path, size: int) -> tuple[int, bytes]:
    """Return where the last complete line ends, and the bytes of an incomplete one behind it."""
    rest = b""
    with path.open("rb") as file:
        at = size
        while at > 0:
            step = min(EDGE, at)
            file.seek(at - step)
            block = file.read(step)
            cut = block.rfind(b"\n")
            if cut >= 0:
                return at - step + cut + 1, block[cut + 1 :] + rest
            rest = block + rest
            at -= step
    return 0, rest


def _edges(path: Path, end: int) -> tuple[str, str]:
    with path.open("rb") as file:
        head = _digest(file.read(min(EDGE, end)))
        if end <= EDGE:
            return head, head
        file.seek(end - EDGE)
        return head, _digest(file.read(EDGE))


def _digest(data: bytes) -> str:
    # Processors have instructions for this one.
    return hashlib.sha256(data).hexdigest()
