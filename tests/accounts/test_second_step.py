"""The second step: nobody gets round it, no code counts twice, and guessing takes for ever (S1, S4)."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import SignIn, User
from accounts.rules.limits import LONGEST_WAIT, wait_after
from accounts.services.second_step import TooManyWrongCodes, check_code, encrypt_secrets_anew
from mhep.shared.models import Job
from mhep.shared.sealed_ids import Kind, sealed_id
from tests.accounts.phones import Phone, give_passkey, give_phone, recovery_codes
from tests.addresses import every_pattern
from tests.cast import PASSWORD, Cast, price
from tests.shared.sessions import at_once
from tests.test_settings import manage

# What somebody without a second step may still do: set one up, read it, leave.
BEFORE = {
    "second-step-choose",
    "app-add",
    "passkey-add",
    "recovery-codes",
    "sign-out",
    "todo-count",  # answers nothing
}
SECRET = re.compile(r"Key: <strong>([A-Z2-7 ]+)</strong>")


@pytest.fixture
def real(settings: Settings) -> None:
    """An installation with real data."""
    settings.DEMO = False


def sign_in(client: Client, user: User, code: str | None = None) -> object:
    """Take the first step, and the second with the code; return the last answer."""
    answer = client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    return answer if code is None else client.post("/sign-in/second-step/", {"code": code})


def is_signed_in(client: Client) -> bool:
    return client.get("/account/", follow=True).redirect_chain == []


@pytest.mark.parametrize("role", ["analyst", "finance", "administrator", "auditor", "commissioner"])
def test_s1_without_a_second_step_every_address_leads_to_setting_one_up(
    real: None, cast: Cast, client: Client, role: str
) -> None:
    sign_in(client, getattr(cast, role))
    let_through = set()
    for address, pattern in every_pattern():
        for send in (client.get, client.post):
            answer = send(address)
            if answer.status_code == 302 and answer.headers["Location"] == "/account/second-step/":
                continue
            if getattr(pattern.callback, "login_required", True):
                let_through.add(pattern.name)
        if pattern.name == "sign-out":
            sign_in(client, getattr(cast, role))
    assert let_through == BEFORE


def test_s1_no_other_setting_turns_the_second_step_off(
    real: None, cast: Cast, client: Client, settings: Settings
) -> None:
    settings.DEBUG = True
    settings.MFA_SUPPORTED_TYPES = []
    settings.MFA_REQUIRED = settings.SECOND_STEP_REQUIRED = False
    cast.finance.is_superuser = True
    cast.finance.save()

    sign_in(client, cast.finance)

    assert client.get("/").headers["Location"] == "/account/second-step/"


def test_s1_production_is_no_demo_whatever_its_environment_says() -> None:
    switches = dict.fromkeys(("DEMO", "DEBUG", "MFA_REQUIRED", "SECOND_STEP_REQUIRED"), "true")
    switches["MFA_SUPPORTED_TYPES"] = ""
    asked = manage("shell", "--command", "from django.conf import settings; print(settings.DEMO)", **switches)
    assert asked.stdout.splitlines()[-1] == "False", asked.stderr


def test_somebody_sets_up_an_app_and_then_signs_in_with_its_code(
    real: None,
    cast: Cast,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sign_in(client, cast.finance)
    page = client.get("/account/second-step/app/")
    found = SECRET.search(page.text)
    assert found is not None
    phone = Phone(found[1].replace(" ", ""))

    with django_capture_on_commit_callbacks(execute=True):
        added = client.post("/account/second-step/app/", {"code": phone.code()})
    codes = client.get(added.headers["Location"])
    again = client.get("/account/recovery-codes/")
    client.post("/sign-out/")
    sign_in(client, cast.finance)
    before = is_signed_in(client)
    replayed = client.post("/sign-in/second-step/", {"code": phone.code()})
    done = client.post("/sign-in/second-step/", {"code": phone.code(+1)})

    assert len(re.findall(r'<li class="mhep-ref">\d{8}</li>', codes.text)) == 10
    assert '<li class="mhep-ref">' not in again.text
    assert "You have 10 recovery codes left" in again.text
    assert not before
    assert "That code is wrong" in replayed.text
    assert done.headers["Location"] == "/start/"
    assert is_signed_in(client)
    assert [letter.subject for letter in mail.outbox] == ["Your MHEP account was changed"]


def test_the_second_step_leads_back_to_the_page_asked_for(cast: Cast, client: Client) -> None:
    phone = give_phone(cast.finance)
    client.post("/sign-in/", {"username": cast.finance.email, "password": PASSWORD, "next": "/programmes/X/"})
    done = client.post("/sign-in/second-step/", {"code": phone.code()})
    assert done.headers["Location"] == "/programmes/X/"


def test_whoever_has_a_second_step_is_asked_for_it_in_a_demo_too(cast: Cast, client: Client) -> None:
    give_phone(cast.finance)
    sign_in(client, cast.finance)
    assert not is_signed_in(client)


def test_the_second_step_without_the_first_leads_to_the_first(cast: Cast, client: Client) -> None:
    phone = give_phone(cast.finance)
    answer = client.post("/sign-in/second-step/", {"code": phone.code()})
    assert answer.headers["Location"] == "/sign-in/"


def test_a_recovery_code_works_once_with_or_without_spaces(cast: Cast, client: Client) -> None:
    give_phone(cast.finance)
    code = recovery_codes(cast.finance)[3]
    spaced = f" {code[:4]} {code[4:]}"

    sign_in(client, cast.finance, spaced)
    first = is_signed_in(client)
    client.post("/sign-out/")
    sign_in(client, cast.finance, code)

    assert first
    assert not is_signed_in(client)
    assert len(recovery_codes(cast.finance)) == 9


def test_secrets_are_not_in_the_database_in_clear(cast: Cast) -> None:
    phone = give_phone(cast.finance)
    kept = [str(row.data) for row in Authenticator.objects.filter(user=cast.finance)]
    assert len(kept) == 2
    assert not any(phone.secret in data for data in kept)
    assert not any(code in data for data in kept for code in recovery_codes(cast.finance))


def test_secrets_are_encrypted_anew_when_the_key_changes(cast: Cast, settings: Settings) -> None:
    phone = give_phone(cast.finance)
    codes = recovery_codes(cast.finance)
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.FIELD_KEYS = [new, *settings.FIELD_KEYS]

    assert encrypt_secrets_anew() == 2
    assert encrypt_secrets_anew() == 0

    settings.FIELD_KEYS = [new]
    assert recovery_codes(cast.finance) == codes
    assert check_code(cast.finance, phone.code(), at=timezone.now()) is not None


@pytest.mark.django_db(transaction=True)
def test_s4_of_one_code_sent_eight_times_at_once_one_counts() -> None:
    user = User.objects.create_user("finance@example.org", PASSWORD, name="Finance")
    phone = give_phone(user)
    code, at = phone.code(), timezone.now()

    def attempt() -> bool:
        try:
            return check_code(user, code, at=at) is not None
        except TooManyWrongCodes:
            return False

    assert sum(at_once([attempt] * 8)) == 1


def test_s4_a_code_of_the_step_before_counts_but_not_after_a_later_one(cast: Cast) -> None:
    phone = give_phone(cast.finance)
    at = timezone.now()
    assert check_code(cast.finance, phone.code(-2), at=at) is None
    assert check_code(cast.finance, phone.code(+1), at=at) is not None
    assert check_code(cast.finance, phone.code(), at=at) is None


def allowed_at(user: User) -> datetime | None:
    """Return when the person's next code is looked at, None for at once."""
    return User.objects.get(pk=user.pk).code_allowed_at


