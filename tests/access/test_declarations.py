"""Every view says what it needs of the matrix of access (A2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern
from django.urls.converters import SlugConverter, StringConverter, UUIDConverter
from django.urls.resolvers import RoutePattern

from accounts.access import NEEDS
from accounts.rules.matrix import RIGHTS
from mhep.shared.converters import MonthConverter, SealedIdConverter
from tests.addresses import every_pattern
from tests.cast import Cast

PATTERNS = {pattern.lookup_str + f" as {pattern.name}": pattern for _, pattern in every_pattern()}

NAMES = {
    "batch",
    "provider",
    "account",
    "change",
    "code",
    "direction",
    "facility",
    "form",
    "funder",
    "kind",
    "metric",
    "number",
    "part",
    "ref",
    "token",
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a2_every_view_declares_what_it_needs(pattern: URLPattern) -> None:
    is_private = getattr(pattern.callback, "login_required", True) or hasattr(pattern.callback, "cls")
    assert hasattr(pattern.callback, NEEDS) is is_private


def test_a2_every_id_in_an_address_is_sealed_or_random() -> None:
    """A string in an address is a name that people read or a random token, never a primary key."""
    kinds = {(type(kind), name) for pattern in PATTERNS.values() for name, kind in converters_of(pattern)}
    text = {StringConverter, SlugConverter}
    assert {name for kind, name in kinds if kind in text} == NAMES
    others = {kind for kind, _ in kinds if kind not in text and not issubclass(kind, SealedIdConverter)}
    assert others == {MonthConverter, UUIDConverter}


def converters_of(pattern: URLPattern) -> Iterator[tuple[str, object]]:
    assert isinstance(pattern.pattern, RoutePattern)
    yield from pattern.pattern.converters.items()


def test_a2_every_right_to_see_is_needed_by_a_view() -> None:
    declared = {need for pattern in PATTERNS.values() for need in needs_of(pattern)}
    unused = {(right.object.name, right.action.name) for right in RIGHTS} - declared
    # Which of the two a person may write about a drawn event depends on where they belong.
    assert unused == {("SAMPLE_AUDIT", "CHECK"), ("SAMPLE_AUDIT", "REPLY")}


def needs_of(pattern: URLPattern) -> set[tuple[str, str]]:
    declared = getattr(pattern.callback, NEEDS, ())
    return {(declared[0].name, action.name) for action in declared[1:]} if declared else set()


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("finance", "Finance"),
        ("specialist", "Employment specialist"),
        ("other_commissioner", "Commissioner"),
    ],
)
def test_the_page_of_the_matrix_says_every_right_and_what_the_reader_may(
    cast: Cast, client: Client, person: str, roles: str
) -> None:
    client.force_login(getattr(cast, person))
    page = client.get("/access/").text
    assert f"You are signed in as: {roles}." in page
    assert [right.meaning for right in RIGHTS if right.meaning not in page] == []
    own = [right for right in RIGHTS if roles in {role.value for role in right.roles}]
    assert page.count(">Yes</td>") == len(own)
    assert page.count(">No</td>") == len(RIGHTS) - len(own)
