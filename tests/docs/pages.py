"""The project's pages as data: sections, tables and blocks of code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

Row = dict[str, str]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page: its column headings, and its rows by heading. Cells are trimmed."""

    columns: tuple[str, ...]
    rows: list[Row]

    def column(self, heading: str) -> list[str]:
        """Return the cells of a column; none where there is no such column."""
        return [row[heading] for row in self.rows if heading in row]


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a second-level heading, the text before the first of them included (empty title)."""

    title: str
    text: str
    blocks: list[tuple[str, str]] = field(default_factory=list)  # language and content
    tables: list[Table] = field(default_factory=list)

    def block(self, language: str) -> str:
        """Return the one block of code in a language."""
        (content,) = [content for kind, content in self.blocks if kind == language]
        return content

    def table(self, column: str) -> Table:
        """Return the one table that has a column of that name."""
        (table,) = [table for table in self.tables if column in table.columns]
        return table


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def sections(page: str) -> list[Section]:
    """Return the sections of a page in order."""
    titles = ["", *_HEADING.findall(page)]
    return [_section(title, text) for title, text in zip(titles, _HEADING.split(page)[::2], strict=True)]


def section(page: str, title: str) -> Section:
    """Return the section with a title."""
    (found,) = [each for each in sections(page) if each.title == title]
    return found


def code_spans(text: str) -> list[str]:
    """Return what stands between single backticks, blocks of code left out."""
    return _CODE.findall(_BLOCK.sub("", text))


def _section(title: str, text: str) -> Section:
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(text)]
    return Section(title, text, blocks, _tables(_BLOCK.sub("", text)))


def _tables(text: str) -> list[Table]:
    found: list[Table] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if number and _RULE.fullmatch(line.strip()):
            columns = _cells(lines[number - 1])
            rows = []
            for row in lines[number + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(columns, _cells(row), strict=True)))
            found.append(Table(columns, rows))
    return found


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))
