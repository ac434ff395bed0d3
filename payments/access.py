"""Who answers for which funder."""

from __future__ import annotations

from accounts.models import User
from funders.enums import FunderRole
from funders.models import FunderMember, Programme


def answers_for(user: User, programme: Programme) -> set[int]:
    """Return the keys of the programme's funders for which the user approves statements."""
    members = FunderMember.objects.of(user).filter(
        funder__programme=programme, role=FunderRole.FINANCE_APPROVER
    )
    return set(members.values_list("funder_id", flat=True))
