"""Working for one of several organisations: its rows and its rights, and nothing of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import SignIn, User
from accounts.services.memberships import seat_id, seats_of
from funders.access import roles_of
from funders.models import Agreement, Funder, FunderMember, Programme
from outcomes.models import EvidenceFile, OutcomeDraft, OutcomeEvent
from outcomes.selectors.evidence import all_evidence
from participants.access import own_people
from participants.models import Participant, Person
from payments.models import Charge, Document
from providers.models import Investor, InvestorMember, OperatorMember, ProviderMember
from tests.access.test_matrix import deviations
from tests.access.worlds import Worlds
from tests.cast import Cast, close
from tests.participants.people import another_service, started

SEAT = "/account/organisation/"
SOURCES = [
    path
    for app in (
        "accounts",
        "audit",
        "providers",
        "funders",
        "participants",
        "outcomes",
        "payments",
        "investment",
        "performance",
        "mhep",
    )
    for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
    if "migrations" not in path.parts
]
# Who belongs where is read past the choice only by what knows all memberships, to offer the choice itself.
PAST_THE_CHOICE = re.compile(
    r"members__user\b|Member\.objects\.(filter|get|exclude)\(\s*user=|\.members\.filter\(user="
)
VISIBLE: list[Callable[[User], Any]] = [
    Programme.objects.visible_to,
    Programme.objects.accounted_to,
    Programme.objects.run_by,
    Agreement.objects.visible_to,
    Document.objects.visible_to,
    Charge.objects.visible_to,
    OutcomeEvent.objects.visible_to,
    Participant.objects.visible_to,
    EvidenceFile.objects.visible_to,
]


@pytest.fixture
def everywhere(cast: Cast) -> User:
    """Somebody who is an analyst of the operator, a specialist, a commissioner of Ealing and an investor."""
    close(cast.programme, "2026-04")
    user = User.objects.create_user("everywhere@example.org", "correct horse battery staple", name="E. Where")
    belong_everywhere(user, cast)
    return user


def belong_everywhere(user: User, cast: Cast) -> None:
    provider = cast.programme.services.get(code="WL-1").provider
    OperatorMember.objects.get_or_create(
        operator=cast.programme.operator, user=user, defaults={"role": "ANALYST"}
    )
    ProviderMember.objects.get_or_create(provider=provider, user=user, defaults={"role": "SPECIALIST"})
    funder = Funder.objects.get(programme=cast.programme, code="EALING")
    FunderMember.objects.get_or_create(funder=funder, user=user)
    investor = Investor.objects.get(operator=cast.programme.operator, code="LENDER")
    InvestorMember.objects.get_or_create(investor=investor, user=user)


def choose(client: Client, user: User, kind: str) -> tuple[str, int]:
    """Choose the organisation of that kind on the page, as somebody who is signed in."""
    (seat,) = (each for each in seats_of(user) if each.kind == kind)
    assert client.post(SEAT, {"organisation": seat.id}).status_code == 302
    return seat.key


LIKE = {"operator": "analyst", "provider": "specialist", "funder": "commissioner", "investor": "investor"}


@pytest.mark.parametrize(("kind", "like"), LIKE.items())
def test_one_organisation_shows_what_somebody_sees_who_belongs_to_no_other(
    cast: Cast, everywhere: User, kind: str, like: str
) -> None:
    other: User = getattr(cast, like)
    everywhere.seat = next(each.key for each in seats_of(everywhere) if each.kind == kind)
    assert roles_of(everywhere) == roles_of(other)
    assert roles_of(everywhere, "WL-IPS") == roles_of(other, "WL-IPS")
    for visible in VISIBLE:
        with all_evidence():
            assert set(visible(everywhere)) == set(visible(other))


def test_without_a_choice_all_of_them_count(cast: Cast, everywhere: User) -> None:
    assert len(roles_of(everywhere)) == 4
    for visible in VISIBLE:
        assert set(visible(everywhere)) >= set(visible(cast.commissioner)) | set(visible(cast.specialist))


def test_one_of_two_providers_opens_its_own_people_only(cast: Cast) -> None:
    rival_service = another_service(cast)
    ProviderMember.objects.create(provider=rival_service.provider, user=cast.specialist, role="SPECIALIST")
    ours = started(cast.programme.services.get(code="WL-1"), cast.specialist, name="Canary Ours")
    theirs = started(rival_service, cast.specialist, name="Canary Theirs")
    people = {}
    for seat in (None, *(each.key for each in seats_of(cast.specialist))):
        cast.specialist.seat = seat
        with own_people(cast.specialist):
            people[seat] = set(Person.objects.values_list("participant", flat=True))
    own = ("provider", ours.service.provider_id)
    assert people == {
        None: {ours.pk, theirs.pk},
        own: {ours.pk},
        ("provider", rival_service.provider_id): {theirs.pk},
    }


@pytest.mark.parametrize(("letter", "kind"), [("s", "provider"), ("a", "operator"), ("c", "funder")])
def test_a1_the_table_holds_for_one_organisation_of_somebody_who_belongs_to_all(
    letter: str, kind: str, worlds: Worlds
) -> None:
    user = worlds.people[LIKE[kind]]
    with transaction.atomic():
        belong_everywhere(user, worlds.cast)
        client = Client()
        client.force_login(user)
        choose(client, user, kind)
        assert list(deviations(client, letter, worlds)) == []
        transaction.set_rollback(True)


def test_the_page_offers_every_organisation_and_what_is_chosen_stands_under_the_header(
    cast: Cast, everywhere: User, client: Client
) -> None:
    client.force_login(everywhere)
    assert "All your organisations" in client.get("/").text
    page = client.get(SEAT).text
    for offered in ("All of them", "Example Provider CIO: employment specialist", "London Borough of Ealing"):
        assert offered in page
    choose(client, everywhere, "provider")
    page = client.get("/caseload/").text
    assert re.search(r"<span>Example Provider CIO</span>\s*<a[^>]*>Change<", page)
    assert client.get("/programmes/WL-IPS/months/").status_code == 403
    client.post(SEAT, {"organisation": "all"})
    assert client.get("/programmes/WL-IPS/months/").status_code == 200


def test_whoever_belongs_to_one_organisation_has_nothing_to_choose(cast: Cast, client: Client) -> None:
    client.force_login(cast.finance)
    page = client.get("/programmes/WL-IPS/months/2026-04/").text
    assert "mhep-seat" not in page
    assert "working_for" not in page
    assert "nothing to choose" in client.get(SEAT).text


def test_nobody_takes_a_seat_that_is_not_theirs(cast: Cast, everywhere: User, client: Client) -> None:
    client.force_login(everywhere)
    foreign = ("operator", cast.outsider.operator_memberships.get().operator_id)
    for wrong in (seat_id(foreign), "operator:1", "x", ""):
        refused = client.post(SEAT, {"organisation": wrong})
        assert "Choose an organisation" in refused.text
    assert SignIn.objects.get(user=everywhere).seat is None


def test_a_form_of_an_open_window_is_refused_after_a_switch_and_says_so(
    cast: Cast, everywhere: User, client: Client
) -> None:
    client.force_login(everywhere)
    choose(client, everywhere, "operator")
    form = client.get("/programmes/WL-IPS/outcomes/new/").text
    field = re.search(r'name="working_for" value="([^"]+)"', form)
    assert field is not None
    choose(client, everywhere, "provider")

    sent = {"reference": "P-001", "working_for": field[1]}
    refused = client.post("/programmes/WL-IPS/outcomes/new/", sent)
    assert refused.status_code == 409
    assert "opened while you worked for Health and Employment Partnership Ltd" in refused.text
    assert "You now work for Example Provider CIO" in refused.text
    by_itself = client.post("/programmes/WL-IPS/outcomes/new/", sent, headers={"HX-Request": "true"})
    assert (by_itself.status_code, by_itself.text[:9]) == (409, "Not saved")
    assert not OutcomeDraft.objects.filter(author=everywhere).exists()

    client.post(SEAT, {"organisation": field[1], "working_for": "stale"})
    assert client.post("/programmes/WL-IPS/outcomes/new/", sent).status_code == 302
    assert OutcomeDraft.objects.filter(author=everywhere).count() == 1


def test_a_page_that_belongs_to_another_organisation_says_how_to_get_there(
    cast: Cast, everywhere: User, client: Client
) -> None:
    client.force_login(everywhere)
    choose(client, everywhere, "funder")
    lost = client.get("/programmes/NOT-THERE/rate-card/")
    refused = client.get("/programmes/WL-IPS/months/")
    assert (lost.status_code, refused.status_code) == (404, 403)
    for page in (lost, refused):
        assert f'href="{reverse("accounts:seat")}">change your organisation' in page.text


def test_a9_a_chosen_organisation_that_is_taken_away_leaves_nothing_until_another_is_chosen(
    cast: Cast, everywhere: User, client: Client
) -> None:
    client.force_login(everywhere)
    choose(client, everywhere, "operator")
    OperatorMember.objects.filter(user=everywhere).delete()
    assert client.get("/programmes/WL-IPS/months/").status_code == 404
    page = client.get("/").text
    assert "You no longer belong to the organisation that you chose" in page
    assert "WL-IPS" not in page
    client.post(SEAT, {"organisation": "all"})
    assert "WL-IPS" in client.get("/").text


def test_a_sign_in_elsewhere_is_not_switched(everywhere: User, client: Client) -> None:
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(everywhere)
        browser.get("/")
    choose(client, everywhere, "investor")
    assert "WL-IPS" not in client.get("/").text
    assert "WL-IPS" in elsewhere.get("/").text


def test_no_code_reads_memberships_past_the_choice() -> None:
    """Use ``SomeMember.objects.of(user)``; ``members__in=SomeMember.objects.of(user)`` in a condition."""
    found = {str(path.relative_to(settings.BASE_DIR)) for path in past_the_choice()}
    assert found == {
        "funders/services/memberships.py",
        "providers/services/memberships.py",
        "funders/selectors.py",  # in which time zone many people are
        "payments/services/statements.py",  # whether somebody of the operator belongs to the funder as well
        "participants/services/spells.py",  # whether another person is one of the provider's specialists
    }


def past_the_choice() -> Iterator[Path]:
    yield from (path for path in SOURCES if PAST_THE_CHOICE.search(path.read_text()))
