"""Invitations and links for a new password: once, in time, for one address and one role (S5, S7)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Invitation, SignIn, User
from accounts.services.invitations import InvitationIsOver, accept
from accounts.services.passwords import send_reset
from accounts.tasks import send_reset_letter
from mhep.shared.models import Job
from mhep.shared.sealed_ids import Kind, sealed_id
from providers.forms import seat_of
from providers.models import OperatorMember
from tests.accounts.phones import give_phone
from tests.cast import PASSWORD, Cast, a_cast
from tests.shared.sessions import at_once

LINK = re.compile(r"http://testserver(\S+)")
NEW = "newcomer@example.org"


def invite(client: Client, email: str, seat: str) -> Any:
    return client.post("/people/MHEP/", {"email": email, "seat": seat}, follow=True)


def link_of(letter: mail.EmailMessage) -> str:
    found = LINK.search(str(letter.body))
    assert found is not None
    return found[1]


@pytest.fixture
def link(cast: Cast, client: Client) -> str:
    """The link of an invitation to be an analyst."""
    client.force_login(cast.administrator)
    invite(client, NEW, seat_of("operator", cast.programme.operator_id, "ANALYST"))
    client.post("/sign-out/")
    return link_of(mail.outbox[-1])


def answer(client: Client, link: str, password: str = PASSWORD) -> Any:
    return client.post(link, {"name": "New Comer", "new_password1": password, "new_password2": password})


def test_s7_an_invitation_makes_an_account_with_its_role_and_works_once(link: str, client: Client) -> None:
    page = client.get(link)
    joined = answer(client, link)
    again = Client().get(link)

    assert NEW in page.text
    assert joined.headers["Location"] == "/start/"
    assert client.get("/programmes/WL-IPS/months/").status_code == 200
    assert OperatorMember.objects.get(user__email=NEW).role == "ANALYST"
    assert again.status_code == 404
    assert "This invitation is over" in again.text


def test_s7_whoever_accepts_sets_up_a_second_step_before_anything_else(
    link: str, client: Client, settings: Settings
) -> None:
    settings.DEMO = False
    answer(client, link)
    assert client.get("/").headers["Location"] == "/account/second-step/"
    assert client.get("/account/second-step/app/").status_code == 200


def test_s7_the_database_holds_no_token_and_the_letter_no_more_than_the_link(link: str) -> None:
    token = link.split("/")[2]
    row = Invitation.objects.get()
    assert token not in str(Invitation.objects.values().get())
    assert len(row.token_hash) == 64
    assert mail.outbox[-1].to == [NEW]
    assert NEW not in str(mail.outbox[-1].body)


def test_s7_an_invitation_ends_after_seven_days(link: str, client: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        assert answer(client, link).status_code == 404
    assert not User.objects.filter(email=NEW).exists()


def test_s7_a_second_invitation_replaces_the_first(link: str, cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    invite(client, NEW.upper(), seat_of("operator", cast.programme.operator_id, "AUDITOR"))
    client.post("/sign-out/")

    assert answer(client, link).status_code == 404
    answer(client, link_of(mail.outbox[-1]))
    assert OperatorMember.objects.get(user__email=NEW).role == "AUDITOR"


def test_s7_a_withdrawn_invitation_no_longer_works(link: str, cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    client.post(
        f"/people/MHEP/invitations/{sealed_id(Kind.INVITATION, Invitation.objects.get().pk)}/withdraw/"
    )
    client.post("/sign-out/")
    assert answer(client, link).status_code == 404


def test_s7_an_invitation_is_for_one_address(link: str, cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)
    page, sent = client.get(link), client.post(link, follow=True)
    assert "for another email address" in page.text
    assert "for somebody else" in sent.text
    assert not OperatorMember.objects.filter(user=cast.commissioner).exists()


def test_s7_somebody_with_an_account_signs_in_to_join(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    invite(client, cast.commissioner.email, seat_of("operator", cast.programme.operator_id, "ANALYST"))
    link = link_of(mail.outbox[-1])
    client.post("/sign-out/")

    taken_over = answer(client, link)
    client.post("/sign-in/", {"username": cast.commissioner.email, "password": PASSWORD})
    joined = client.post(link, follow=True)

    assert "has an account already" in taken_over.text
    assert "You have joined" in joined.text
    assert OperatorMember.objects.get(user=cast.commissioner).role == "ANALYST"


def test_s9_a_weak_password_is_refused_and_the_invitation_kept(link: str, client: Client) -> None:
    page = answer(client, link, "too short")
    assert page.text.count("too short") == 2
    assert 'value="New Comer"' in page.text
    assert answer(client, link).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_s7_of_one_invitation_accepted_eight_times_at_once_one_counts() -> None:
    cast = a_cast()
    at = timezone.now()
    operator = cast.programme.operator_id
    invitation = Invitation.objects.create(
        email=cast.commissioner.email,
        token_hash="0" * 64,
        kind="operator",
        place=operator,
        role="ANALYST",
        invited_by=cast.administrator,
        invited_at=at,
        expires_at=at + timedelta(days=1),
    )

    def attempt() -> bool:
        try:
            accept(invitation, cast.commissioner, at=at)
        except InvitationIsOver:
            return False
        return True

    assert sum(at_once([attempt] * 8)) == 1


def test_s5_inviting_somebody_known_and_unknown_looks_the_same(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)
    seat = seat_of("operator", cast.programme.operator_id, "ANALYST")
    known = invite(client, cast.outsider.email, seat)
    unknown = invite(client, "nobody-here@example.org", seat)
    for page in (known, unknown):
        assert page.status_code == 200
        assert "An invitation was sent to" in page.text
    assert len({letter.subject for letter in mail.outbox}) == 1


def ask_for_reset(client: Client, email: str) -> str:
    return str(client.post("/sign-in/forgotten-password/", {"email": email}).text)


def test_s5_asking_for_a_new_password_is_answered_alike_whoever_exists(cast: Cast, client: Client) -> None:
    known = ask_for_reset(client, cast.finance.email)
    unknown = ask_for_reset(client, "nobody@example.org")
    plain = [re.sub(r"nonce(?:=|-)[\"']?[^\"' ;]+", "", text) for text in (known, unknown)]
    assert plain[0] == plain[1]
    assert mail.outbox == []
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_s7_a_link_for_a_new_password_works_once_and_ends_every_sign_in(client: Client) -> None:
    cast = a_cast()
    inside, new = Client(), "another four words here"
    inside.force_login(cast.finance)
    assert inside.get("/").status_code == 200
    phone = give_phone(cast.finance)
    for _ in range(10):
        client.post("/sign-in/", {"username": cast.finance.email, "password": "wrong"})
    ask_for_reset(client, cast.finance.email)
    send_reset_letter(job_id=str(Job.objects.get().pk))
    link = link_of(mail.outbox[-1])

    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"new_password1": new, "new_password2": new})
    replayed = Client().get(link, follow=True)

    assert "This link no longer works" in replayed.text
    assert inside.get("/").status_code == 302
    assert not SignIn.objects.exists()
    half = client.post("/sign-in/", {"username": cast.finance.email, "password": new})
    assert half.headers["Location"] == "/sign-in/second-step/"
    assert client.post("/sign-in/second-step/", {"code": phone.code()}).headers["Location"] == "/start/"
    assert "changed with a link" in str(mail.outbox[-1].body)


def test_s7_a_link_for_a_new_password_ends_after_an_hour(cast: Cast, client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1, seconds=2)):
        ask_for_reset(client, cast.finance.email)
        job = Job.objects.get()
    with time_machine.travel(timezone.now() - timedelta(hours=1, seconds=2)):
        send_reset(cast.finance, job.arguments["site"])
    page = client.get(link_of(mail.outbox[-1]), follow=True)
    assert "This link no longer works" in page.text
