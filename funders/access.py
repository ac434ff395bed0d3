"""The ways in to a programme: each returns it or refuses in words."""

from __future__ import annotations

from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError


class UnknownProgramme(BusinessRuleError):
    pass


def programme_by_code(code: str) -> Programme:
    """
    Return the programme with the given code, for somebody at the command line.

    :raises UnknownProgramme: if there is none; the text lists those there are.
    """
    programme = Programme.objects.select_related("operator").filter(code=code).first()
    if programme is None:
        known = ", ".join(Programme.objects.order_by("code").values_list("code", flat=True)) or "none yet"
        raise UnknownProgramme(f"There is no programme {code}. There are: {known}.")
    return programme
