"""Participants in the API: references, places and dates, and never who somebody is."""

from __future__ import annotations

import pytest

from tests.api.callers import caller_as
from tests.cast import Cast
from tests.participants.people import started

pytestmark = pytest.mark.django_db
PATH = "programmes/WL-IPS/participants"


def test_a_provider_sees_its_people_by_reference_and_no_name(cast: Cast) -> None:
    person = started(cast.programme.services.get(), cast.specialist, name="Canary Ours")
    caller = caller_as(cast.manager)
    answer = caller.get(PATH)
    assert b"Canary" not in answer.content
    listed = [each["reference"] for each in answer.json()["items"]]
    assert listed == ["P-001", "P-002", "P-003", person.reference]
    (first, *_) = answer.json()["items"]
    assert caller.get(f"{PATH}/{first['id']}").json() == first
    assert (first["service"], first["area"], first["started_on"]) == ("WL-1", "EAL", "2026-04-06")


def test_programmes_are_those_of_the_organisation_with_their_outcomes(cast: Cast) -> None:
    (programme,) = caller_as(cast.specialist).get("programmes").json()["items"]
    assert programme["code"] == "WL-IPS"
    assert [kind["code"] for kind in programme["outcome_types"]][:1] == ["ENGAGED"]
    assert caller_as(cast.outsider).get("programmes").json()["items"] == []


def test_a_list_is_read_in_the_same_number_of_statements_however_long_it_is(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    caller = caller_as(cast.manager)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        caller.get(f"{PATH}?limit=1")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        caller.get(PATH)
