"""What was done and changed, as somebody of the operator may see it and search it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from accounts.models import User
from audit.models import AuditEvent, Change
from funders.models import FunderMember
from mhep.shared.sheets import Sheet
from providers.models import InvestorMember, Operator, OperatorMember, ProviderMember

MOST_IN_A_FILE = 20_000  # rows, the newest first
EVENT_HEADINGS = ("At (UTC)", "Who", "What", "About", "Details")
CHANGE_HEADINGS = ("At (UTC)", "Who", "Through", "Reason", "Table", "Row", "Operation", "Before", "After")


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What to look for; an empty value leaves everything in. Days are those of UTC, inclusive."""

    first: date | None = None
    last: date | None = None
    who: str = ""
    what: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> TrailFilter:
        """Read the filter from an address; a day that is none is left out."""
        who, what = (query.get(name, "").strip()[:200] for name in ("who", "what"))
        return cls(_day(query.get("from", "")), _day(query.get("to", "")), who, what)

    def query(self) -> str:
        """Return what the address says, without what is empty."""
        pairs = {"from": self.first or "", "to": self.last or "", "who": self.who, "what": self.what}
        return urlencode({name: str(value) for name, value in pairs.items() if value})

    def condition(self) -> Q:
        """Return the days and the person as a condition; the system is found as *system*."""
        wanted = Q()
        if self.first:
            wanted &= Q(at__gte=_start(self.first))
        if self.last and self.last < date.max:
            wanted &= Q(at__lt=_start(self.last + timedelta(days=1)))
        if self.who.casefold() == "system":
            wanted &= Q(actor=None)
        elif self.who:
            people = User.objects.filter(Q(name__icontains=self.who) | Q(email__icontains=self.who))
            wanted &= Q(actor__in=people.values("pk"))
        return wanted


def events_to_see(user: User, wanted: TrailFilter) -> QuerySet[AuditEvent]:
    """Return what people and the system said that they did, the newest first."""
    events = AuditEvent.objects.filter(_concerning(user), wanted.condition()).select_related("actor")
    if wanted.what:
        events = events.filter(Q(action__icontains=wanted.what) | Q(subject__icontains=wanted.what))
    return events.order_by("-at", "-pk")


def changes_to_see(user: User, wanted: TrailFilter) -> QuerySet[Change]:
    """Return what the database wrote down of each changed row, the newest first."""
    changes = Change.objects.filter(_concerning(user), wanted.condition()).select_related("actor")
    if wanted.what:
        table, _, row = wanted.what.partition(" ")
        changes = changes.filter(table__icontains=table, **({"row_key": row} if row else {}))
    return changes.order_by("-pk")


def events_sheet(events: QuerySet[AuditEvent]) -> Sheet:
    """Return the events as a table, :data:`MOST_IN_A_FILE` at most."""
    rows = [
        (_moment(each.at), _name(each.actor), each.action, each.subject, _text(each.details))
        for each in events[:MOST_IN_A_FILE]
    ]
    return Sheet("Audit trail", EVENT_HEADINGS, rows)


def changes_sheet(changes: QuerySet[Change]) -> Sheet:
    """Return the changes as a table, :data:`MOST_IN_A_FILE` at most; hidden values stay hidden."""
    rows = [
        (
            *(_moment(each.at), _name(each.actor), each.through, each.reason, each.table, each.row_key),
            *(each.get_operation_display(), _text(each.before), _text(each.after)),
        )
        for each in changes[:MOST_IN_A_FILE]
    ]
    return Sheet("Changes", CHANGE_HEADINGS, rows)


def _concerning(user: User) -> Q:
    """
    Return which rows of the trail concern the user's operators.

    All of them where there is no other operator. Else those of people who belong to these operators and their
    organisations and to no other: a row does not say for whom the system, or somebody of both, acted.
    """
    run = Operator.objects.filter(members__in=OperatorMember.objects.of(user))
    others = Operator.objects.exclude(pk__in=run)
    if not others.exists():
        return Q()
    return Q(actor__in=_people(run) - _people(others))


def _people(operators: QuerySet[Operator]) -> set[int]:
    return {
        *OperatorMember.objects.filter(operator__in=operators).values_list("user", flat=True),
        *ProviderMember.objects.filter(provider__operator__in=operators).values_list("user", flat=True),
        *InvestorMember.objects.filter(investor__operator__in=operators).values_list("user", flat=True),
        *FunderMember.objects.filter(funder__programme__operator__in=operators).values_list(
            "user", flat=True
        ),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _name(actor: User | None) -> str:
    return actor.name if actor else "System"


def _text(values: object) -> str:
    return "" if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
