"""Text from logs and from users, made harmless for what a pipeline reads."""

import re

from costctl.render.style import clean

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def one_line(text: str) -> str:
    """Return text without control characters and line breaks."""
    return " ".join(clean(text.replace("\r", " ").replace("\n", " ")).split())


def in_xml(text: str) -> str:
    """Return text without the characters that no XML document may hold."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, most: int, note: str) -> str:
    """Return text of at most so many UTF-8 bytes, cut at a line break, with a note where it was cut."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    head = encoded[: most - len(note.encode()) - 2].decode(errors="ignore")
    return f"{head[: head.rfind(chr(10)) + 1]}\n{note}\n"
