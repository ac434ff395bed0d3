"""What the API says of programmes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from funders.models import Programme


class OutcomeTypeOut(serializers.Serializer[Any]):
    """Something that counts in a programme."""

    code = serializers.CharField()
    name = serializers.CharField()
    evidence_all_of = serializers.ListField(child=serializers.CharField())
    evidence_any_of = serializers.ListField(child=serializers.CharField())


class ProgrammeOut(serializers.Serializer[Any]):
    """A programme and the outcomes that count in it, in their order."""

    code = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    open_month = serializers.CharField(help_text="The first month that is not closed, such as 2026-04.")
    outcome_types = OutcomeTypeOut(many=True)


class ProgrammeListOut(serializers.Serializer[Any]):
    """All programmes of an organisation."""

    items = ProgrammeOut(many=True)


def written(row: Programme) -> dict[str, Any]:
    """Return what the API says of a programme, whose outcome types are best read with it."""
    return {
        "code": row.code,
        "name": row.name,
        "currency": row.currency,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "open_month": str(row.first_open_month),
        "outcome_types": [
            {
                "code": kind.code,
                "name": kind.name,
                "evidence_all_of": kind.evidence_all_of,
                "evidence_any_of": kind.evidence_any_of,
            }
            for kind in sorted(row.outcome_types.all(), key=lambda kind: kind.position)
        ],
    }
