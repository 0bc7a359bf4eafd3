"""Reads the few words of XML Schema that our schema uses, and judges a document by them."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
TYPES = {
    "xs:string": r"(?s).*",
    "xs:decimal": r"-?[0-9]+(\.[0-9]+)?",
    "xs:nonNegativeInteger": r"[0-9]+",
    "xs:dateTime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",
}


def violations(text, schema):
    root = ET.fromstring(Path(schema).read_text())  # noqa: S314 - our own file
    rules = {element.get("name"): element.find(f"{XS}complexType") for element in root}
    return list(_judge(ET.fromstring(text), rules))  # noqa: S314 - our own output


def _judge(element, rules) -> Iterator[str]:
    rule = rules.get(element.tag)
    if rule is None:
        yield f"{element.tag} is unknown"
        return
    attributes = {a.get("name"): a for a in rule.findall(f"{XS}attribute")}
    for name, attribute in attributes.items():
        if attribute.get("use") == "required" and name not in element.attrib:
            yield f"{element.tag} lacks {name}"
    for name, value in element.attrib.items():
        if name not in attributes:
            yield f"{element.tag} has {name}"
        elif not re.fullmatch(TYPES[attributes[name].get("type")], value):
            yield f"{element.tag} {name}={value!r}"
    yield from _children(element, rule)
    for child in element:
        yield from _judge(child, rules)


def _children(element, rule) -> Iterator[str]:
    order = [(e.get("ref"), e.get("maxOccurs")) for e in rule.findall(f"{XS}sequence/{XS}element")]
    places = {name: place for place, (name, _) in enumerate(order)}
    found = [child.tag for child in element]
    if any(name not in places for name in found):
        yield f"{element.tag} holds {found}"
        return
    if [places[name] for name in found] != sorted(places[name] for name in found):
        yield f"{element.tag} holds {found} in this order"
    for name, most in order:
        if most == "1" and found.count(name) > 1:
            yield f"{element.tag} holds {name} {found.count(name)} times"
