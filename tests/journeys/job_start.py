"""
A job start from the referral to its price: by a specialist on a telephone, an analyst and a finance officer.

Each step is one function, named by what is done. It ends on a page that shows that it worked, or it fails.
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Frame, Locator, expect

from tests.journeys import month_close
from tests.journeys.browser import PATIENCE
from tests.journeys.month_close import Visit

MOST_SCREENS, MOST_SECONDS = 6, 90  # from the caseload to "submitted"
MOST_MONTHS = 3  # to close before the one in which the outcome is priced
NAME = "Robin Example"
PHOTOGRAPH = "IMG_0001.jpg"
REFERENCE = re.compile(r"The reference is (\S+?)\.")
PRICED_IN = re.compile("Verified today, it is priced in (.+)")


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, and when: days that the programme's rules let pass."""

    referred: date
    started: date
    engaged: date
    employed: date
    area: str


DEMO_PLAN = Plan(date(2022, 9, 1), date(2022, 9, 5), date(2022, 9, 12), date(2022, 9, 26), "Barnet")


@dataclass(slots=True)
class Story:
    """
    Three people's ways through the pages, and what they know of each other's work.

    :param picture: takes whose page it is and what is on it; called where a reader would like to see it.
    """

    specialist: Visit
    analyst: Visit
    finance: Visit
    plan: Plan = DEMO_PLAN
    picture: Callable[[Visit, str], None] = lambda visit, name: None
    called: str = NAME
    person: str = ""  # reference, once the referral is made
    job_start: str = ""  # reference, once it is submitted
    month: str = ""  # in which the job start is priced, in words
    agreement: str = ""  # that pays for it
    took: dict[str, tuple[int, float]] = field(default_factory=dict)  # screens and seconds of each outcome


def sign_in_as_the_specialist(story: Story) -> None:
    """Sign in as the specialist, which leads to the caseload."""
    visit = story.specialist
    visit.page.goto(f"{visit.site}/sign-in/")
    visit.sees("Sign in")
    visit.person.fill("Email address", visit.email)
    visit.person.fill("Password", visit.password)
    visit.press("Sign in")
    visit.sees("My caseload")
    story.picture(story.specialist, "caseload")


def refer_somebody(story: Story) -> None:
    """Refer somebody."""
    visit, plan = story.specialist, story.plan
    visit.press("Refer somebody")
    visit.sees("Refer somebody")
    visit.person.fill("Full name", story.called)
    fill_day(visit, "Date of birth (optional)", _a_birthday())
    visit.person.check(visit.page.get_by_label("Jobcentre", exact=True))
    fill_day(visit, "Date of the referral", plan.referred)
    visit.person.check(visit.page.get_by_label(plan.area, exact=True))
    visit.press("Refer")
    visit.sees(story.called)
    said = REFERENCE.search(visit.page.get_by_role("main").inner_text())
    assert said is not None, "the page does not say the reference of the person who was referred"
    story.person = said[1]
    story.picture(visit, "referred")


def record_consent(story: Story) -> None:
    """Record the consent."""
    visit = story.specialist
    visit.press("Record consent")
    visit.sees("Consent")
    visit.person.check(visit.page.get_by_label(re.compile("^Sharing data")))
    visit.person.check(visit.page.get_by_label("Contact with the employer", exact=True))
    visit.person.fill("Version of the consent form", "1")
    fill_day(visit, "When did they agree?", story.plan.started)
    story.picture(visit, "consent")
    visit.press("Record consent")
    visit.sees(story.called)
    expect(visit.page.get_by_role("main")).to_contain_text("Consent recorded.")


def start_support(story: Story) -> None:
    """Start the support."""
    visit = story.specialist
    visit.press("Start support")
    visit.sees("Start support")
    account = visit.page.locator("header").get_by_role("link", name=re.compile(r"\(.+\)$")).inner_text()
    own = visit.page.get_by_label(account.rpartition(" (")[0], exact=True)
    visit.person.check(own)
    fill_day(visit, "From which day?", story.plan.started)
    visit.press("Start support")
    visit.sees(story.called)
    expect(visit.page.get_by_role("main")).to_contain_text("Support started.")
    story.picture(visit, "started")


def log_the_engagement(story: Story) -> None:
    """Log the engagement, from the caseload."""
    _log(story, "Engagement", story.plan.engaged, hours="")


def verify_the_engagement(story: Story) -> None:
    """Verify the engagement, as the analyst."""
    month_close.sign_in(story.analyst)
    month_close.open_the_programme(story.analyst)
    _verify(story, "Engagement")


