"""Whether a zstd file is whole, by the lengths that its frames and blocks state; nothing is unpacked."""

from pathlib import Path
from typing import BinaryIO

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"
"""The last bytes of a magic number that begins with any of 0x50 to 0x5f."""

DICTIONARY_ID = (0, 1, 2, 4)
CONTENT_SIZE = (0, 2, 4, 8)
RLE, RESERVED = 1, 3


def is_whole(path: Path) -> bool:
    """Return whether a file is one frame after another to its very end (RFC 8878); the engine reads a part as if it were all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            if not _frame(file) or file.tell() > size:
                return False
    return size > 0


def _frame(file: BinaryIO) -> bool:
    magic = file.read(4)
    if magic[1:] == SKIPPABLE and magic[0] >> 4 == 5:  # noqa: PLR2004 - 0x50 to 0x5f
        length = file.read(4)
        file.seek(int.from_bytes(length, "little"), 1)
        return len(length) == len(magic)
    described = file.read(1)
    if magic != MAGIC or not described:
        return False
    flags = described[0]
    single = flags >> 5 & 1
    content = CONTENT_SIZE[flags >> 6] or single
    file.seek((1 - single) + DICTIONARY_ID[flags & 3] + content, 1)
    if not _blocks(file):
        return False
    file.seek(4 * (flags >> 2 & 1), 1)
    return True


def _blocks(file: BinaryIO) -> bool:
    while True:
        header = file.read(3)
        number = int.from_bytes(header, "little")
        kind = number >> 1 & 3
        if len(header) < 3 or kind == RESERVED:  # noqa: PLR2004 - the length of a block's header
            return False
        file.seek(1 if kind == RLE else number >> 3, 1)
        if number & 1:
            return True
