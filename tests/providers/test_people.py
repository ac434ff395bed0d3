"""An operator's administrator looks after people, and nobody else does (A9, S8)."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, SignIn
from accounts.services.memberships import kinds
from audit.models import AuditEvent
from funders.models import FunderMember
from mhep.shared.sealed_ids import Kind, sealed_id
from providers.forms import seat_of
from providers.models import Investor, OperatorMember, Provider
from tests.accounts.phones import give_phone
from tests.cast import Cast

PEOPLE = "/people/MHEP/"


def page_of(member: OperatorMember) -> str:
    return f"{PEOPLE}operator/{sealed_id(Kind.MEMBER, member.pk)}/"


@pytest.mark.parametrize(
    ("role", "status"),
    [("analyst", 403), ("finance", 403), ("auditor", 403), ("commissioner", 404), ("outsider", 404)],
)
def test_only_the_operators_administrator_sees_and_changes_people(
    cast: Cast, client: Client, role: str, status: int
) -> None:
    member = OperatorMember.objects.get(user=cast.finance)
    client.force_login(getattr(cast, role))
    for address in (PEOPLE, page_of(member)):
        assert client.get(address).status_code == status
        assert client.post(address, {"do": "remove"}).status_code == status
    assert OperatorMember.objects.filter(pk=member.pk).exists()


def test_the_administrator_sees_everyone_of_the_operator_its_providers_and_its_funders(
    cast: Cast, client: Client
) -> None:
    client.force_login(cast.administrator)
    page = client.get("/people/", follow=True)
    assert page.redirect_chain == [(PEOPLE, 302)]
    for user in (cast.analyst, cast.auditor, cast.commissioner, cast.other_commissioner):
        assert user.email in page.text
    assert cast.outsider.email not in page.text
    assert "Invite people" in client.get("/account/").text


def test_a9_a_removed_person_is_refused_at_the_next_request_and_told(cast: Cast, client: Client) -> None:
    inside = Client()
    inside.force_login(cast.analyst)
    assert inside.get("/programmes/WL-IPS/months/").status_code == 200
    member = OperatorMember.objects.get(user=cast.analyst)
    client.force_login(cast.administrator)

    page = client.post(page_of(member), {"do": "remove"}, follow=True)

    assert "The person was removed" in page.text
    assert inside.get("/programmes/WL-IPS/months/").status_code == 302
    assert mail.outbox[-1].to == [cast.analyst.email]
    recorded = AuditEvent.objects.get(action="person.removed")
    assert (recorded.actor, recorded.details["user"]) == (cast.administrator, cast.analyst.pk)


def test_a9_a_role_changes_with_the_next_request(cast: Cast, client: Client) -> None:
    inside = Client()
    inside.force_login(cast.finance)
    address = "/programmes/WL-IPS/months/2026-04/price/"
    assert inside.post(address).status_code == 302
    client.force_login(cast.administrator)
    client.post(page_of(OperatorMember.objects.get(user=cast.finance)), {"do": "role", "role": "AUDITOR"})
    assert inside.post(address).status_code == 403


def test_the_last_administrator_stays(cast: Cast, client: Client) -> None:
    member = OperatorMember.objects.get(user=cast.administrator)
    client.force_login(cast.administrator)
    for doing in ({"do": "remove"}, {"do": "role", "role": "ANALYST"}):
        assert "only administrator" in client.post(page_of(member), doing).text
    member.refresh_from_db()
    assert member.role == "ADMINISTRATOR"


@pytest.mark.parametrize("doing", [{"do": "role", "role": "QUEEN"}, {"do": "dance"}, {}])
def test_what_is_not_offered_is_refused(cast: Cast, client: Client, doing: dict[str, str]) -> None:
    member = OperatorMember.objects.get(user=cast.analyst)
    client.force_login(cast.administrator)
    assert "Choose" in client.post(page_of(member), doing).text
    member.refresh_from_db()
    assert member.role == "ANALYST"


def test_somebody_who_lost_everything_sets_up_the_second_step_again(cast: Cast, client: Client) -> None:
    give_phone(cast.analyst)
    client.force_login(cast.administrator)
    client.post(page_of(OperatorMember.objects.get(user=cast.analyst)), {"do": "reset"})
    assert not Authenticator.objects.filter(user=cast.analyst).exists()
    assert mail.outbox[-1].to == [cast.analyst.email]


def test_s8_people_are_changed_only_after_a_fresh_proof(cast: Cast, client: Client) -> None:
    member = OperatorMember.objects.get(user=cast.analyst)
    client.force_login(cast.administrator)
    client.get("/")
    SignIn.objects.update(confirmed_at=timezone.now() - timedelta(minutes=10))
    for address in (PEOPLE, page_of(member)):
        answer = client.post(address, {"do": "remove", "email": "a@example.org"})
        assert answer.headers["Location"].startswith("/sign-in/confirm/?next=")
    assert OperatorMember.objects.filter(pk=member.pk).exists()
    assert not Invitation.objects.exists()


def test_nobody_is_invited_to_an_organisation_of_another_operator(cast: Cast, client: Client) -> None:
    other = OperatorMember.objects.get(user=cast.outsider).operator_id
    client.force_login(cast.administrator)
    page = client.post(
        PEOPLE, {"email": "a@example.org", "seat": seat_of("operator", other, "ADMINISTRATOR")}
    )
    assert "Choose an organisation and a role from the list" in page.text
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("provider", "SPECIALIST"),
        ("funder", "COMMISSIONER"),
        ("funder", "FINANCE_APPROVER"),
        ("investor", "INVESTOR"),
    ],
)
def test_people_of_every_other_kind_of_organisation_are_invited_too(
    cast: Cast, client: Client, kind: str, role: str
) -> None:
    place = {
        "provider": Provider.objects.get(operator=cast.programme.operator),
        "funder": FunderMember.objects.get(user=cast.commissioner).funder,
        "investor": Investor.objects.get(operator=cast.programme.operator),
    }[kind]
    seat = seat_of(kind, place.pk, role)
    client.force_login(cast.administrator)
    client.post(PEOPLE, {"email": cast.outsider.email, "seat": seat})
    link = str(mail.outbox[-1].body).split("http://testserver")[1].split()[0]
    joining = Client()
    joining.force_login(cast.outsider)

    joining.post(link)

    (member,) = (
        each for each in kinds()[kind].members(cast.programme.operator_id) if each.user == cast.outsider
    )
    assert (member.place.pk, member.role) == (place.pk, role)


def test_a_commissioner_becomes_a_finance_approver(cast: Cast, client: Client) -> None:
    member = FunderMember.objects.get(user=cast.commissioner)
    client.force_login(cast.administrator)
    client.post(
        f"{PEOPLE}funder/{sealed_id(Kind.MEMBER, member.pk)}/", {"do": "role", "role": "FINANCE_APPROVER"}
    )
    member.refresh_from_db()
    assert member.role == "FINANCE_APPROVER"


def test_an_investor_is_named_at_the_command_line_and_named_anew(cast: Cast) -> None:
    for name in ("Fund of Examples", "Example Fund"):
        call_command("set_investor", "MHEP", "FUND", name, stdout=StringIO())
    investor = Investor.objects.get(code="FUND")
    assert (investor.operator.code, investor.name) == ("MHEP", "Example Fund")
    actions = AuditEvent.objects.filter(subject="MHEP FUND").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["investor.added", "investor.renamed"]


@pytest.mark.parametrize(
    ("operator", "code", "name", "said"),
    [
        ("NONE", "FUND", "Fund", "There is no operator NONE."),
        ("MHEP", " ", "Fund", "Give a code"),
        ("MHEP", "F" * 41, "Fund", "Give a code"),
        ("MHEP", "FUND", "", "Give a code"),
        ("MHEP", "FUND", "F" * 301, "Give a code"),
    ],
)
def test_what_names_no_investor_is_refused(
    cast: Cast, operator: str, code: str, name: str, said: str
) -> None:
    stderr = StringIO()
    with pytest.raises(SystemExit):
        call_command("set_investor", operator, code, name, stderr=stderr)
    assert said in stderr.getvalue()
    assert Investor.objects.count() == 1


def test_an_investor_is_told_what_there_will_be_to_see(cast: Cast, client: Client) -> None:
    client.force_login(cast.investor)
    page = client.get("/").text
    assert "You are here for Example Social Investor." in page
    assert "WL-IPS" not in page