def log_the_job_start(story: Story) -> None:
    """Log the job start with a photograph of the contract, from the caseload."""
    story.job_start = _log(story, "Job start", story.plan.employed, hours="20", pictured=True)


def verify_the_job_start(story: Story) -> None:
    """Open the photograph and verify the job start, as the analyst."""
    story.month, story.agreement = _verify(story, "Job start", pictured=True)


def see_it_verified(story: Story) -> None:
    """See both outcomes verified, as the specialist."""
    visit = story.specialist
    _open_the_caseload(story)
    visit.person.use(_entry(story).get_by_role("link", name=story.called, exact=True))
    visit.sees(story.called)
    for outcome in ("Engagement", "Job start"):
        entry = visit.page.get_by_role("listitem").filter(has_text=re.compile(rf"^\s*{outcome}, "))
        expect(entry).to_contain_text("Verified")
    visit.page.get_by_role("heading", name="Outcomes", exact=True).scroll_into_view_if_needed()
    story.picture(visit, "verified")


def price_the_month(story: Story) -> None:
    """Price the month in which the job start falls, as finance, once the months before it are closed."""
    visit = story.finance
    month_close.sign_in(visit)
    month_close.open_the_programme(visit)
    for _ in range(MOST_MONTHS):
        month_close.open_the_month(visit)
        month_close.price_it(visit)
        if visit.month == story.month:
            story.picture(visit, "priced")
            return
        month_close.read_what_closing_means(visit)
        month_close.close_it(visit)
    raise month_close.NothingToClose(f"{story.month}, in which the job start is priced, is too far away.")


def explain_it_to_the_funder(story: Story) -> None:
    """Open the funder's decisions, and ask why the job start costs what it costs."""
    visit = story.finance
    row = visit.page.get_by_role("table", name="Funders").get_by_role("row").filter(has_text=story.agreement)
    visit.person.use(row.get_by_role("link").first)
    visit.sees(f"Decisions in {story.month}")
    _ask_why(story)
    story.picture(visit, "why-this-amount")


def find_it_on_the_invoice(story: Story) -> None:
    """Close the month, and find the same explanation under the funder's invoice."""
    visit = story.finance
    visit.follow(story.month)
    visit.sees(story.month)
    month_close.read_what_closing_means(visit)
    month_close.close_it(visit)
    documents = visit.page.get_by_role("row").filter(has_text=story.agreement)
    visit.person.use(documents.get_by_role("link", name=month_close.NUMBER).first)
    visit.sees(month_close.NUMBER)
    line = visit.page.get_by_role("row").filter(has_text=story.job_start)
    line.scroll_into_view_if_needed()
    story.picture(visit, "invoice")
    _ask_why(story)


UNTIL_VERIFIED = [
    sign_in_as_the_specialist,
    refer_somebody,
    record_consent,
    start_support,
    log_the_engagement,
    verify_the_engagement,
    log_the_job_start,
    verify_the_job_start,
    see_it_verified,
]
STEPS = [
    *UNTIL_VERIFIED,
    price_the_month,
    explain_it_to_the_funder,
    find_it_on_the_invoice,
]


def walk(story: Story, steps: Sequence[Callable[[Story], None]] = STEPS) -> Iterator[str]:
    """Take the steps, giving what each is before it is taken; a step that fails raises."""
    for step in steps:
        yield (step.__doc__ or step.__name__).strip().rstrip(".")
        step(story)


def photograph() -> bytes:
    """Return a small JPEG that stands for the photograph of a document."""
    image = Image.new("RGB", (600, 800), "#f4f1e8")
    draw = ImageDraw.Draw(image)
    for line in range(12):
        draw.rectangle((60, 80 + line * 50, 540 - line % 3 * 90, 92 + line * 50), fill="#6b6b6b")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def _open_the_caseload(story: Story) -> None:
    visit = story.specialist
    visit.page.goto(f"{visit.site}/")
    visit.sees("Programmes")
    visit.follow("My caseload")
    visit.sees("My caseload")


def _entry(story: Story) -> Locator:
    """Return the entry of the person on the caseload."""
    return story.specialist.page.get_by_role("listitem").filter(has_text=story.person)


