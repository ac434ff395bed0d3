"""Which disclosure rule holds for whom."""

from __future__ import annotations

from accounts.models import User
from funders.access import is_delivered_by, is_operators
from funders.models import FunderMember, Programme
from performance.models import DisclosureRuling
from performance.rules.disclosure import EXACT, DisclosureRule


def ruling_of(programme: Programme) -> DisclosureRuling | None:
    """Return the ruling that counts now."""
    return DisclosureRuling.objects.filter(programme=programme).first()


def is_ruled(user: User, programme: Programme) -> bool:
    """Tell whether figures about people are shown to the user by the programme's disclosure rule."""
    ruling = ruling_of(programme)
    if ruling is None or is_operators(user, programme) or is_delivered_by(user, programme):
        return False
    is_funder = FunderMember.objects.of(user).filter(funder__programme=programme).exists()
    return ruling.for_funders if is_funder else ruling.for_investors


def rule_for(user: User, programme: Programme) -> DisclosureRule:
    """
    Return the rule by which the user is shown figures about people of the programme.

    Exact for the operator and for providers, and where there is no ruling or it is not for the user's role.
    """
    ruling = ruling_of(programme)
    return ruling.rule if ruling is not None and is_ruled(user, programme) else EXACT
