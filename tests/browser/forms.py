"""Forms of a working day, filled in: how to get to each, its button, and what there is once it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from playwright.sync_api import FilePayload, Page

from accounts.models import Invitation
from outcomes.enums import EventState, Rule
from outcomes.models import EventQuery, EvidenceFile, FileImport, OutcomeEvent, SampleAudit, SampledEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.sampling import Draw, draw_sample
from outcomes.services.verification import query_event
from participants.access import own_people
from participants.models import Activity, ConsentStep, Goal, Participant, WorkPeriod
from payments.models import Adjustment, BankAccount
from tests.browser.pages import Visit, at, event, opening, outside, person
from tests.browser.stage import Stage
from tests.cast import AT, PARTICIPANTS
from tests.journeys.job_start import photograph
from tests.outcomes.drafts import draft_of

NOTE = "Talked about “mornings” & buses;\nwants < 20 hours – 100% sure"
NAME = "Robin Example"
ANOTHER_TO_VERIFY = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E-010,P-001,SUSTAINED,2026-06-01,20,,payslip,2026-06-10,,
"""


@dataclass(frozen=True, slots=True)
class Form:
    """
    A form, filled in by ``reach``.

    ``typed`` are texts in it by their labels, ``file`` is the label of a file chosen in it; ``count`` tells
    how often it was taken.
    """

    reach: Visit
    button: str
    count: Callable[[Stage], int]
    role: str = "specialist"
    typed: tuple[tuple[str, str], ...] = ()
    file: str = ""


def change(name: str) -> Visit:
    """Return a way to a change of the person whom the specialist helps."""
    return at("participants:person-change", person("ours"), name, role="specialist")


def filled(before: Visit, typed: tuple[tuple[str, str], ...] = (), *ticked: str) -> Visit:
    """Return a way to a form with texts written and radios or boxes chosen."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        for label, text in typed:
            page.get_by_label(label, exact=True).fill(text)
        for label in ticked:
            page.get_by_label(label, exact=True).check()

    return visit


def fill_day(page: Page, label: str, day: date) -> None:
    """Write a day into its three inputs."""
    group = page.get_by_role("group", name=label, exact=True)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(part, exact=True).fill(str(value))


def a_referral(page: Page, stage: Stage) -> None:
    """Fill in the referral of somebody new."""
    filled(at("participants:person-refer", role="specialist"), REFERRED, "Came by themselves", "Harrow")(
        page, stage
    )
    today = stage.cast.programme.local_date(timezone.now())
    fill_day(page, "Date of the referral", today - timedelta(days=3))


def a_sound_draft(page: Page, stage: Stage) -> None:
    """Come to the last page of an outcome that passes."""
    token = draft_of(stage.cast.specialist, Participant.objects.get(reference="P-003")).token
    stage.admit(page.context, stage.cast.specialist)
    page.goto(stage.address("outcomes:claim-check", token))


def a_query(page: Page, stage: Stage) -> None:
    """Write a question to the provider of the event that waits."""
    import_outcomes(programme_id=stage.cast.programme.pk, content=ANOTHER_TO_VERIFY, actor=None, at=AT)
    waiting = at("payments:verification-detail", event("E-010"), role="analyst")
    opening(waiting, "Query: ask the provider")(page, stage)
    page.get_by_label("Which rule is it about?").select_option("Evidence")
    page.get_by_label("Question to the provider").fill(NOTE)


def a_sample(page: Page, stage: Stage) -> None:
    """Fill in which events a sample is drawn from."""
    at("payments:sample-audit-list", role="finance")(page, stage)
    fill_day(page, "Verified from", date(2026, 4, 1))
    fill_day(page, "Verified to", date(2026, 4, 30))
    filled(lambda page, stage: None, DRAWN)(page, stage)


def an_invitation(page: Page, stage: Stage) -> None:
    """Fill in who is invited, and as what."""
    filled(outside("/people/MHEP/"), INVITED)(page, stage)
    page.get_by_label("Organisation and role").select_option(index=1)


def chosen(before: Visit, label: str, name: str, content: bytes) -> Visit:
    """Return a way to a form with a file chosen."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.get_by_label(label, exact=True).set_input_files(file)

    return visit


def a_photograph(page: Page, stage: Stage) -> None:
    """Choose a photograph of a payslip for an outcome that is being logged."""
    token = draft_of(stage.cast.specialist, Participant.objects.get(reference="P-003")).token
    evidence = at("outcomes:claim-evidence", token, role="specialist")
    chosen(filled(evidence, (), "Payslip"), PICTURE, "IMG_0001.jpg", photograph())(page, stage)


def an_answer(page: Page, stage: Stage) -> None:
    """Answer a question about an outcome, with a photograph of the payslip that was asked for."""
    waiting = OutcomeEvent.objects.get(reference="E-005")
    by, now = stage.cast.analyst, timezone.now()
    query_event(event_id=waiting.pk, about=Rule.EVIDENCE, question="Which?", actor=by, at=now)
    answer = at("outcomes:outcome-answer", waiting.pk, role="specialist")
    chosen(filled(answer, ANSWERED, "Payslip"), PICTURE, "IMG_0001.jpg", photograph())(page, stage)


def a_finding(page: Page, stage: Stage) -> None:
    """Disagree about an event of a sample."""
    days = date(2026, 4, 1), date(2026, 4, 30)
    audit = draw_sample(
        programme_id=stage.cast.programme.pk,
        wanted=Draw(*days, 50, "dice 1 2 3"),
        amounts={},
        actor=stage.cast.finance,
        at=timezone.now(),
    )
    filled(at("payments:sampled-event", audit.pk, 1, role="analyst"), FOUND)(page, stage)
    page.get_by_label("Do you agree with the verification?").select_option("Not agreed")


