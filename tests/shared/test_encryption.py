"""What is encrypted needs its key to be read, is never the same twice, and outlives a change of keys."""

from __future__ import annotations

import base64
import io
import threading

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from mhep.shared.encryption import (
    NONCE_BYTES,
    SpoiltField,
    blind_index,
    decrypt,
    encrypt,
)
from mhep.shared.row_security import providers_in_scope
from participants.models import Person
from tests.participants.people import a_person
from tests.shared.keys import new_key

PLACE = "people.name"


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_o7_what_was_encrypted_comes_back(text: str) -> None:
    assert decrypt(encrypt(text, place=PLACE), place=PLACE) == text


def test_o7_equal_texts_differ_and_no_nonce_comes_twice() -> None:
    sealed = [encrypt("the same", place=PLACE) for _ in range(20_000)]
    nonces = {base64.b64decode(each.partition(".")[2])[:NONCE_BYTES] for each in sealed}
    assert len(nonces) == len(set(sealed)) == len(sealed)


@pytest.mark.parametrize("place", range(40))
def test_a_single_changed_character_is_noticed(place: int) -> None:
    name, _, sealed = encrypt("a name that is somewhat longer", place=PLACE).partition(".")
    other = "A" if sealed[place] != "A" else "B"
    with pytest.raises(SpoiltField):
        decrypt(f"{name}.{sealed[:place]}{other}{sealed[place + 1 :]}", place=PLACE)


def test_a_value_moved_to_another_column_is_noticed() -> None:
    with pytest.raises(SpoiltField):
        decrypt(encrypt("a name", place=PLACE), place="people.phone")


def test_a_value_of_a_key_that_is_gone_says_which(settings: Settings) -> None:
    settings.FIELD_KEYS = [new_key("old")]
    sealed = encrypt("a name", place=PLACE)
    settings.FIELD_KEYS = [new_key("new")]
    with pytest.raises(SpoiltField, match="the key old"):
        decrypt(sealed, place=PLACE)


@pytest.mark.parametrize("keys", [[], ["short:c2hvcnQ="], ["no-key"], ["a:?"], [new_key("a"), new_key("a")]])
def test_keys_that_cannot_be_used_stop_everything(keys: list[str], settings: Settings) -> None:
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        encrypt("a name", place=PLACE)


def test_o7_the_index_is_the_same_for_the_same_and_useless_without_its_key(settings: Settings) -> None:
    before = blind_index("ann example", "1990-01-02")
    assert before == blind_index("ann example", "1990-01-02")
    assert before != blind_index("ann example1", "990-01-02")
    settings.BLIND_INDEX_KEY = new_key("x").partition(":")[2]
    assert blind_index("ann example", "1990-01-02") != before


def test_an_encrypted_field_cannot_be_looked_up() -> None:
    with pytest.raises(FieldError, match="encrypted"):
        Person.objects.filter(name="Ann Example")


def stored_names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM participants_person ORDER BY participant_id")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db
def test_o7_the_database_holds_no_word_of_what_was_written() -> None:
    person = a_person(name="Canary Quixote", phone="07700 900123")
    with providers_in_scope([person.participant.service.provider_id]), connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM participants_person p")
        (row,) = cursor.fetchone()
        assert "test." in row
        assert not any(word in row for word in ("Canary", "Quixote", "07700"))
        assert Person.objects.get().name == "Canary Quixote"


@pytest.mark.django_db(transaction=True)
def test_o6_keys_change_while_people_read(settings: Settings) -> None:
    old, new = new_key("old"), new_key("new")
    settings.FIELD_KEYS = [old]
    people = [a_person(name=f"Example Person {number}") for number in range(30)]
    provider = people[0].participant.service.provider_id
    settings.FIELD_KEYS = [new, old]
    failures: list[str] = []
    told = io.StringIO()
    ended = threading.Event()

    def read() -> None:
        try:
            while not ended.is_set():
                with providers_in_scope([provider]):
                    names = {person.name for person in Person.objects.all()}
                if len(names) != len(people):
                    failures.append(f"{len(names)} names")
        except SpoiltField as error:
            failures.append(str(error))
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        call_command("rotate_field_keys", stdout=told)
    finally:
        ended.set()
        reader.join()
    assert failures == []
    assert "participants.Person.name: 30\n" in told.getvalue()
    settings.FIELD_KEYS = [new]
    with providers_in_scope([provider]):
        assert all(name.startswith("new.") for name in stored_names())
        assert {person.name for person in Person.objects.all()} == {
            f"Example Person {number}" for number in range(30)
        }
