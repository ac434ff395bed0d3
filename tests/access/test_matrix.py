"""Every address, as every role, for one's own and others' things, by every method (A1), and A9."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from tests.access.table import ALL, API, NOT_NOW, ROLES, SIGNING_IN, TABLE, Row
from tests.access.worlds import World, Worlds
from tests.addresses import every_address
from tests.api.callers import token_for

pytestmark = pytest.mark.django_db

MALFORMED = {400, 422}  # what the API answers to an empty POST of somebody whom it admits
METHODS = ("get", "post", "put", "patch", "delete")
IN_PROGRAMME = "".join(sorted(set(ALL) - {"i", "n"}))
AT_OPERATOR = "afdu"
ADDRESSES = {resolve(address).view_name: resolve(address).kwargs for address in every_address()}


def test_a1_every_address_is_in_the_table() -> None:
    assert set(ADDRESSES) - SIGNING_IN == set(TABLE)


@pytest.mark.parametrize("letter", ROLES)
def test_a1_every_address_answers_a_role_as_the_table_says(letter: str, worlds: Worlds) -> None:
    client = Client()
    client.force_login(worlds.people[ROLES[letter]])
    client.get("/account/")
    with transaction.atomic():
        program = Client(headers={"Authorization": f"Bearer {token_for(worlds.people[ROLES[letter]])}"})
        assert list(deviations(client, letter, worlds, program)) == []
        transaction.set_rollback(True)


def test_a1_every_address_asks_strangers_to_sign_in(worlds: Worlds) -> None:
    wrong = []
    for view, row in TABLE.items():
        for method in METHODS if not row.is_open else METHODS[:1]:
            answer = _send(Client(), method, address_of(view, worlds.own, "administrator"))
            to_sign_in = answer[0] == 401 if view in API else answer[1].startswith("/sign-in/")
            if to_sign_in is row.is_open or answer[0] >= 500:
                wrong.append((view, method, answer))
    assert wrong == []


def deviations(client: Client, letter: str, worlds: Worlds, program: Client | None = None) -> Iterator[str]:
    """Give each answer that is not as the table says; without a program, those of the API are left out."""
    for view, row in TABLE.items():
        asking = program if view in API else client
        if asking is None:
            continue
        places = {"own": worlds.own}
        if row.at != "site" or view == "payments:job-detail":
            places |= {"beside": worlds.beside, "foreign": worlds.foreign}
        for place, world in places.items():
            address = address_of(view, world, ROLES[letter])
            for method in METHODS:
                status, _ = _send(asking, method, address)
                expected = expected_status(view, row, letter, place, method)
                is_refusal = status >= 400 and not (view in API and status in MALFORMED)
                if (status if is_refusal else 200) != expected:
                    yield f"{letter} {method} {place} {view}: {status}, not {expected}"


def expected_status(view: str, row: Row, letter: str, place: str, method: str) -> int:
    """Return the status that the table promises; 200 stands for every answer that is no refusal."""
    admitted = {"get": row.get, "post": row.post}.get(method)
    if admitted is None:
        return 405
    belongs = {
        "site": ALL,
        "programme": IN_PROGRAMME,
        "operator": AT_OPERATOR,
        "facility": ALL,
        "lent": IN_PROGRAMME + "i",
    }[row.at]
    if letter not in belongs or (place == "foreign" and row.at not in {"site", "facility"}):
        return 404
    if letter not in admitted:
        return 403
    if (
        letter in row.hidden
        or place == "foreign"
        or (place == "beside" and _names_a_thing(view) and letter not in row.beside)
    ):
        return 404
    return NOT_NOW.get(view, 200)


def _names_a_thing(view: str) -> bool:
    """Tell whether the address names something that belongs to one provider or one funder."""
    return bool({"pk", "token", "key", "number"} & set(ADDRESSES[view]))


def address_of(view: str, world: World, role: str) -> str:
    given = world.arguments(view, role)
    return reverse(view, kwargs={name: given[name] for name in ADDRESSES[view] if name in given})


def _send(client: Client, method: str, address: str) -> tuple[int, str]:
    """Return the status and where the answer leads; whatever the request changed is taken back."""
    cookies = client.cookies.output()
    before = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        answer = getattr(client, method)(address)
        _ = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    if client.cookies.output() != cookies:
        client.cookies.clear()
        for name, value in before.items():
            client.cookies[name] = value
    return answer.status_code, answer.headers.get("Location", "")