def an_adjustment(page: Page, stage: Stage) -> None:
    """Fill in an adjustment by hand."""
    filled(
        at("payments:adjustment-new", role="analyst"), ADJUSTED, "Add it to the next invoice or remittance"
    )(page, stage)
    page.get_by_label("Agreement or contract").select_option(index=1)


def counted(model: type[Activity] | type[Goal]) -> Callable[[Stage], int]:
    """Return what counts the rows that the form makes; those of the stage's own have other words."""
    words = "note" if model is Activity else "text"

    def count(stage: Stage) -> int:
        with own_people(stage.cast.specialist):
            return sum(getattr(row, words).replace("\r\n", "\n") == NOTE for row in model.objects.all())

    return count


def photographs(stage: Stage) -> int:
    with own_people(stage.cast.specialist):
        return EvidenceFile.objects.count()


def invitations(_stage: Stage) -> int:
    return Invitation.objects.filter(email="newcomer@example.org").count()


REFERRED = (("Full name", NAME), ("Telephone (optional)", "07700 900123"))
NOTED = (("Note (optional)", NOTE),)
ANSWERED = (("Your answer", NOTE),)
FOUND = (("Finding (optional)", NOTE),)
ADJUSTED = (("Amount without VAT", "12.50"), ("Reason", NOTE))
EMPLOYED = (("Employer or place of learning", "Example & Sons"), ("Pay (optional)", "£12.60 an hour"))
ACCOUNT = (("Name", "Current"), ("IBAN, or sort code and account number", "GB33BUKB20201555555555"))
AGREED = (("Version of the consent form", "7"),)
PICTURE = "Photograph or file (optional)"
WISHED = (("What do they want to reach?", NOTE),)
ASKED = (("Question to the provider", NOTE),)
INVITED = (("Email address", "newcomer@example.org"),)
DRAWN = (("Share to look at, in per cent", "50"), ("Seed", "dice 6 6 1"))

FORMS = {
    "log an outcome": Form(
        a_sound_draft,
        "Submit the outcome",
        lambda stage: OutcomeEvent.objects.filter(submitted_by=stage.cast.specialist).count(),
    ),
    "activity": Form(
        filled(change("activity"), NOTED, "Contact with the person"),
        "Add activity",
        counted(Activity),
        typed=NOTED,
    ),
    "referral": Form(
        a_referral,
        "Refer",
        lambda _: Participant.objects.exclude(referral_source="").filter(started_on=None).count(),
        typed=REFERRED,
    ),
    "verification": Form(
        at("payments:verification-detail", event("E-005"), role="analyst"),
        "Verify",
        lambda stage: OutcomeEvent.objects.filter(verified_by=stage.cast.analyst).count(),
        role="analyst",
    ),
}
MORE_FORMS = {
    **FORMS,
    "goal": Form(filled(change("goal"), WISHED), "Add goal", counted(Goal), typed=WISHED),
    "question": Form(
        a_query,
        "Send the question",
        lambda _: OutcomeEvent.objects.filter(state=EventState.QUERIED).count(),
        role="analyst",
        typed=ASKED,
    ),
    "invitation": Form(
        an_invitation,
        "Send the invitation",
        invitations,
        role="administrator",
        typed=INVITED,
    ),
    "sample": Form(
        a_sample,
        "Draw the sample",
        lambda _: SampleAudit.objects.count(),
        role="finance",
    ),
}
# All that make a record or take a file, of every role; what they do must not stand in each other's way.
EVERY_FORM = {
    **MORE_FORMS,
    "consent": Form(
        filled(change("consent"), AGREED, "Contact with the employer"),
        "Record consent",
        lambda _: ConsentStep.objects.filter(version="7").count(),
        typed=AGREED,
    ),
    "job": Form(
        filled(change("job"), EMPLOYED, "Work"),
        "Add job or course",
        lambda _: WorkPeriod.objects.count(),
        typed=EMPLOYED,
    ),
    "photograph": Form(
        a_photograph,
        "Add, then add another",
        photographs,
        file=PICTURE,
    ),
    "answer": Form(
        an_answer,
        "Send the answer",
        lambda _: EventQuery.objects.exclude(answered_at=None).count(),
        typed=ANSWERED,
        file=PICTURE,
    ),
    "finding": Form(
        a_finding,
        "Record the finding",
        lambda _: SampledEvent.objects.exclude(checked_at=None).count(),
        role="analyst",
        typed=FOUND,
    ),
    "adjustment": Form(
        an_adjustment,
        "Propose it",
        lambda _: Adjustment.objects.count(),
        role="analyst",
        typed=ADJUSTED,
    ),
    "bank account": Form(
        filled(at("payments:bank-account-list", role="finance"), ACCOUNT),
        "Add the account",
        lambda _: BankAccount.objects.count(),
        role="finance",
        typed=ACCOUNT,
    ),
    "file of people": Form(
        chosen(at("outcomes:import-list"), "Participants file", "people.csv", PARTICIPANTS),
        "Check the participants file",
        lambda _: FileImport.objects.count(),
        role="administrator",
        file="Participants file",
    ),
}


def named(text: str) -> re.Pattern[str]:
    """Return what finds a button by its whole name."""
    return re.compile(f"^{re.escape(text)}$")
