"""Lists of people, with their names where the reader may see them."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Programme
from participants.models import Participant, Person


def people_to_see(user: User, programme: Programme, reference: str = "") -> QuerySet[Participant]:
    """Return the programme's people whom the user sees, the latest referral first."""
    people = Participant.objects.visible_to(user).filter(programme=programme)
    if reference:
        people = people.filter(reference__icontains=reference)
    return people.select_related("service", "area").order_by("-referred_on", "-pk")


def names_of(user: User, people: list[Participant]) -> dict[int, str]:
    """Return what people want to be called, by key, of those whom the user helps; inside ``own_people``."""
    persons = Person.objects.visible_to(user).filter(participant__in=people)
    return {person.pk: person.called for person in persons}
