"""What verifiers, managers, those who close months, and funders are reminded of (ADR 0017)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.rules.matrix import Action, Object, Role, allows
from accounts.rules.reminders import Kind, Reminder
from audit.selectors.checks import last_checks
from funders.enums import FunderRole
from funders.models import FunderMember, Programme
from mhep.kernel.periods import Month
from outcomes.selectors.reminders import Looks, findings_to_reply_to, queues_of, second_looks_of
from payments.enums import StatementState
from payments.models import LineQuery, Statement
from payments.services.months import last_ended_month, months_to_close
from providers.access import may_anywhere
from providers.models import OperatorMember

LONG = Kind(
    "Verification",
    "1 outcome has waited more than 5 days to be verified",
    "{count} outcomes have waited more than 5 days to be verified",
)
WAITING = Kind("Verification", "1 outcome waits to be verified", "{count} outcomes wait to be verified")
SECOND_LOOK = Kind(
    "Sample audits",
    "1 drawn outcome waits for a second look",
    "{count} drawn outcomes wait for a second look",
)
FINDING = Kind("Sample audits", "1 finding waits for your reply", "{count} findings wait for your reply")
CHECK = Kind(
    "Audit trail",
    "1 check of every night found something or is overdue",
    "{count} checks of every night found something or are overdue",
)
MONTH = Kind("Months", "1 month has ended and is not closed", "{count} months have ended and are not closed")

STATEMENT = Kind("Statements", "1 statement waits for your answer", "{count} statements wait for your answer")
LINE_QUERY = Kind(
    "Statements", "1 query of a funder waits to be settled", "{count} queries of funders wait to be settled"
)

# A month that closes by itself does so within the hour; after this it is somebody's business why it did not.
BY_ITSELF_WITHIN = timedelta(days=2)


def of_verification(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind those who verify of the queue, without what they wrote themselves."""
    for queue in queues_of(user, at):
        url = reverse("payments:verification-queue", args=[queue.programme])
        for kind, due in ((LONG, queue.long), (WAITING, queue.others)):
            if due is not None:
                yield Reminder(kind, due.count, url, due.oldest, due.today, queue.programme)


def of_second_looks(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind those who check of drawn events that nobody has looked at."""
    return (_in_audits(SECOND_LOOK, each) for each in second_looks_of(user, at))


def of_findings(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind a provider's managers of findings without a reply."""
    return (_in_audits(FINDING, each) for each in findings_to_reply_to(user, at))


def of_months(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind those who may close months of the ones that have ended, up to the programme's last."""
    roles = [role.name for role in Role if allows({role}, Object.MONTH, Action.CLOSE)]
    operators = OperatorMember.objects.of(user).filter(role__in=roles).values("operator")
    for programme in Programme.objects.filter(operator__in=operators).order_by("code"):
        months = months_to_close(programme, min(last_ended_month(programme, at), Month.of(programme.ends_on)))
        if not months:
            continue
        ended = (months[0] + 1).first_day
        patience = BY_ITSELF_WITHIN if programme.closes_by_itself else timedelta(0)
        today = programme.local_date(at)
        if today >= ended + patience:
            url = reverse("payments:month-list", args=[programme.code])
            yield Reminder(MONTH, len(months), url, ended, today, programme.code)


def of_checks(user: User, at: datetime) -> Iterator[Reminder]:
    """Tell administrators of a nightly check that found something, or that was not made again."""
    if not may_anywhere(user, Object.MEMBERS, Action.CHANGE):
        return
    bad = [each.at for each in last_checks(at) if each.at and (not each.is_sound or each.is_late)]
    if bad:
        yield Reminder(CHECK, len(bad), reverse("payments:audit-events"), min(bad).date(), at.date())


def of_statements(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind a funder's finance approvers of statements that wait for their answer."""
    funders = FunderMember.objects.of(user).filter(role=FunderRole.FINANCE_APPROVER).values("funder")
    waiting = Statement.objects.filter(state=StatementState.SENT, agreement__funder__in=funders)
    for programme, count, oldest in _by_programme(waiting, "agreement__programme", "sent_at"):
        url = reverse("payments:statement-list", args=[programme.code])
        day, today = programme.local_date(oldest), programme.local_date(at)
        yield Reminder(STATEMENT, count, url, day, today, programme.code)


def of_line_queries(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind those who settle queries of funders that wait."""
    roles = [role.name for role in Role if allows({role}, Object.STATEMENT, Action.SETTLE)]
    operators = OperatorMember.objects.of(user).filter(role__in=roles).values("operator")
    waiting = LineQuery.objects.filter(
        settlement="", charge__agreement__programme__operator__in=operators
    ).exclude(raised_by=user)
    for programme, count, oldest in _by_programme(waiting, "charge__agreement__programme", "raised_at"):
        url = reverse("payments:line-query-list", args=[programme.code])
        day, today = programme.local_date(oldest), programme.local_date(at)
        yield Reminder(LINE_QUERY, count, url, day, today, programme.code)


def _by_programme(
    waiting: QuerySet[Statement] | QuerySet[LineQuery], programme: str, since: str
) -> list[tuple[Programme, int, datetime]]:
    """Return the programmes in which any wait, by code: how many, and since when the oldest does."""
    rows = waiting.order_by().values(programme).annotate(count=Count("pk"), oldest=Min(since))
    found = {row[programme]: (row["count"], row["oldest"]) for row in rows}
    return [(each, *found[each.pk]) for each in Programme.objects.filter(pk__in=found).order_by("code")]


def _in_audits(kind: Kind, looks: Looks) -> Reminder:
    url = reverse("payments:sample-audit-list", args=[looks.programme])
    due = looks.due
    return Reminder(kind, due.count, url, due.oldest, due.today, looks.programme)