def test_s4_wrong_codes_make_one_wait_but_never_lock_out_for_good(cast: Cast) -> None:
    phone = give_phone(cast.finance)
    at = timezone.now()
    for _ in range(5):
        assert check_code(cast.finance, "000000", at=at) is None
    with pytest.raises(TooManyWrongCodes, match="Wait 31 seconds"):
        check_code(cast.finance, phone.code(), at=at)
    for _ in range(40):
        at = allowed_at(cast.finance) or at
        assert check_code(cast.finance, "000000", at=at) is None
    assert allowed_at(cast.finance) == at + LONGEST_WAIT
    with time_machine.travel(at + LONGEST_WAIT, tick=False):
        assert check_code(cast.finance, phone.code(), at=timezone.now()) is not None
    assert allowed_at(cast.finance) is None


def test_the_wait_never_shrinks_and_never_grows_beyond_its_limit() -> None:
    waits = [wait_after(wrong) for wrong in range(1000)]
    assert waits == sorted(waits)
    assert (waits[4], waits[5], waits[-1]) == (timedelta(0), timedelta(seconds=30), LONGEST_WAIT)


def test_the_last_way_cannot_be_removed_and_another_can_with_word_to_the_owner(
    cast: Cast, client: Client
) -> None:
    give_phone(cast.finance)
    client.force_login(cast.finance)
    app = Authenticator.objects.get(user=cast.finance, type="totp")
    address = f"/account/second-step/{sealed_id(Kind.SECOND_STEP, app.pk)}/remove/"

    refused = client.post(address, follow=True)
    give_passkey(cast.finance, "Key")
    asked = client.get(address)
    client.post(address)

    assert "Add another way" in refused.text
    assert "Remove the authenticator app" in asked.text
    left = Authenticator.objects.filter(user=cast.finance).values_list("type", flat=True)
    assert set(left) == {"recovery_codes", "webauthn"}
    assert "was removed" in mail.outbox[-1].body


