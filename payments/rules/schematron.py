"""
A Schematron file as XSLT 2.0 that writes SVRL, so that an operator's own rules can be run.

What is taken: namespaces, lets, functions, patterns, rules and asserts with ids and flags, in XSLT 2.0.
In a pattern the first rule that matches a node wins, as the standard says. Abstract patterns, phases and
includes are refused.
"""

from __future__ import annotations

from typing import TypeAlias

from lxml import etree

SCH = "{http://purl.oclc.org/dsdl/schematron}"
XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
XSL_NAMESPACE, SVRL_NAMESPACE = XSL[1:-1], SVRL[1:-1]

Node: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no other name for an element


class UnsupportedSchematron(ValueError):
    """The file uses a part of Schematron that is not taken, or is none."""


def as_xslt(schematron: bytes) -> bytes:
    """
    Return the stylesheet of a Schematron file.

    :raises UnsupportedSchematron: if it is no Schematron, or uses abstract patterns, phases or includes.
    """
    schema = _parsed(schematron)
    namespaces = {"xsl": XSL_NAMESPACE, "svrl": SVRL_NAMESPACE}
    namespaces |= {each.get("prefix", ""): each.get("uri", "") for each in schema.iter(f"{SCH}ns")}
    sheet = etree.Element(f"{XSL}stylesheet", {"version": "2.0"}, nsmap=namespaces)
    etree.SubElement(sheet, f"{XSL}output", method="xml", encoding="UTF-8")
    for function in schema.iter(f"{XSL}function"):
        sheet.append(function)
    for let in schema.findall(f"{SCH}let"):
        _variable(sheet, let)
    patterns = list(schema.iter(f"{SCH}pattern"))
    _start(sheet, len(patterns))
    for index, pattern in enumerate(patterns):
        _pattern(sheet, pattern, f"p{index}")
    return etree.tostring(sheet, xml_declaration=True, encoding="UTF-8")


def _parsed(content: bytes) -> Node:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        schema = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnsupportedSchematron(f"This is no XML: {error}") from error
    if schema.tag != f"{SCH}schema":
        raise UnsupportedSchematron("The file holds no Schematron: its first element is not schema.")
    for name in ("include", "phase", "extends"):
        if schema.find(f".//{SCH}{name}") is not None:
            raise UnsupportedSchematron(f"The file uses {name}; give one that is complete in itself.")
    if any(each.get("abstract") == "true" or each.get("is-a") for each in schema.iter(f"{SCH}pattern")):
        raise UnsupportedSchematron("The file uses abstract patterns; give one in which they are resolved.")
    return schema


def _variable(parent: Node, let: Node) -> None:
    variable = etree.SubElement(parent, f"{XSL}variable", name=let.get("name", ""))
    if let.get("value") is not None:
        variable.set("select", let.get("value", ""))
    variable.extend(list(let))


def _start(sheet: Node, patterns: int) -> None:
    template = etree.SubElement(sheet, f"{XSL}template", match="/")
    output = etree.SubElement(template, f"{SVRL}schematron-output")
    for index in range(patterns):
        etree.SubElement(output, f"{XSL}apply-templates", select=".", mode=f"p{index}")


def _pattern(sheet: Node, pattern: Node, mode: str) -> None:
    for let in pattern.findall(f"{SCH}let"):
        _variable(sheet, let)
    rules = pattern.findall(f"{SCH}rule")
    for index, rule in enumerate(rules):
        match, priority = rule.get("context", ""), str(len(rules) - index)
        template = etree.SubElement(sheet, f"{XSL}template", match=match, mode=mode, priority=priority)
        for let in rule.findall(f"{SCH}let"):
            _variable(template, let)
        for check in rule.findall(f"{SCH}assert"):
            _assert(template, check)
        _go_on(template, mode)
    _go_on(etree.SubElement(sheet, f"{XSL}template", match="@*|node()|/", mode=mode, priority="-2"), mode)


def _assert(template: Node, check: Node) -> None:
    test = f"not({check.get('test', '')})"
    condition = etree.SubElement(template, f"{XSL}if", test=test)
    rule, flag = check.get("id", ""), check.get("flag", "fatal")
    failed = etree.SubElement(condition, f"{SVRL}failed-assert", id=rule, flag=flag)
    message = etree.SubElement(failed, f"{SVRL}text")
    message.text = " ".join("".join(map(str, check.itertext())).split())


def _go_on(template: Node, mode: str) -> None:
    etree.SubElement(template, f"{XSL}apply-templates", select="*", mode=mode)
