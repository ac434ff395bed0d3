"""What people at a provider do: referral and start, consent, a job start with its photograph, an answer."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from outcomes.enums import EventState, Rule
from outcomes.models import EvidenceFile, OutcomeEvent
from outcomes.services.verification import query_event
from participants.access import own_people
from participants.enums import ConsentKind
from participants.models import Participant
from participants.services.consent import give_consent
from tests.browser.ways import Scene
from tests.cast import AT
from tests.journeys import job_start
from tests.journeys.job_start import PHOTOGRAPH, Plan, Story, fill_day, photograph
from tests.journeys.month_close import Visit

HELPED = "Example Person"  # the one on the specialist's caseload


def refer_and_start(scene: Scene) -> None:
    """Refer somebody, record the consent, and start the support."""
    story = _story(scene)
    for step in (job_start.refer_somebody, job_start.record_consent, job_start.start_support):
        step(story)
    person = Participant.objects.get(reference=story.person)
    assert (person.started_on, person.consented_on) == (story.plan.started, story.plan.started)


def give_and_withdraw_consent(scene: Scene) -> None:
    """Record two kinds of consent and, later, that one of them was withdrawn."""
    story, person = _story(scene), _helped()
    visit, today = story.specialist, story.plan.employed
    story.called = HELPED
    visit.follow(HELPED)
    visit.sees(HELPED)
    job_start.record_consent(story)
    visit.follow("Withdraw consent")
    visit.sees("Withdraw consent")
    visit.person.check(visit.page.get_by_label("Contact with the employer", exact=True))
    fill_day(visit, "When did they say so?", today)
    visit.press("Record withdrawal")
    visit.sees(HELPED)
    expect(visit.page.get_by_role("main")).to_contain_text("Withdrawal recorded.")
    expect(visit.page.get_by_text(re.compile("^Withdrawn on"))).to_be_visible()
    withdrawn = person.consent_steps.get(is_given=False)
    assert (withdrawn.kind, withdrawn.happened_on) == (ConsentKind.EMPLOYER_CONTACT, today)


def log_a_job_start(scene: Scene) -> None:
    """Log a job start with a photograph of the contract, from the caseload to submitted."""
    story, person = _story(scene), _helped()
    with own_people(scene.cast.specialist):
        give_consent(
            participant=person,
            kinds=[ConsentKind.DATA_SHARING],
            version="1",
            given_on=story.plan.started,
            actor=scene.cast.specialist,
            at=timezone.now(),
        )
    scene.cast.programme.outcome_types.filter(code="JOB_START").update(min_hours=16)
    story.person = person.reference
    job_start.log_the_job_start(story)
    event = OutcomeEvent.objects.get(reference=story.job_start)
    assert (event.state, event.evidence) == (EventState.SUBMITTED, ["contract"])
    with own_people(scene.cast.specialist):
        assert EvidenceFile.objects.get(event=event).kind == "contract"


def answer_a_question(scene: Scene) -> None:
    """Find the outcome that is queried, answer the question, and add the payslip that was asked for."""
    event = OutcomeEvent.objects.get(reference="E-005")
    asked, by = "Is there a payslip?", scene.cast.analyst
    query_event(event_id=event.pk, about=Rule.EVIDENCE, question=asked, actor=by, at=AT)
    visit = scene.enter(scene.cast.specialist)
    visit.page.goto(f"{scene.stage.site}/")
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("People")
    visit.follow("Outcomes")
    visit.sees("Outcomes")
    queried = visit.page.get_by_role("listitem").filter(has_text=event.reference)
    visit.person.use(queried.get_by_role("link"))
    visit.sees(re.compile(r"Engagement\s+Queried"))
    expect(visit.page.get_by_role("main")).to_contain_text(asked)
    visit.press("Answer the question")
    visit.sees("answer the question")
    visit.person.fill("Your answer", "Yes, here it is.")
    visit.person.check(visit.page.get_by_label("Payslip", exact=True))
    file = visit.page.get_by_label("Photograph or file")
    visit.person.attach(file, {"name": PHOTOGRAPH, "mimeType": "image/jpeg", "buffer": photograph()})
    visit.press("Add this evidence")
    expect(visit.page.get_by_role("heading", name="Added to your answer")).to_be_visible()
    expect(visit.page.get_by_label("Your answer")).to_have_value("Yes, here it is.")
    visit.press("Send the answer")
    visit.sees(re.compile(r"Engagement\s+Waiting to be verified"))
    event.refresh_from_db()
    assert (event.state, event.evidence) == (EventState.SUBMITTED, ["payslip"])
    assert event.queries.get().answer == "Yes, here it is."


def _caseload(scene: Scene) -> Visit:
    visit = scene.enter(scene.cast.specialist)
    visit.page.goto(f"{scene.stage.site}/")
    visit.follow("My caseload")
    visit.sees("My caseload")
    return visit


def _story(scene: Scene) -> Story:
    """Return the story of the specialist alone, at the caseload, with days that the programme lets pass."""
    today = scene.cast.programme.local_date(timezone.now())
    referred, started, engaged, employed = (today - timedelta(days=ago) for ago in (30, 26, 20, 4))
    visit = _caseload(scene)
    return Story(visit, visit, visit, plan=Plan(referred, started, engaged, employed, area="Harrow"))


def _helped() -> Participant:
    """Return the person on the specialist's caseload."""
    return Participant.objects.get(assignments__isnull=False)