def _log(story: Story, outcome: str, day: date, *, hours: str, pictured: bool = False) -> str:
    """
    Log an outcome from the caseload; return its reference.

    :raises AssertionError: if it takes too many screens or too long.
    """
    visit = story.specialist
    show = story.picture if pictured else lambda visit, name: None
    _open_the_caseload(story)
    screens: set[str] = set()

    def note(frame: Frame) -> None:
        screens.add(urlsplit(frame.url).path)

    visit.page.on("framenavigated", note)
    began = time.monotonic()
    visit.person.use(_entry(story).get_by_role("link", name=re.compile("^Log an outcome")))
    visit.sees("Log an outcome")
    visit.press("Continue")
    visit.sees("What was achieved?")
    show(visit, "what-was-achieved")
    visit.person.check(visit.page.get_by_label(outcome, exact=True))
    visit.press("Continue")
    visit.sees(outcome)
    fill_day(visit, "When did it happen?", day)
    if hours:
        visit.person.fill("Hours a week (optional)", hours)
    visit.press("Save and continue")
    visit.sees("Evidence")
    if hours:
        visit.person.check(visit.page.get_by_label("Contract", exact=True))
        taken: FilePayload = {"name": PHOTOGRAPH, "mimeType": "image/jpeg", "buffer": photograph()}
        visit.person.attach(visit.page.get_by_label("Photograph or file"), taken)
        show(visit, "photograph")
    visit.press("Continue")
    visit.sees("Check your answers")
    expect(visit.page.get_by_role("heading", name="It will pass the rules")).to_be_visible()
    show(visit, "it-will-pass")
    visit.press("Submit the outcome")
    visit.sees("Outcome submitted")
    seconds = time.monotonic() - began
    visit.page.remove_listener("framenavigated", note)
    show(visit, "submitted")
    assert len(screens) <= MOST_SCREENS, f"{outcome} took {len(screens)} screens: {sorted(screens)}"
    assert seconds <= MOST_SECONDS, f"{outcome} took {seconds:.0f} seconds"
    story.took[outcome] = (len(screens), seconds)
    return visit.page.get_by_role("main").get_by_role("strong").first.inner_text()


def _verify(story: Story, outcome: str, *, pictured: bool = False) -> tuple[str, str]:
    """Verify the outcome from the queue; return the month and the agreement that pays the rest, if any."""
    visit = story.analyst
    show = story.picture if pictured else lambda visit, name: None
    visit.follow(re.compile("^Verification"))
    visit.sees("Verification")
    row = visit.page.get_by_role("row").filter(has_text=story.person).filter(has_text=outcome)
    row.scroll_into_view_if_needed()
    show(visit, "queue")
    visit.person.use(row.get_by_role("link"))
    visit.sees("Event")
    if pictured:
        _open_the_photograph(visit)
    show(visit, "verify")
    money = visit.page.get_by_role("table", name=PRICED_IN)
    said = PRICED_IN.search(money.inner_text())
    assert said is not None, money.inner_text()
    paying = money.locator("tbody tr").filter(has_not_text=re.compile(r"£0\.00\s*$"))
    codes = paying.locator(".mhep-code").all_inner_texts()
    visit.press("Verify")
    expect(visit.page.get_by_role("main")).to_contain_text("is verified.", timeout=PATIENCE)
    return said[1].strip(), codes[-1].partition(",")[0] if codes else ""


def _open_the_photograph(visit: Visit) -> None:
    """Save the evidence as the verifier and look at it: it is the photograph, drawn anew."""
    with visit.page.expect_download() as saved:
        visit.person.use(visit.page.get_by_role("main").get_by_role("link", name=PHOTOGRAPH, exact=True))
    with Image.open(saved.value.path()) as seen, Image.open(io.BytesIO(photograph())) as taken:
        assert (seen.format, seen.size) == (taken.format, taken.size)
        seen.load()


def _ask_why(story: Story) -> None:
    visit = story.finance
    row = visit.page.get_by_role("row").filter(has_text=story.job_start)
    visit.person.use(row.get_by_role("link", name=re.compile("why", re.IGNORECASE)).first)
    visit.sees("Why this amount?")
    expect(visit.page.get_by_role("main")).to_contain_text(story.job_start)


def fill_day(visit: Visit, label: str, day: date) -> None:
    """Write a day into its three inputs."""
    group = visit.page.get_by_role("group", name=label, exact=True)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        visit.person.write(group.get_by_label(part, exact=True), str(value))


def _a_birthday() -> date:
    """Return a day that is hardly ever the same twice, so that nobody is taken for a duplicate."""
    return date.fromordinal(date(1965, 1, 1).toordinal() + secrets.randbelow(12_000))
