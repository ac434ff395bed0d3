"""The first person gets in by one command and a link, and nobody else does that way."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, User
from audit.models import AuditEvent
from funders.rules.programme_file import read_programme
from funders.services import store_programme
from providers.models import OperatorMember
from tests.cast import AT, PASSWORD, PROGRAMME, Cast

pytestmark = pytest.mark.django_db
ANN = "ann@example.org"


@pytest.fixture
def operator() -> str:
    """An installation with a programme and nobody in it."""
    definition = read_programme(PROGRAMME).definition
    assert definition is not None
    return store_programme(definition, at=AT).operator.code


def invited(operator: str, email: str = ANN, *, again: bool = False) -> str:
    """Run the command; return the path of the link."""
    out, err = StringIO(), StringIO()
    call_command(
        "invite_first_administrator", organisation=operator, email=email, again=again, stdout=out, stderr=err
    )
    assert "not shown again" in err.getvalue()
    site, found, path = out.getvalue().strip().partition("https://mhep.example.org")
    assert (site, bool(found)) == ("", True)
    return path


def refused(operator: str, email: str = ANN) -> str:
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("invite_first_administrator", organisation=operator, email=email, stderr=err)
    return err.getvalue()


def join(path: str) -> None:
    sent = {"name": "Ann Example", "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert Client().post(path, sent).status_code == 302


def test_s7_the_link_makes_the_first_administrator_and_works_once(operator: str) -> None:
    path = invited(operator, " Ann@Example.org ")
    join(path)
    member = OperatorMember.objects.get()
    assert (member.user.email, member.role) == (ANN, "ADMINISTRATOR")
    assert Client().get(path).status_code == 404
    assert Invitation.objects.get().invited_by is None
    assert AuditEvent.objects.filter(action="administrator.invited").count() == 1


def test_whoever_has_an_administrator_needs_no_first_one(cast: Cast) -> None:
    assert "has an administrator already" in refused(cast.programme.operator.code)
    assert not Invitation.objects.exists()


def test_an_administrator_who_left_lets_the_way_in_open(cast: Cast) -> None:
    User.objects.filter(pk=cast.administrator.pk).update(is_active=False)
    assert invited("MHEP").startswith("/invitations/")


def test_the_link_is_shown_once_and_another_only_when_asked_for(operator: str) -> None:
    first = invited(operator)
    assert "--again" in refused(operator, "bea@example.org")
    second = invited(operator, "bea@example.org", again=True)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_a_link_that_lapsed_is_no_hindrance(operator: str) -> None:
    invited(operator)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        join(invited(operator))


def test_what_cannot_be_is_refused_with_its_cure(operator: str) -> None:
    assert "There are: MHEP" in refused("NONE")
    assert "is no e-mail address" in refused(operator, "ann")


def test_without_an_operator_it_says_what_comes_first() -> None:
    assert "Load a programme file first" in refused("MHEP")
