"""What the code says about itself: the codes of its refusals, as they stand in its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT

_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
_KINDS = ("area", "cohort")  # what participants/rules/acceptance.py puts into its codes


def snake_case_words(path: str) -> set[str]:
    """Return every text of a module that is one lower-case word with underscores, docstrings left aside."""
    return {word for word in _texts(ROOT / path) if _CODE.fullmatch(word)}


def _texts(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    left_out = {id(piece) for node in nodes for piece in _no_texts_of_their_own(node)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield from (_filled(node, kind) for kind in _KINDS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


def _no_texts_of_their_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the pieces of a formatted text, and the names in ``__slots__``."""
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Assign) and any(ast.unparse(target) == "__slots__" for target in node.targets):
        yield from ast.walk(node.value)


def _filled(node: ast.JoinedStr, kind: str) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else kind for part in node.values)