def test_nobody_removes_what_belongs_to_somebody_else(cast: Cast, client: Client) -> None:
    give_phone(cast.finance)
    client.force_login(cast.administrator)
    app = Authenticator.objects.get(user=cast.finance, type="totp")
    assert (
        client.post(f"/account/second-step/{sealed_id(Kind.SECOND_STEP, app.pk)}/remove/").status_code == 404
    )


def test_new_recovery_codes_replace_the_old_ones(cast: Cast, client: Client) -> None:
    give_phone(cast.finance)
    old = recovery_codes(cast.finance)
    client.force_login(cast.finance)

    shown = client.post("/account/recovery-codes/new/", follow=True)

    new = recovery_codes(cast.finance)
    assert not set(old) & set(new)
    assert all(code in shown.text for code in new)


@pytest.mark.parametrize(
    "address", ["/account/password/", "/account/second-step/app/", "/account/recovery-codes/new/"]
)
def test_what_protects_an_account_is_changed_only_after_a_fresh_proof(
    cast: Cast, client: Client, address: str
) -> None:
    phone = give_phone(cast.finance)
    client.force_login(cast.finance)
    client.get("/")
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=10))

    asked = client.get(address)
    wrong = client.post("/sign-in/confirm/", {"code": "000000", "next": address})
    by_password = client.post("/sign-in/confirm/", {"password": PASSWORD, "next": address})
    right = client.post("/sign-in/confirm/", {"code": phone.code(), "next": address})

    assert asked.headers["Location"] == f"/sign-in/confirm/?next={address.replace('/', '%2F')}"
    assert "That code is wrong" in wrong.text
    assert by_password.status_code == 200
    assert right.headers["Location"] == address
    assert client.get(address).status_code in {200, 404}


def test_s8_a_month_is_closed_only_after_a_fresh_proof(cast: Cast, client: Client) -> None:
    price(cast.programme, "2026-04")
    client.force_login(cast.finance)
    client.get("/")
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=10))
    april = "/programmes/WL-IPS/months/2026-04/"

    page, sent = client.get(f"{april}confirm-close/"), client.post(f"{april}close/")

    back = "/sign-in/confirm/?next=%2Fprogrammes%2FWL-IPS%2Fmonths%2F2026-04%2Fconfirm-close%2F"
    assert (page.headers["Location"], sent.headers["Location"]) == (back, back)
    assert not Job.objects.exists()
    client.post("/sign-in/confirm/", {"password": PASSWORD})
    assert client.get(f"{april}confirm-close/").status_code == 200
    assert client.post(f"{april}close/").headers["Location"].startswith("/jobs/")


def test_a_proof_leads_nowhere_but_to_this_site(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    answer = client.post("/sign-in/confirm/", {"password": PASSWORD, "next": "https://example.com/"})
    assert answer.headers["Location"] == "/account/"


def test_a_wrong_password_is_no_proof(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    page = client.post("/sign-in/confirm/", {"password": "wrong", "next": "/"})
    assert "That is not your password" in page.text


def test_s1_the_number_beside_to_do_says_nothing_without_a_second_step(
    real: None, cast: Cast, client: Client
) -> None:
    sign_in(client, cast.analyst)
    assert not re.search("[0-9]", client.get("/todo/count/").text)
