"""What the API says of participants: references, places and dates, and never who somebody is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from mhep.shared.sealed_ids import Kind, sealed_id
from participants.models import Participant


class ParticipantOut(serializers.Serializer[Any]):
    """A person, known by the reference that the provider chose."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    service = serializers.CharField(help_text="The code of the service that helps the person now.")
    area = serializers.CharField(allow_null=True)
    cohort = serializers.CharField(allow_null=True)
    referred_on = serializers.DateField(allow_null=True)
    started_on = serializers.DateField(allow_null=True)
    consented_on = serializers.DateField(allow_null=True)


def written(row: Participant) -> dict[str, Any]:
    """Return what the API says of a participant, whose service, area and cohort are best read with it."""
    return {
        "id": sealed_id(Kind.PARTICIPANT, row.pk),
        "reference": row.reference,
        "service": row.service.code,
        "area": row.area.code if row.area else None,
        "cohort": row.cohort.code if row.cohort else None,
        "referred_on": row.referred_on,
        "started_on": row.started_on,
        "consented_on": row.consented_on,
    }
