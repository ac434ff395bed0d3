"""What the database refuses about the staff of providers."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from funders.models import Programme
from providers.models import ProviderMember
from tests.cast import Cast


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"role": "OWNER"}, "role_is_known"),
        ({"full_time_percent": 0}, "works_up_to_full_time"),
        ({"full_time_percent": 101}, "works_up_to_full_time"),
    ],
)
def test_a_membership_that_cannot_be_is_refused(wrong: dict[str, Any], constraint: str, cast: Cast) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        ProviderMember.objects.filter(user=cast.specialist).update(**wrong)


def test_nobody_works_twice_for_a_provider(cast: Cast) -> None:
    provider = cast.specialist.provider_memberships.get().provider
    with pytest.raises(IntegrityError, match="providers_providermember_once"):
        ProviderMember.objects.create(provider=provider, user=cast.specialist, role="MANAGER")


@pytest.mark.parametrize("person", ["specialist", "manager"])
def test_staff_see_the_programmes_that_they_deliver_in_and_none_of_its_money(person: str, cast: Cast) -> None:
    user = getattr(cast, person)
    assert list(Programme.objects.visible_to(user)) == [cast.programme]
    assert not Programme.objects.accounted_to(user).exists()
    cast.programme.services.update(provider=cast.programme.operator.providers.create(code="X", name="X"))
    assert not Programme.objects.visible_to(user).exists()
