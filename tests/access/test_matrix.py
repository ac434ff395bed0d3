"""
Every address, as every role, for one's own and others' things, by every method.

One crawl tells both whether each answer is the one that the table promises (A1), and whether any holds a word
about somebody whom the role may not know (A3).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from accounts.services.digests import send_digests
from tests.access.crawl import ADDRESSES, METHODS, Answer, address_of, crawl, readable, send
from tests.access.planted import canaries_of, not_planted
from tests.access.table import ALL, API, NOT_NOW, ROLES, SIGNING_IN, TABLE, Row
from tests.access.worlds import Worlds
from tests.api.callers import token_for

# One process crawls for all of these tests, each role once.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("crawl")]

IN_PROGRAMME = "".join(sorted(set(ALL) - {"i", "n"}))
AT_OPERATOR = "afdu"
MALFORMED = {400, 422}  # what the API answers to an empty POST of somebody whom it admits
IN_THE_EVENING = datetime(2026, 11, 25, 19, tzinfo=UTC)
OURS, BESIDE, FOREIGN = map(canaries_of, ("ours", "beside", "foreign"))
# What is about the other programme's people, and what is called after it: nobody here may read it.
ELSEWHERE = FOREIGN.all | {"Faraway"}
UNWANTED = {
    **dict.fromkeys("sm", BESIDE.person | BESIDE.files | ELSEWHERE),
    **dict.fromkeys("afdu", OURS.person | BESIDE.person | ELSEWHERE),
    **dict.fromkeys("cpin", OURS.all | BESIDE.all | ELSEWHERE),
}


@dataclass(frozen=True, slots=True)
class Crawled:
    """What one role's crawl found: answers that are not as promised, and words that are not theirs."""

    deviations: list[str]
    leaks: list[str]
    read: set[str]  # canaries that did show


@pytest.fixture(scope="module")
def crawled(worlds: Worlds) -> Callable[[str], Crawled]:
    """Crawl as a role, once."""
    done: dict[str, Crawled] = {}

    def as_role(letter: str) -> Crawled:
        if letter not in done:
            client = Client()
            client.force_login(worlds.people[ROLES[letter]])
            client.get("/account/")
            with transaction.atomic():
                token = token_for(worlds.people[ROLES[letter]])
                program = Client(headers={"Authorization": f"Bearer {token}"})
                done[letter] = _look(letter, crawl(client, letter, worlds, program))
                transaction.set_rollback(True)
        return done[letter]

    return as_role


def _look(letter: str, answers: Iterator[Answer]) -> Crawled:
    found = Crawled([], [], set())
    for answer in answers:
        found.deviations.extend(_deviation(letter, answer))
        shown = {canary for canary in OURS.all | BESIDE.all | ELSEWHERE if canary in answer.text}
        found.read.update(shown)
        found.leaks.extend(f"{letter} {answer}: {canary}" for canary in shown & UNWANTED[letter])
    return found


def test_a1_every_address_is_in_the_table() -> None:
    assert set(ADDRESSES) - SIGNING_IN == set(TABLE)


@pytest.mark.parametrize("letter", ROLES)
def test_a1_every_address_answers_a_role_as_the_table_says(
    letter: str, crawled: Callable[[str], Crawled]
) -> None:
    assert crawled(letter).deviations == []


@pytest.mark.parametrize("letter", ROLES)
def test_a3_no_page_file_error_or_header_holds_what_a_role_may_not_know(
    letter: str, crawled: Callable[[str], Crawled]
) -> None:
    assert crawled(letter).leaks == []


def test_a3_the_canaries_are_where_they_may_be(worlds: Worlds, crawled: Callable[[str], Crawled]) -> None:
    """The crawl reads the fields that it looks for: a provider's people see every one of their own."""
    for world in (worlds.own, worlds.beside, worlds.foreign):
        assert not_planted(world.person, world.tag) == []
    days = {day for day in OURS.person if "1937" in day or day.endswith("1937")}
    hidden = {"ZqoursName", "7,341.97"}  # called by what they prefer; pay stands on no page
    assert OURS.person - days - hidden <= crawled("s").read
    assert days & crawled("s").read
    assert OURS.files <= crawled("s").read & crawled("a").read
    assert OURS.words <= crawled("m").read


@pytest.mark.parametrize("pack", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_canary_would_be_found_in_a_workbook(pack: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", pack) as archive:
        archive.writestr("xl/sharedStrings.xml", "<t>ZqoursName</t>")
    assert "ZqoursName" in readable(stream.getvalue())
    assert "Zq & co" in readable(b"<p>Zq &amp; co</p>")


def test_a3_no_letter_holds_anything_about_anybody(worlds: Worlds) -> None:
    """Everybody who has something to do gets a digest; what waits is counted and never told."""
    mail.outbox.clear()
    send_digests(now=lambda: IN_THE_EVENING)
    assert len(mail.outbox) > 3
    for letter in mail.outbox:
        text = str(letter.message())
        assert [canary for canary in OURS.all | BESIDE.all | ELSEWHERE if canary in text] == []


def test_a1_every_address_asks_strangers_to_sign_in(worlds: Worlds) -> None:
    wrong = []
    for view, row in TABLE.items():
        for method in METHODS if not row.is_open else METHODS[:1]:
            status, text = send(Client(), method, address_of(view, worlds.own, "administrator"))
            to_sign_in = status == 401 if view in API else "Location: /sign-in/" in text
            if to_sign_in is row.is_open or status >= 500:
                wrong.append((view, method, status))
    assert wrong == []


def deviations(client: Client, letter: str, worlds: Worlds) -> Iterator[str]:
    """Give the answers that are not those of the table; those of the API are left out."""
    for answer in crawl(client, letter, worlds):
        yield from _deviation(letter, answer)


def _deviation(letter: str, answer: Answer) -> Iterator[str]:
    expected = expected_status(answer.view, TABLE[answer.view], letter, answer.place, answer.method)
    is_refusal = answer.status >= 400 and not (answer.view in API and answer.status in MALFORMED)
    if (answer.status if is_refusal else 200) != expected:
        yield f"{letter} {answer}: {answer.status}, not {expected}"


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
