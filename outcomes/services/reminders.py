"""What providers' staff are reminded of: what the people on their caseload need (ADR 0017)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import MappingProxyType

from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from accounts.rules.reminders import Kind, Reminder
from outcomes.rules.caseload import NeedKind
from outcomes.selectors.caseload import leads_a_team
from outcomes.selectors.reminders import due_on_caseload
from participants.access import own_people
from providers.models import ProviderMember

OWN, TEAM = "Your caseload", "Your team’s caseload"
SAID = MappingProxyType(
    {
        NeedKind.QUERY: (
            "1 question about an outcome waits for an answer",
            "{count} questions about outcomes wait for an answer",
        ),
        NeedKind.CLAIM: ("1 outcome can be claimed", "{count} outcomes can be claimed"),
        NeedKind.CONSENT: (
            "1 person’s consent to share data is missing",
            "{count} people’s consent to share data is missing",
        ),
        NeedKind.EMPLOYER_CONTACT: (
            "1 first contact with an employer is due or falls due within a week",
            "{count} first contacts with an employer are due or fall due within a week",
        ),
        NeedKind.CLAIM_SOON: (
            "1 check of a sustained job falls due within a week: collect the evidence",
            "{count} checks of sustained jobs fall due within a week: collect the evidence",
        ),
        NeedKind.QUIET: (
            "1 person has had no support for three weeks",
            "{count} people have had no support for three weeks",
        ),
    }
)
KINDS = {(group, need): Kind(group, *said) for group in (OWN, TEAM) for need, said in SAID.items()}


def of_caseload(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind a specialist of their own people, and a manager of the team's and of their own."""
    if not ProviderMember.objects.of(user).exists():
        return
    is_manager = leads_a_team(user)
    with own_people(user):
        due = [(OWN, due_on_caseload(user, at, whole_team=False))]
        if is_manager:
            due.append((TEAM, due_on_caseload(user, at, whole_team=True)))
    for group, found in due:
        whose = {"whose": "mine"} if is_manager and group == OWN else {}
        for need, each in found.items():
            url = f"{reverse('outcomes:caseload')}?{urlencode({**whose, 'need': need.name})}"
            yield Reminder(KINDS[group, need], each.count, url, each.oldest, each.today)
