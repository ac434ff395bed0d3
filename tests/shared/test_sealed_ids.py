"""Ids in addresses and forms: each opens to one row of one kind, and says nothing else (A2)."""

from __future__ import annotations

import base64
import os
import re
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from mhep.shared.inputs import one_row
from mhep.shared.sealed_ids import Kind, Unsealable, opened_id, sealed_id
from tests.cast import Cast

SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HIGHEST = (1 << 63) - 1
KEYS = st.integers(0, HIGHEST)


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@given(KEYS, st.sampled_from(Kind))
def test_what_is_sealed_opens_to_the_same_key_and_looks_like_a_uuid(key: int, kind: Kind) -> None:
    sealed = str(sealed_id(kind, key))
    assert SHAPE.fullmatch(sealed)
    assert opened_id(kind, sealed) == key
    assert sealed_id(kind, key) == UUID(sealed)


@given(KEYS, st.sampled_from(Kind), st.sampled_from(Kind))
def test_an_id_of_one_kind_is_none_of_another(key: int, kind: Kind, other: Kind) -> None:
    if kind is not other:
        with pytest.raises(Unsealable):
            opened_id(other, str(sealed_id(kind, key)))


@given(KEYS, st.integers(0, 127))
def test_an_id_with_any_bit_turned_is_none(key: int, bit: int) -> None:
    turned = UUID(int=sealed_id(Kind.EVENT, key).int ^ (1 << bit))
    with pytest.raises(Unsealable):
        opened_id(Kind.EVENT, str(turned))


def test_ids_of_rows_that_follow_each_other_share_nothing_that_shows() -> None:
    ids = [sealed_id(Kind.EVENT, key) for key in range(1000)]
    differing = [(a.int ^ b.int).bit_count() for a, b in pairwise(ids)]
    assert len(set(ids)) == len(ids)
    assert min(differing) > 30
    assert ids != sorted(ids)


@pytest.mark.parametrize(
    "text", ["", "1", "x" * 36, "3d95c38a-72bd-4bb8-9781-580e894368c8", "0" * 32, "１" * 32]
)
def test_what_was_never_given_out_does_not_open(text: str) -> None:
    with pytest.raises(Unsealable):
        opened_id(Kind.EVENT, text)


@pytest.mark.parametrize("key", [-1, HIGHEST + 1])
def test_what_is_no_key_is_not_sealed(key: int) -> None:
    with pytest.raises(ValueError, match="no key"):
        sealed_id(Kind.EVENT, key)
    with pytest.raises(NoReverseMatch):
        reverse("outcomes:event-detail", args=["WL-IPS", key])


def test_a_new_key_seals_and_the_old_one_opens_until_it_is_taken_out(settings: Settings) -> None:
    old, new = new_key(), new_key()
    settings.ADDRESS_KEYS = [old]
    before = sealed_id(Kind.EVENT, 7)
    settings.ADDRESS_KEYS = [new, old]
    assert opened_id(Kind.EVENT, str(before)) == 7
    assert sealed_id(Kind.EVENT, 7) != before
    settings.ADDRESS_KEYS = [new]
    with pytest.raises(Unsealable):
        opened_id(Kind.EVENT, str(before))


@pytest.mark.parametrize(
    ("keys", "said"), [([], "names no key"), (["not base64!"], "not base64"), (["dG9vIHNob3J0"], "9 bytes")]
)
def test_a_key_that_cannot_be_one_stops_the_application(
    settings: Settings, keys: list[str], said: str
) -> None:
    settings.ADDRESS_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match=said):
        sealed_id(Kind.EVENT, 1)


def test_an_address_opens_to_the_key_and_one_with_a_number_is_no_page() -> None:
    address = reverse("outcomes:event-detail", args=["WL-IPS", 12])
    assert "12" not in address.split("/")
    assert resolve(address).kwargs == {"code": "WL-IPS", "pk": 12}
    for wrong in ("12", str(uuid4()), str(sealed_id(Kind.CHARGE, 12))):
        with pytest.raises(Resolver404):
            resolve(f"/programmes/WL-IPS/events/{wrong}/")


def test_a_wrong_id_is_not_found_in_the_same_words_as_a_foreign_one(cast: Cast, client: Client) -> None:
    client.force_login(cast.analyst)
    foreign = client.get(reverse("outcomes:event-detail", args=["WL-IPS", HIGHEST]))
    wrong = client.get(f"/programmes/WL-IPS/events/{uuid4()}/")
    assert (foreign.status_code, wrong.status_code) == (404, 404)
    once = re.compile(r'(nonce|value)="[\w+/=]+"')
    assert once.sub("", foreign.text) == once.sub("", wrong.text)


def test_a_choice_of_a_row_shows_sealed_ids_and_gives_back_keys() -> None:
    field = one_row("Which?", Kind.GOAL, needed="Choose one")
    field.offer([(3, "A job"), (4, "A course")])
    offered: Any = field.choices
    assert [value for value, _ in offered] == [str(sealed_id(Kind.GOAL, key)) for key in (3, 4)]
    assert field.clean(str(sealed_id(Kind.GOAL, 4))) == 4
    for wrong in ("4", str(sealed_id(Kind.GOAL, 5)), str(sealed_id(Kind.EVENT, 4)), ""):
        with pytest.raises(ValidationError, match="Choose one"):
            field.clean(wrong)
    field.required = False
    assert field.clean("") is None
    assert isinstance(field, forms.ChoiceField)
