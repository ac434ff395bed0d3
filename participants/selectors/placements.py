"""With which service a person was on a day, and where they have been."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from participants.models import Participant, Placement

Ended = tuple[date, int]
"""The day on which a placement was over, and its service."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A time with a service, in words; ``last_day`` is absent while it goes on."""

    service: str
    provider: str
    from_day: date | None
    last_day: date | None


def earlier_placements(people: Iterable[int]) -> dict[int, list[Ended]]:
    """Return the placements that are over, by participant and in order; few people have any."""
    found: dict[int, list[Ended]] = {}
    ended = Placement.objects.filter(participant__in=list(people), ends_before__isnull=False)
    columns = ("participant_id", "ends_before", "service_id")
    for participant, ends_before, service in ended.order_by("ends_before").values_list(*columns):
        if ends_before is not None:
            found.setdefault(participant, []).append((ends_before, service))
    return found


def service_of(participant: int, now: int, day: date, earlier: Mapping[int, list[Ended]]) -> int:
    """
    Return the key of the service that a person was with on a day; the first one also counts for before.

    :param now: the service that the person is with.
    :param earlier: what :func:`earlier_placements` gave.
    """
    return next((service for ends_before, service in earlier.get(participant, ()) if day < ends_before), now)


def service_on(participant: Participant, day: date) -> int:
    """Return the key of the service that one person was with on a day."""
    earlier = earlier_placements([participant.pk])
    return service_of(participant.pk, participant.service_id, day, earlier)


def stays_of(participant: Participant) -> list[Stay]:
    """Return where a person has been, the newest first."""
    placements = participant.placements.select_related("service__provider").order_by("-pk")
    return [
        Stay(
            each.service.name,
            each.service.provider.name,
            each.starts_on,
            date.fromordinal(each.ends_before.toordinal() - 1) if each.ends_before else None,
        )
        for each in placements
    ]
