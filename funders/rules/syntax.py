"""
YAML text to plain values, by the core schema of YAML 1.2 (spec: programme-file, Types).

PyYAML's own loaders follow YAML 1.1, where ``no`` is false, ``010`` is eight and ``<<`` merges.
So only its event parser is used: tags are resolved here, nodes are built on a stack of our own
(no depth of nesting can exhaust the interpreter's), and an alias shares its value, so that
nothing is multiplied while reading.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import yaml

Value: TypeAlias = "bool | int | Decimal | str | list[Value] | dict[str, Value] | Untyped | None"

LARGEST_FILE = 10_000_000  # bytes
DEEPEST = 1_000  # lists and mappings within each other; PyYAML's slower parser takes quadratic time

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_LONGEST_NUMBER = 100  # characters; a longer one is no amount of anything
_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Untyped:
    """A value with a tag that the core schema does not know, or that its text does not fit."""

    tag: str


class SyntaxFault(Exception):
    """The text is not one YAML document; line and column count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.place = f"line {line}, column {column}"
        self.message = message


def parse(content: bytes) -> Value:
    """
    Return the value of the one document in ``content`` (UTF-8, with or without a byte-order mark).

    Fractions are exact decimals. A mapping's keys are their text: ``2026`` and ``"2026"`` are one key.

    :raises SyntaxFault: if it is too long, not UTF-8, not YAML, or holds a second document, a
        repeated key, or an alias that is unknown or loops.
    """
    builder = _Builder()
    for event in _events(_text(content)):
        builder.take(event)
    return builder.root


def resolve(text: str) -> Value:
    """Return the value of a plain scalar."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return _decimal(text)
    return Decimal("NaN") if _NO_NUMBER.fullmatch(text) else text


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what the type can hold
        return Decimal("NaN")


def _text(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise SyntaxFault(
            1, 1, f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Split the programme."
        )
    content = content.removeprefix(BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        raise _fault_after(before, "The file is not UTF-8 text. Save it with the encoding UTF-8.") from None
    odd = _UNPRINTABLE.search(text)
    if odd:
        message = f"The character U+{ord(odd[0]):04X} cannot stand in a YAML file. Delete it."
        raise _fault_after(text[: odd.start()], message)
    return text


def _fault_after(before: str, message: str) -> SyntaxFault:
    return SyntaxFault(before.count("\n") + 1, len(before) - before.rfind("\n"), message)


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_PARSER)
    except yaml.MarkedYAMLError as error:
        why = error.problem or error.context or "it cannot be read"
        message = f"This is not YAML: {why}. Check the indentation, quotes and brackets here and just before."
        raise _fault_at(error.problem_mark or error.context_mark, message) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise SyntaxFault(1, 1, "This is not YAML. Check that it is the file that you meant.") from None


def _fault_at(mark: Any, message: str) -> SyntaxFault:
    return SyntaxFault(mark.line + 1, mark.column + 1, message) if mark else SyntaxFault(1, 1, message)


@dataclass(slots=True)
class _Anchored:
    value: Value = None
    is_open: bool = True


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    value: list[Value] | dict[str, Value]
    tag: str | None
    anchored: _Anchored
    mark: Any
    key: str | None = None

    def add(self, value: Value, mark: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            self.key = _key_text(value, mark)
            if self.key in self.value:
                raise _fault_at(mark, f"The key {self.key[:60]!r} stands twice here. Keep one of them.")
        else:
            self.value[self.key] = value
            self.key = None


def _key_text(value: Value, mark: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | Decimal):
        return str(value)
    return f"(line {mark.line + 1}, column {mark.column + 1})"


@dataclass(slots=True)
class _Builder:
    root: Value = None
    documents: int = 0
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _fault_at(event.start_mark, "A second document begins here. Put one programme into a file.")

    def _scalar(self, event: Any) -> None:
        anchored = self._anchor(event.anchor)
        anchored.value, anchored.is_open = _scalar(event), False
        self._add(anchored.value, event.start_mark)

    def _begin(self, event: Any) -> None:
        if len(self.stack) >= DEEPEST:
            raise _fault_at(event.start_mark, f"More than {DEEPEST:,} levels stand within each other here.")
        is_list = isinstance(event, yaml.SequenceStartEvent)
        known = {None, "!", _TAG + ("seq" if is_list else "map")}
        tag = None if event.tag in known else event.tag
        self.stack.append(_Open([] if is_list else {}, tag, self._anchor(event.anchor), event.start_mark))

    def _end(self) -> None:
        ended = self.stack.pop()
        ended.anchored.value = ended.value if ended.tag is None else Untyped(ended.tag)
        ended.anchored.is_open = False
        self._add(ended.anchored.value, ended.mark)

    def _alias(self, event: Any) -> None:
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            raise _fault_at(
                event.start_mark, f"Nothing before this place is marked &{event.anchor}. Write it out."
            )
        if anchored.is_open:
            raise _fault_at(event.start_mark, f"*{event.anchor} stands inside itself. Write the value out.")
        self._add(anchored.value, event.start_mark)

    def _anchor(self, name: str | None) -> _Anchored:
        anchored = _Anchored()
        if name is not None:
            self.anchors[name] = anchored
        return anchored

    def _add(self, value: Value, mark: Any) -> None:
        if self.stack:
            self.stack[-1].add(value, mark)
        else:
            self.root = value


def _scalar(event: Any) -> Value:
    tag, text = event.tag, event.value
    if tag is None:
        return text if event.style else resolve(text)
    if tag in {"!", _TAG + "str"}:
        return str(text)
    value = resolve(text)
    return value if tag == _TAG + _name_of(value) else _as_float(tag, value)


def _name_of(value: Value) -> str:
    names = {bool: "bool", int: "int", Decimal: "float", type(None): "null"}
    return names.get(type(value), "")


def _as_float(tag: str, value: Value) -> Value:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(str(value)) if tag == _TAG + "float" and is_whole else Untyped(tag)
