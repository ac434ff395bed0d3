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
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pieces = {
        id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (_filled(node, kind) for kind in _KINDS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.value


def _filled(node: ast.JoinedStr, kind: str) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else kind for part in node.values)
