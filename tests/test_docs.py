"""The written part keeps up with the code: decisions, words, fields, links, names of files and targets."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from tests.docs.pages import DOCS, ROOT, code_spans, read, sections

APPS = (
    "mhep",
    "accounts",
    "audit",
    "providers",
    "funders",
    "participants",
    "outcomes",
    "payments",
    "investment",
    "performance",
)
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
]
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
GLOSSARY = read(DOCS / "glossary.md")
LEVELS = {"open", "commercial", "staff", "participant", "personal", "secret"}

_ENUM = re.compile(
    r"^class (\w+)\((?:models\.TextChoices|models\.IntegerChoices|StrEnum|Enum)\):", re.MULTILINE
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PLACE = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")


def models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.partition(".")[0] in APPS]


def sources() -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).rglob("*.py")


def enums() -> dict[str, type[Enum]]:
    """Return every enumeration of the apps by its name."""
    found: dict[str, type[Enum]] = {}
    for path in sources():
        names = _ENUM.findall(read(path))
        if names:
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            found |= {name: getattr(module, name) for name in names}
    return found


def names_of_the_code() -> list[str]:
    """Return the names in the glossary's last column."""
    tables = [table for part in sections(GLOSSARY) for table in part.tables]
    return [name for table in tables for cell in table.column("in the code") for name in code_spans(cell)]


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    listed = [link for link in _LINK.findall(read(DOCS / "adr" / "README.md")) if link[:4].isdigit()]
    assert sorted(set(listed)) == [page.name for page in DECISIONS]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_parts_on_one_page(decision: Path) -> None:
    titles = [part.title for part in sections(read(decision))]
    assert titles[1:4] == ["Context", "Decision", "Consequences"]
    assert titles[4] in {"What would change our mind", "Considered"}
    assert len(read(decision).splitlines()) <= 80


def test_every_decision_that_code_cites_has_a_page() -> None:
    cited = {number for path in sources() for number in re.findall(r"ADR (\d{4})", read(path))}
    assert cited
    assert cited <= {page.name[:4] for page in DECISIONS}


def test_the_glossary_names_every_model_and_every_enumeration() -> None:
    named = {name.partition(".")[0] for name in names_of_the_code()}
    assert len(enums()) >= 17
    assert {model.__name__ for model in models()} | set(enums()) <= named


@pytest.mark.parametrize("name", sorted(set(names_of_the_code())))
def test_every_name_in_the_glossary_exists(name: str) -> None:
    assert exists(name), f"{name} is in the glossary and not in the code"


def exists(name: str) -> bool:
    """Tell whether a name is a model, its field, an enumeration, its member, or a dotted path of the code."""
    owner, _, part = name.rpartition(".")
    known: dict[str, Any] = {model.__name__: model for model in models()} | enums()
    known["ProgrammeDefinition"] = importlib.import_module("funders.rules.definition").ProgrammeDefinition
    if not owner:
        return name in known
    if owner in known:
        return hasattr(known[owner], part) or has_field(known[owner], part)
    return hasattr(importlib.import_module(owner), part)


def has_field(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name))
    except (AttributeError, FieldDoesNotExist):
        return False


def test_words_of_the_glossary_stand_once() -> None:
    words = [word for part in sections(GLOSSARY) for table in part.tables for word in table.column("word")]
    assert sorted(words) == sorted(set(words))


def test_every_field_of_every_model_has_its_level_of_protection() -> None:
    rows = [
        row
        for part in sections(read(DOCS / "security" / "README.md"))
        for table in part.tables
        if "field" in table.columns
        for row in table.rows
    ]
    listed = [code_spans(row["field"])[0] for row in rows]
    fields = [
        f"{model.__name__}.{field.name}"
        for model in models()
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
    ]
    assert sorted(listed) == sorted(fields)
    assert {row["level"] for row in rows} <= LEVELS


@pytest.mark.parametrize("written", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_leads_to_is_there(written: Path) -> None:
    text = read(written)
    links = [link for link in _LINK.findall(text) if "://" not in link]
    missing = [link for link in links if not is_there(written, link)]
    missing += [span for span in code_spans(text) if is_a_place(span) and not (ROOT / span).exists()]
    assert missing == []


def is_there(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not anchor:
        return target.exists()
    titles = re.findall(r"^#+ (.+)$", read(target), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def is_a_place(span: str) -> bool:
    """Tell whether a span of code names a file or a folder of the project from its root."""
    top = {path.name for path in ROOT.iterdir() if path.is_dir()}
    return bool(_PLACE.fullmatch(span)) and "/" in span and span.partition("/")[0] in top


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: ([a-z-]+)$", read(ROOT / "Makefile"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", read(page))}
    assert named <= targets
    internal = {"help", "setup-dev"}
    contributing = set(re.findall(r"make ([a-z-]+)", read(ROOT / "CONTRIBUTING.md")))
    assert targets - internal <= contributing


def test_every_management_command_that_a_page_names_exists() -> None:
    commands = {path.stem for app in APPS for path in (ROOT / app).rglob("management/commands/[a-z]*.py")}
    django = {"makemigrations"}
    named = {name for page in PAGES for name in re.findall(r"manage\.py ([a-z_]+)", read(page))}
    assert named <= commands | django
