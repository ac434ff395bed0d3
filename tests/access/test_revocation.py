"""A role that is taken away, or a person who is disabled, counts for nothing at the next request (A9)."""

from __future__ import annotations

import pytest
from django.test import Client

from funders.models import FunderMember
from providers.enums import OperatorRole
from providers.models import OperatorMember, ProviderMember
from tests.cast import Cast

PAGES = {
    "finance": "/programmes/WL-IPS/months/",
    "commissioner": "/programmes/WL-IPS/documents/",
    "manager": "/programmes/WL-IPS/people/",
}


@pytest.mark.parametrize("person", PAGES)
def test_a9_a_removed_member_is_refused_at_the_next_request(cast: Cast, client: Client, person: str) -> None:
    user = getattr(cast, person)
    client.force_login(user)
    assert client.get(PAGES[person]).status_code == 200
    for members in (OperatorMember, ProviderMember, FunderMember):
        members.objects.filter(user=user).delete()
    assert client.get(PAGES[person]).status_code == 404


@pytest.mark.parametrize("person", PAGES)
def test_a9_a_disabled_person_is_signed_out_at_the_next_request(
    cast: Cast, client: Client, person: str
) -> None:
    user = getattr(cast, person)
    client.force_login(user)
    assert client.get(PAGES[person]).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(PAGES[person]).headers["Location"].startswith("/sign-in/")


def test_a9_a_lesser_role_does_no_more_than_it_may(cast: Cast, client: Client) -> None:
    address = "/programmes/WL-IPS/months/2026-04/price/"
    client.force_login(cast.finance)
    assert client.post(address).status_code == 302
    OperatorMember.objects.filter(user=cast.finance).update(role=OperatorRole.AUDITOR)
    assert client.post(address).status_code == 403
