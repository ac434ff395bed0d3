"""The description of the API, arranged for a page that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request or an answer; ``depth`` says how far inside others it stands."""

    name: str
    kind: str
    note: str
    depth: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a program can ask for."""

    name: str
    method: str
    path: str
    title: str
    parameters: tuple[Field, ...]
    sends: tuple[Field, ...]
    answers: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The operations about one thing."""

    title: str
    operations: tuple[Operation, ...]


def reference(description: Mapping[str, Any]) -> list[Part]:
    """Return the parts of an OpenAPI description in the order of their first address."""
    parts: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            found = _operation(description, path, method, operation)
            parts.setdefault(operation["tags"][0], []).append(found)
    return [Part(title, tuple(operations)) for title, operations in parts.items()]


def _operation(description: Mapping[str, Any], path: str, method: str, said: Mapping[str, Any]) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    answer: Mapping[str, Any] = next(
        (each for status, each in said["responses"].items() if status.startswith("2")), {"content": {}}
    )
    answers = answer.get("content", {}).get("application/json", {})
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        title=said.get("description", ""),
        parameters=tuple(_parameter(each) for each in said.get("parameters", ())),
        sends=tuple(_fields(description, body.get("schema", {}), 0)),
        answers=tuple(_fields(description, answers.get("schema", {}), 0)),
    )


def _parameter(said: Mapping[str, Any]) -> Field:
    note = said.get("description", "")
    must = "needed" if said.get("required") else "optional"
    return Field(said["name"], f"{said['in']}, {must}", note, 0)


def _fields(description: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Iterator[Field]:
    """Give the fields of a schema and of what stands inside it, in their order."""
    whole = _resolved(description, schema)
    if whole.get("type") == "array":
        yield from _fields(description, whole["items"], depth)
        return
    required = set(whole.get("required", ()))
    for name, inner in whole.get("properties", {}).items():
        found = _resolved(description, inner)
        note = inner.get("description") or ("" if found is not inner else found.get("description", ""))
        must = "" if name in required else ", optional"
        yield Field(name, f"{_kind(description, found)}{must}", note, depth)
        yield from _fields(description, found, depth + 1)


def _resolved(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema refers to, without the null that it may be instead."""
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return _resolved(
                description, next(each for each in schema[combined] if each.get("type") != "null")
            )
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return _resolved(description, found)


def _kind(description: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    given = schema.get("type", "object")
    names = [given] if isinstance(given, str) else list(given)
    if "array" in names:
        return f"list of {_kind(description, _resolved(description, schema['items']))}"
    words = [schema.get("format") or name for name in names if name != "null"]
    return " or ".join([*words, *(["null"] if "null" in names else [])])
