"""Every page of the application, by name, and how to get there. The name begins with the name of its view."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from mhep.shared.models import Delivery, Job, JobState, Webhook
from outcomes.models import OutcomeDraft, OutcomeEvent, SampleAudit
from participants.models import Participant, TransferRequest
from participants.views.changes import CHANGES
from payments.models import (
    Adjustment,
    Allocation,
    BankAccount,
    BankLine,
    Charge,
    Document,
    Journal,
    LateClaim,
    LineQuery,
    Statement,
)
from performance.models import Profile, ReviewAction, ReviewMeeting, ScoredReview
from providers.models import OperatorMember
from tests.browser.stage import DRAFTS, SEVERAL, TOKEN, Stage, nil_decision
from tests.cast import PARTICIPANTS, PASSWORD

Visit = Callable[[Page, Stage], None]

# What answers with a file, or with words for machines.
FILES = {
    "performance:full-export-file",
    "performance:indigo-file",
    "api-description",
    "healthz",
    "readyz",
    "accounts:time-left",
    "accounts:todo-count",
    "accounts:todo-file",
    "investment:facility-file",
    "outcomes:evidence-file",
    "outcomes:import-list-file",
    "outcomes:import-mend",
    "outcomes:import-report",
    "outcomes:import-template",
    "outcomes:outcome-list-file",
    "participants:transfer-list-file",
    "payments:acceptance-file",
    "payments:batch-file",
    "payments:batch-list-file",
    "payments:audit-changes-file",
    "payments:audit-events-file",
    "payments:booking-code-list-file",
    "payments:document-list-file",
    "payments:document-pdf",
    "payments:document-schedule",
    "payments:export-file",
    "payments:export-list-file",
    "payments:ledger-account-file",
    "payments:bank-demo-statement",
    "payments:bank-lines-file",
    "payments:on-account-file",
    "payments:reconciliation-file",
    "payments:trial-balance-file",
    "payments:adjustment-list-file",
    "payments:event-trace-file",
    "payments:late-claim-file",
    "payments:line-trace-file",
    "payments:order-trace-file",
    "payments:late-payment-list-file",
    "payments:reference-rate-list-file",
    "payments:self-billing-file",
    "payments:line-query-list-file",
    "payments:statement-lines-file",
    "payments:statement-list-file",
    "payments:verification-queue-file",
    "performance:action-list-file",
    "performance:fidelity-list-file",
    "performance:metric-list-file",
    "performance:area-map-file",
    "performance:disclosure-file",
    "performance:profile-file",
    "performance:profile-list-file",
    "performance:pack-file",
    "performance:practice-list-file",
    "performance:review-list-file",
    "performance:programme-file",
}
A_BAD_ROW = PARTICIPANTS + b"P-009,WL-9,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"
OWN_HEADINGS = (
    b"Client ID,Team,Borough,Referral date,Start date,Notes\nP-007,WL-1,EAL,03/04/2026,06/04/2026,new\n"
)
A_GOOD_ROW = b"P-008,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"


def at(view: str, *arguments: object, role: str = "administrator") -> Visit:
    """Return a way to the programme's page; an argument may be a function that finds it."""

    def visit(page: Page, stage: Stage) -> None:
        stage.admit(page.context, getattr(stage.cast, role))
        found = [each() if callable(each) else each for each in arguments]
        page.goto(stage.address(view, *found))

    return visit


def outside(path: str, role: str | None = "administrator") -> Visit:
    """Return a way to a page that belongs to no programme."""

    def visit(page: Page, stage: Stage) -> None:
        if role:
            stage.admit(page.context, getattr(stage.cast, role))
        page.goto(stage.site + path)

    return visit


def sending(before: Visit, button: str, **files: bytes) -> Visit:
    """Return a way to the page that answers a form, with the given files chosen."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        for name, content in files.items():
            field = page.get_by_label(f"{name} file".replace("_", " "), exact=True)
            field.set_input_files({"name": "file", "mimeType": "text/plain", "buffer": content})
        with page.expect_navigation():
            page.get_by_role("button", name=button).click()

    return visit


def picking(before: Visit, label: str) -> Visit:
    """Return a way to the same page with a choice made."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        page.get_by_label(label, exact=True).check()

    return visit


def with_phone(path: str) -> Visit:
    """Return a way to a page as somebody who has an app for the second step."""
    return outside(path, role="outsider")


def with_several(path: str) -> Visit:
    """Return a way to a page as somebody who belongs to several organisations."""

    def visit(page: Page, stage: Stage) -> None:
        stage.admit(page.context, User.objects.get(email=SEVERAL))
        page.goto(stage.site + path)

    return visit


def changed_elsewhere(page: Page, stage: Stage) -> None:
    """Send a form of a page that was opened while another organisation was chosen."""
    with_several("/account/password/")(page, stage)
    page.locator("input[name=working_for]").evaluate_all("all => all.forEach(each => each.value = 'before')")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").first.click()


def removal(page: Page, stage: Stage) -> None:
    """Ask to remove the app of somebody who has a passkey too."""
    user = stage.cast.other_commissioner
    app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    stage.admit(page.context, user)
    page.goto(stage.site + reverse("accounts:second-step-remove", args=[app.pk]))


def asked_for_reset(page: Page, stage: Stage) -> None:
    """Ask for a new password with an address that nobody has."""
    forgotten(page, stage)
    page.get_by_label("Email address", exact=True).fill("nobody@example.org")
    with page.expect_navigation():
        page.get_by_role("button", name="Send the link").click()


def new_password(page: Page, stage: Stage) -> None:
    """Open a link for a new password."""
    user = stage.cast.auditor
    token = default_token_generator.make_token(user)
    page.goto(stage.site + reverse("accounts:new-password", args=[user.pk, token]))


def team_member(page: Page, stage: Stage) -> None:
    """Look at one of the performance team."""
    member = OperatorMember.objects.get(user=stage.cast.analyst)
    stage.admit(page.context, stage.cast.administrator)
    page.goto(stage.site + reverse("providers:person", args=["MHEP", "operator", member.pk]))


def without_a_choice(page: Page, stage: Stage) -> None:
    """Look at one's reminders by email with nothing chosen, as a page that was altered could send."""
    outside("/account/reminders/")(page, stage)
    page.locator("input[name=rhythm]").evaluate_all("inputs => inputs.forEach(each => each.checked = false)")


def half_signed_in() -> Visit:
    """Return a way to the second step of somebody who has taken the first."""

    def visit(page: Page, stage: Stage) -> None:
        page.goto(f"{stage.site}/sign-in/")
        page.get_by_label("Email address", exact=True).fill(stage.cast.outsider.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/second-step/")

    return visit


def locked_out(page: Page, stage: Stage) -> None:
    """Try a password too often."""
    page.goto(f"{stage.site}/sign-in/")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page.get_by_label("Email address", exact=True).fill("nobody@example.org")
        page.get_by_label("Password", exact=True).fill("wrong")
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Too many tries")).to_be_visible()


def following(before: Visit, name: str) -> Visit:
    """Return a way to the page that the link with this text leads to."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        with page.expect_navigation():
            page.get_by_role("link", name=name).first.click()

    return visit


def job(state: JobState) -> Visit:
    """Return a way to the page of a job in this state."""

    def visit(page: Page, stage: Stage) -> None:
        stage.admit(page.context, stage.cast.finance)
        page.goto(f"{stage.site}/jobs/{Job.objects.get(state=state).pk}/")

    return visit


def claim(view: str, draft: str) -> Visit:
    """Return a way to a page of logging an outcome; the drafts are ``sound``, ``wrong`` and ``submitted``."""
    place = DRAFTS.index(draft)
    return at(view, lambda: OutcomeDraft.objects.order_by("pk")[place].token, role="specialist")


def document(prefix: str, **about: object) -> Callable[[], str]:
    """Return what finds the number of a document."""

    def find() -> str:
        numbers = [each.full_number for each in Document.objects.filter(**about).order_by("pk")]
        return next(number for number in numbers if number.startswith(prefix))

    return find


def profile() -> int:
    """Find the newest profile."""
    return Profile.objects.latest("pk").pk


def charge(**about: object) -> Callable[[], int]:
    """Return what finds a decision."""
    return lambda: Charge.objects.filter(**about).order_by("pk")[0].pk


def statement(agreement: str) -> Callable[[], int]:
    """Return what finds the statement of an agreement."""
    return lambda: Statement.objects.get(agreement__ref=agreement).pk


def line_query() -> int:
    """Find the query that waits."""
    return LineQuery.objects.get(settlement="").pk


def adjustment(state: str) -> Callable[[], int]:
    """Return what finds an adjustment."""
    return lambda: Adjustment.objects.filter(state=state).order_by("pk")[0].pk


def late_claim(state: str) -> Callable[[], int]:
    """Return what finds a claim for late payment."""
    return lambda: LateClaim.objects.get(state=state).pk


def event(reference: str) -> Callable[[], int]:
    """Return what finds an outcome event."""
    return lambda: OutcomeEvent.objects.get(reference=reference).pk


def person(reference: str) -> Callable[[], int]:
    """Return what finds a participant; ``ours`` is the one whom the specialist helps."""
    people = Participant.objects.filter(programme__code="WL-IPS")
    if reference == "ours":
        return lambda: people.get(assignments__isnull=False).pk
    return lambda: people.get(reference=reference).pk


def transfer() -> int:
    """Find the request of another provider."""
    return TransferRequest.objects.get().pk


def review(what: str) -> Callable[[], int]:
    """Return what finds the review that was held, the one that is planned, the action or the scores."""
    found: dict[str, Callable[[], int]] = {
        "held": lambda: ReviewMeeting.objects.get(held_on__isnull=False).pk,
        "planned": lambda: ReviewMeeting.objects.get(held_on__isnull=True).pk,
        "action": lambda: ReviewAction.objects.get().pk,
        "scored": lambda: ScoredReview.objects.latest("reviewed_on").pk,
    }
    return found[what]


def kept_on_account() -> int:
    """Find money that is kept on a funder's account."""
    return Allocation.objects.filter(kind="ON_ACCOUNT").earliest("pk").pk


def account_of_the_bank() -> int:
    """Find the operator's bank account."""
    return BankAccount.objects.get().pk


def payment(text: str) -> Callable[[], int]:
    """Return what finds a payment by the beginning of what the bank says."""
    return lambda: BankLine.objects.get(text__startswith=text).pk


CHECK = "Check the participants file"


def sample() -> int:
    """Find the sample audit."""
    return SampleAudit.objects.get().pk


def opening(before: Visit, summary: str) -> Visit:
    """Return a way to a page with one of its hidden parts opened."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        page.get_by_text(summary, exact=True).click()

    return visit


def typing(before: Visit, **texts: str) -> Visit:
    """Return a way to a page with these fields filled in."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        for label, text in texts.items():
            page.get_by_label(label, exact=True).fill(text)

    return visit


def choosing(before: Visit, button: str) -> Visit:
    """Return a way to the page that answers a form with everything ticked."""

    def tick(page: Page, stage: Stage) -> None:
        before(page, stage)
        for box in page.get_by_role("checkbox").all():
            box.check()

    return sending(tick, button)


imports = at("outcomes:import-list")
forgotten = outside("/sign-in/forgotten-password/", role=None)
refer = at("participants:person-refer", role="specialist")
load = outside("/programmes/load/")
agree = at("payments:self-billing-new", "TWN")
end_agreement = at("payments:self-billing-end", "TWN")


def a_webhook(page: Page, stage: Stage) -> None:
    """Go to the page of a webhook that was told something."""
    stage.admit(page.context, stage.cast.administrator)
    at = timezone.now()
    webhook, _ = Webhook.objects.get_or_create(
        kind="operator",
        place=stage.cast.programme.operator_id,
        url="https://hooks.example.org/a-long-address-of-a-program-that-is-told-of-what-happens",
        types=["document.issued"],
        made_by=stage.cast.administrator,
        defaults={"secret": "whsec_", "made_at": at, "told_from_at": at, "looked_at": at},
    )
    Delivery.objects.get_or_create(
        webhook=webhook,
        source="payments.documents",
        row_key=1,
        type="document.issued",
        state="FAILED",
        defaults={"happened_at": at, "due_at": at, "last_said": "ConnectionRefusedError", "attempts": 10},
    )
    page.goto(stage.site + reverse("providers:webhook-detail", args=["MHEP", webhook.pk]))


PAGES: dict[str, Visit] = {
    "help": outside("/help/"),
    "api-reference": outside("/api/"),
    "accessibility, signed out": outside("/accessibility/", role=None),
    "not found": outside("/nowhere/"),
    "accounts:sign-in": outside("/sign-in/", role=None),
    "accounts:sign-in, refused": sending(outside("/sign-in/", role=None), "Sign in"),
    "accounts:second-step": half_signed_in(),
    "accounts:second-step, refused": sending(half_signed_in(), "Continue"),
    "accounts:too-many-tries": locked_out,
    "accounts:forgotten-password": forgotten,
    "accounts:forgotten-password, refused": sending(forgotten, "Send the link"),
    "accounts:forgotten-password, sent": asked_for_reset,
    "accounts:new-password, too old": outside(reverse("accounts:new-password", args=[0, "X"]), role=None),
    "accounts:new-password": new_password,
    "accounts:invitation, over": outside("/invitations/X/", role=None),
    "accounts:invitation": outside(f"/invitations/{TOKEN}/", role=None),
    "accounts:invitation, refused": sending(outside(f"/invitations/{TOKEN}/", role=None), "Continue"),
    "accounts:invitation, signed in": outside(f"/invitations/{TOKEN}/", role="outsider"),
    "providers:operator-list, none": outside("/people/", role="analyst"),
    "providers:operator-list": outside("/people/"),
    "providers:people": outside("/people/MHEP/"),
    "providers:people, refused": sending(outside("/people/MHEP/"), "Send the invitation"),
    "providers:person": team_member,
    "providers:token-list": outside("/people/MHEP/tokens/"),
    "providers:webhook-list": outside("/people/MHEP/webhooks/"),
    "providers:webhook-list, refused": sending(outside("/people/MHEP/webhooks/"), "Make the webhook"),
    "providers:webhook-detail": a_webhook,
    "providers:token-list, refused": sending(outside("/people/MHEP/tokens/"), "Make the token"),
    "accounts:organisation-start": outside("/sign-in/organisations/council/", role=None),
    "accounts:organisation-answer": outside("/sign-in/organisations/council/answer/", role=None),
    "accounts:organisation-confirm": outside("/sign-in/organisations/council/confirm/"),
    "accounts:organisation-connect": outside("/sign-in/organisations/council/connect/"),
    "accounts:confirm, elsewhere": outside("/sign-in/confirm/", role="other_commissioner"),
    "accounts:todo": outside("/todo/"),
    "accounts:todo, of a specialist": outside("/todo/", role="specialist"),
    "accounts:todo, nothing waits": outside("/todo/", role="commissioner"),
    "accounts:reminders": outside("/account/reminders/"),
    "accounts:reminders, refused": sending(without_a_choice, "Save"),
    "accounts:reminders-stop": outside("/account/reminders/stop/"),
    "accounts:own": outside("/account/"),
    "accounts:seat": with_several("/account/organisation/"),
    "accounts:seat, nothing to choose": outside("/account/organisation/"),
    "accounts:seat, changed in another window": changed_elsewhere,
    "funders:programme-list, of several organisations": with_several("/"),
    "accounts:own, with a second step": with_phone("/account/"),
    "accounts:password": outside("/account/password/"),
    "accounts:password, refused": sending(outside("/account/password/"), "Change the password"),
    "accounts:confirm": outside("/sign-in/confirm/"),
    "accounts:confirm, refused": sending(outside("/sign-in/confirm/"), "Continue"),
    "accounts:confirm, by a code": with_phone("/sign-in/confirm/"),
    "accounts:second-step-choose": outside("/account/second-step/"),
    "accounts:app-add": outside("/account/second-step/app/"),
    "accounts:app-add, refused": sending(outside("/account/second-step/app/"), "Continue"),
    "accounts:passkey-add": outside("/account/second-step/passkey/"),
    "accounts:recovery-codes": with_phone("/account/recovery-codes/"),
    "accounts:recovery-codes-make": with_phone("/account/recovery-codes/new/"),
    "accounts:recovery-codes-make, made": sending(
        with_phone("/account/recovery-codes/new/"), "Make new codes"
    ),
    "accounts:second-step-remove": removal,
    "funders:access-matrix": outside("/access/"),
    "funders:start": outside("/start/"),
    "funders:programme-list": outside("/"),
    "funders:programme-list, empty": outside("/", role="outsider"),
    "funders:programme-list, for an investor": outside("/", role="investor"),
    "outcomes:event-detail": at("outcomes:event-detail", event("E-001")),
    "outcomes:event-detail, waiting": at("outcomes:event-detail", event("E-005")),
    "outcomes:outcome-list": at("outcomes:outcome-list", role="specialist"),
    "outcomes:outcome-list, for the operator": at("outcomes:outcome-list", role="analyst"),
    "outcomes:outcome-list, in a state without any": outside(
        "/programmes/WL-IPS/outcomes/?state=REJECTED", role="specialist"
    ),
    "outcomes:outcome-detail, verified": at("outcomes:outcome-detail", event("E-001"), role="specialist"),
    "outcomes:outcome-detail, queried": at("outcomes:outcome-detail", event("E-009"), role="specialist"),
    "outcomes:outcome-detail, rejected": at("outcomes:outcome-detail", event("E-010"), role="specialist"),
    "outcomes:outcome-answer": at("outcomes:outcome-answer", event("E-009"), role="specialist"),
    "outcomes:outcome-answer, refused": sending(
        at("outcomes:outcome-answer", event("E-009"), role="specialist"), "Send the answer"
    ),
    "outcomes:claim-new": at("outcomes:claim-new", role="specialist"),
    "outcomes:claim-new, refused": sending(at("outcomes:claim-new", role="specialist"), "Continue"),
    "outcomes:claim-new, for the operator": at("outcomes:claim-new", role="analyst"),
    "outcomes:claim-outcome": claim("outcomes:claim-outcome", "sound"),
    "outcomes:claim-details": claim("outcomes:claim-details", "sound"),
    "outcomes:claim-details, refused": sending(claim("outcomes:claim-details", "wrong"), "Save and continue"),
    "outcomes:claim-evidence": claim("outcomes:claim-evidence", "sound"),
    "outcomes:claim-evidence, refused": sending(
        claim("outcomes:claim-evidence", "sound"), "Add, then add another"
    ),
    "outcomes:claim-check": claim("outcomes:claim-check", "sound"),
    "outcomes:claim-check, not filled in": claim("outcomes:claim-check", "wrong"),
    "outcomes:claim-submitted": claim("outcomes:claim-submitted", "submitted"),
    "outcomes:import-list": imports,
    "outcomes:import-list, with files": at("outcomes:import-list", role="administrator"),
    "outcomes:import-list, for a manager": at("outcomes:import-list", role="manager"),
    "outcomes:import-columns": sending(imports, CHECK, Participants=OWN_HEADINGS),
    "outcomes:import-columns, refused": sending(
        sending(imports, CHECK, Participants=OWN_HEADINGS), "Check the rows"
    ),
    "outcomes:import-preview, cancelled": sending(
        sending(imports, CHECK, Participants=A_BAD_ROW), "Cancel this upload"
    ),
    "outcomes:import-list, for an auditor": at("outcomes:import-list", role="auditor"),
    "outcomes:import-list, refused": sending(imports, CHECK),
    "outcomes:import-preview": sending(imports, CHECK, Participants=A_BAD_ROW),
    "outcomes:import-preview, stored": sending(
        sending(imports, CHECK, Participants=A_BAD_ROW + A_GOOD_ROW), "Store 1 row"
    ),
    "outcomes:caseload": outside("/caseload/", role="specialist"),
    "outcomes:caseload, of the team": outside("/caseload/", role="manager"),
    "outcomes:caseload, of a reminder": outside("/caseload/?need=CONSENT", role="specialist"),
    "outcomes:caseload, of a reminder that is done": outside("/caseload/?need=QUERY", role="specialist"),
    "outcomes:person-detail": at("outcomes:person-detail", person("ours"), role="specialist"),
    "outcomes:person-detail, who came by file": at(
        "outcomes:person-detail", person("P-001"), role="specialist"
    ),
    "outcomes:person-detail, for the operator": at("outcomes:person-detail", person("ours")),
    "participants:person-list": at("participants:person-list", role="specialist"),
    "participants:transfer-list": at("participants:transfer-list", role="manager"),
    "participants:transfer-decide": at("participants:transfer-decide", transfer, role="manager"),
    "participants:transfer-decide, refused": sending(
        at("participants:transfer-decide", transfer, role="manager"), "Send the decision"
    ),
    "participants:person-list, for the operator": at("participants:person-list"),
    "participants:person-refer": refer,
    "participants:person-refer, refused": sending(refer, "Refer"),
    "participants:person-name": at("participants:person-name", person("ours")),
    "participants:person-name, refused": sending(
        at("participants:person-name", person("ours")), "Show the name"
    ),
    **{
        f"participants:person-change, {change}": at(
            "participants:person-change", person("ours"), change, role="specialist"
        )
        for change in CHANGES
    },
    **{
        f"participants:person-change, {change} refused": sending(
            at("participants:person-change", person("ours"), change, role="specialist"),
            CHANGES[change].button,
        )
        for change in ("consent", "activity", "job", "hand-over")
    },
    "performance:pack-list": at("performance:pack-list"),
    "performance:review-list": at("performance:review-list"),
    "performance:review-list, for a manager": at("performance:review-list", role="manager"),
    "performance:review-new": at("performance:review-new"),
    "performance:review-new, refused": sending(at("performance:review-new"), "Plan it"),
    "performance:review-detail": at("performance:review-detail", review("held")),
    "performance:review-detail, planned": at("performance:review-detail", review("planned")),
    "performance:review-detail, refused": sending(
        at("performance:review-detail", review("planned")), "Record that it was held"
    ),
    "performance:action-list": at("performance:action-list"),
    "performance:action-detail": at("performance:action-detail", review("action")),
    "performance:action-detail, refused": sending(
        at("performance:action-detail", review("action")), "Keep it"
    ),
    "performance:fidelity-list": at("performance:fidelity-list"),
    "performance:fidelity-detail": at("performance:fidelity-detail", review("scored")),
    "performance:fidelity-new": at("performance:fidelity-new"),
    "performance:fidelity-new, refused": sending(at("performance:fidelity-new"), "Record the review"),
    "performance:fidelity-correct": at("performance:fidelity-correct", review("scored")),
    "performance:practice-list": at("performance:practice-list"),
    "performance:practice-new": at("performance:practice-new", role="manager"),
    "performance:practice-new, refused": sending(at("performance:practice-new", role="manager"), "Record it"),
    "performance:cadence-new": at("performance:cadence-new"),
    "performance:cadence-new, refused": sending(at("performance:cadence-new"), "Set it"),
    "performance:programme-detail": at("performance:programme-detail"),
    "performance:programme-detail, for a commissioner": at(
        "performance:programme-detail", role="commissioner"
    ),
    "performance:area-map": at("performance:area-map"),
    "performance:outlines-new": at("performance:outlines-new"),
    "performance:outlines-new, refused": sending(at("performance:outlines-new"), "Upload"),
    "performance:disclosure-detail": at("performance:disclosure-detail", role="commissioner"),
    "performance:disclosure-new": at("performance:disclosure-new"),
    "performance:disclosure-new, refused": sending(at("performance:disclosure-new"), "Record the rule"),
    "performance:profile-list": at("performance:profile-list", role="commissioner"),
    "performance:profile-new": at("performance:profile-new"),
    "performance:profile-new, refused": sending(at("performance:profile-new"), "Store this version"),
    "performance:profile-detail": at("performance:profile-detail", profile),
    "performance:profile-draw-anew": at("performance:profile-draw-anew", profile),
    "performance:profile-draw-anew, refused": sending(
        at("performance:profile-draw-anew", profile), "Show what it would be"
    ),
    "performance:metric-list": outside("/metrics/", role="commissioner"),
    "performance:metric-detail": outside("/metrics/job-start-rate/", role="commissioner"),
    "investment:facility-list": outside("/investments/"),
    "investment:facility-list, for an investor": outside("/investments/", role="investor"),
    "investment:facility-list, none": outside("/investments/", role="outsider"),
    "investment:facility-new": at("investment:facility-new"),
    "investment:facility-new, refused": sending(at("investment:facility-new"), "Record the facility"),
    "investment:facility-detail": outside("/investments/WL-IPS-LOAN/"),
    "investment:facility-detail, for an investor": outside("/investments/WL-IPS-LOAN/", role="investor"),
    "investment:drawdown-new": outside("/investments/WL-IPS-LOAN/drawdown/"),
    "investment:drawdown-new, refused": sending(
        outside("/investments/WL-IPS-LOAN/drawdown/"), "Record the drawdown"
    ),
    "investment:distribution-new": outside("/investments/WL-IPS-LOAN/distribution/"),
    "investment:forecast-new": outside("/investments/WL-IPS-LOAN/forecast/"),
    "investment:forecast-new, refused": sending(
        outside("/investments/WL-IPS-LOAN/forecast/"), "Store the forecast"
    ),
    "payments:batch-list": at("payments:batch-list"),
    "payments:batch-list, for an auditor": at("payments:batch-list", role="auditor"),
    "payments:batch-detail": at("payments:batch-detail", "WL-IPS-PAY-0001"),
    "payments:order-return": at("payments:order-return", "WL-IPS-PAY-0001", "TWN"),
    "payments:order-return, refused": sending(
        at("payments:order-return", "WL-IPS-PAY-0001", "TWN"), "Record that it came back"
    ),
    "payments:payee-account-list": at("payments:payee-account-list"),
    "payments:payee-account-new": at("payments:payee-account-new", "TWN"),
    "payments:payee-account-new, refused": sending(
        at("payments:payee-account-new", "TWN"), "Enter the account"
    ),
    "payments:programme-load": load,
    "payments:programme-load, refused": sending(load, "Load the file", Programme=b"programme: {code: X}"),
    "payments:rate-card": at("payments:rate-card"),
    "payments:rate-card, for a funder": at("payments:rate-card", role="commissioner"),
    "payments:month-list": at("payments:month-list"),
    "payments:month-automate": at("payments:month-automate"),
    "payments:month-detail, closed": at("payments:month-detail", "2026-04"),
    "payments:month-detail, priced": at("payments:month-detail", "2026-06"),
    "payments:month-detail, later": at("payments:month-detail", "2026-07"),
    "payments:month-detail, for an auditor": at("payments:month-detail", "2026-06", role="auditor"),
    "payments:month-charges": at("payments:month-charges", "2026-04", "receivable", "EALING-1"),
    "payments:month-charges, nil only": following(
        at("payments:month-detail", "2026-04"), "that charges nothing"
    ),
    "payments:month-charges, none": at("payments:month-charges", "2026-07", "receivable", "EALING-1"),
    "payments:month-confirm-close": at("payments:month-confirm-close", "2026-06"),
    "payments:month-confirm-close, refused": at("payments:month-confirm-close", "2026-04"),
    "payments:audit-events": outside("/audit/", role="auditor"),
    "payments:audit-events, nothing found": outside("/audit/?what=nothing-like-it"),
    "payments:audit-changes": outside("/audit/changes/?what=outcomes_outcomeevent", role="auditor"),
    "payments:job-detail, waiting": job(JobState.WAITING),
    "payments:job-detail, running": job(JobState.RUNNING),
    "payments:job-detail, done": job(JobState.DONE),
    "payments:job-detail, failed": job(JobState.FAILED),
    "payments:verification-queue": at("payments:verification-queue"),
    "payments:verification-queue, for an auditor": at("payments:verification-queue", role="auditor"),
    "payments:verification-detail, waiting": at("payments:verification-detail", event("E-007")),
    "payments:verification-detail, refused": sending(
        opening(at("payments:verification-detail", event("E-005")), "Query: ask the provider"),
        "Send the question",
    ),
    "payments:verification-detail, verified": at("payments:verification-detail", event("E-001")),
    "payments:verification-confirm": choosing(at("payments:verification-queue"), "Verify the chosen events"),
    "payments:acceptance": at("payments:acceptance"),
    "payments:void-form": at("payments:void-form", event("E-001")),
    "payments:void-form, preview": sending(
        typing(at("payments:void-form", event("E-001")), Reason="It was voluntary work."),
        "See what it would credit",
    ),
    "payments:sample-audit-list": at("payments:sample-audit-list"),
    "payments:sample-audit-list, refused": sending(at("payments:sample-audit-list"), "Draw the sample"),
    "payments:sample-audit-detail": at("payments:sample-audit-detail", sample),
    "payments:sample-audit-detail, for a manager": at("payments:sample-audit-detail", sample, role="manager"),
    "payments:sampled-event": at("payments:sampled-event", sample, 1),
    "payments:statement-list": at("payments:statement-list"),
    "payments:statement-list, for a funder": at("payments:statement-list", role="commissioner"),
    "payments:statement-detail": at("payments:statement-detail", statement("FOUND-1")),
    "payments:statement-detail, answered": at(
        "payments:statement-detail", statement("EALING-1"), role="approver"
    ),
    "payments:statement-answer": at(
        "payments:statement-answer", statement("FOUND-1"), role="other_commissioner"
    ),
    "payments:statement-record": at("payments:statement-record", statement("FOUND-1")),
    "payments:statement-record, refused": sending(
        at("payments:statement-record", statement("FOUND-1")), "See what this answer does"
    ),
    "payments:statement-record, check": sending(
        typing(
            at("payments:statement-record", statement("FOUND-1")),
            **{"How did the funder answer?": "By e-mail on 3 July 2026"},
        ),
        "See what this answer does",
    ),
    "payments:line-query-list": at("payments:line-query-list"),
    "payments:line-query-settle": at("payments:line-query-settle", line_query),
    "payments:adjustment-list": at("payments:adjustment-list"),
    "payments:adjustment-new": at("payments:adjustment-new"),
    "payments:adjustment-new, refused": sending(at("payments:adjustment-new"), "Propose it"),
    "payments:adjustment-detail": at("payments:adjustment-detail", adjustment("PROPOSED")),
    "payments:adjustment-detail, approved": at("payments:adjustment-detail", adjustment("APPROVED")),
    "payments:adjustment-decide": sending(at("payments:adjustment-detail", adjustment("PROPOSED")), "Decide"),
    "payments:self-billing": at("payments:self-billing"),
    "payments:self-billed-invoice": at("payments:self-billed-invoice", "SBI-000001"),
    "payments:self-billing-new": at("payments:self-billing-new", "TWN"),
    "payments:self-billing-new, refused": sending(
        at("payments:self-billing-new", "TWN"), "Enter the agreement"
    ),
    "payments:self-billing-end": at("payments:self-billing-end", "TWN"),
    "payments:self-billing-end, refused": sending(
        at("payments:self-billing-end", "TWN"), "End the agreement"
    ),
    "payments:line-trace": at("payments:line-trace", payment("BACS")),
    "payments:order-trace": at("payments:order-trace", "WL-IPS-PAY-0001", "TWN"),
    "payments:event-trace": at("payments:event-trace", event("E-001")),
    "payments:event-trace, of a funder": at("payments:event-trace", event("E-001"), role="commissioner"),
    "payments:late-payment-list": at("payments:late-payment-list"),
    "payments:late-invoice": at("payments:late-invoice", document("INV", agreement__ref="EALING-1")),
    "payments:late-claim": at("payments:late-claim", late_claim("PROPOSED")),
    "payments:late-claim, charged": at("payments:late-claim", late_claim("CHARGED")),
    "payments:late-claim-decide": sending(at("payments:late-claim", late_claim("PROPOSED")), "Decide"),
    "payments:reference-rate-list": at("payments:reference-rate-list"),
    "payments:reference-rate-list, refused": sending(at("payments:reference-rate-list"), "Enter the rate"),
    "payments:charge-detail, by hand": at("payments:charge-detail", charge(kind="ADJUSTMENT")),
    "payments:document-list": at("payments:document-list"),
    "payments:document-list, empty": at("payments:document-list", role="other_commissioner"),
    "payments:document-einvoice, without facts": at("payments:document-einvoice", document("INV")),
    "payments:document-einvoice, remittance": at("payments:document-einvoice", document("REM")),
    "payments:invoicing-details": at("payments:invoicing-details", role="finance"),
    "payments:invoicing-details, refused": sending(
        typing(at("payments:invoicing-details", role="finance"), **{"Country (optional)": "UK"}),
        "Save the details",
    ),
    "payments:document-detail, invoice": at("payments:document-detail", document("INV")),
    "payments:document-detail, credit note": at("payments:document-detail", document("CRN")),
    "payments:document-detail, remittance": at("payments:document-detail", document("REM")),
    "payments:document-detail, for a funder": at(
        "payments:document-detail", document("INV"), role="commissioner"
    ),
    "payments:charge-detail, in part": at("payments:charge-detail", charge(reason="PARTIAL_CAP")),
    "payments:charge-detail, nothing": at("payments:charge-detail", lambda: nil_decision().pk),
    "payments:charge-detail, credit": at("payments:charge-detail", charge(kind="CREDIT")),
    "payments:charge-detail, fee": at("payments:charge-detail", charge(kind="FEE")),
    "payments:charge-detail, for a funder": at(
        "payments:charge-detail", lambda: nil_decision().pk, role="commissioner"
    ),
    "payments:bank-account-list": at("payments:bank-account-list"),
    "payments:bank-account-list, refused": sending(at("payments:bank-account-list"), "Add the account"),
    "payments:bank-account-list, for an auditor": at("payments:bank-account-list", role="auditor"),
    "payments:bank-account": at("payments:bank-account", account_of_the_bank),
    "payments:bank-account, for an auditor": at("payments:bank-account", account_of_the_bank, role="auditor"),
    "payments:bank-account, refused": sending(
        at("payments:bank-account", account_of_the_bank), "Import the statement"
    ),
    "payments:bank-columns": at("payments:bank-columns", account_of_the_bank),
    "payments:bank-line": at("payments:bank-line", payment("PART")),
    "payments:bank-line, refused": sending(at("payments:bank-line", payment("PART")), "Allocate the amount"),
    "payments:allocation-undo": at(
        "payments:allocation-undo", lambda: Allocation.objects.order_by("pk")[0].pk
    ),
    "payments:allocation-undo, refused": sending(
        at("payments:allocation-undo", lambda: Allocation.objects.order_by("pk")[0].pk),
        "Undo the allocation",
    ),
    "payments:on-account": at("payments:on-account"),
    "payments:on-account-spend": at("payments:on-account-spend", kept_on_account),
    "payments:on-account-spend, refused": sending(
        at("payments:on-account-spend", kept_on_account), "Pay the invoice with it"
    ),
    "payments:reconciliation": at("payments:reconciliation"),
    "payments:reconciliation-cell": at("payments:reconciliation-cell", "EALING", "2026-04"),
    "payments:remittance-compare": at("payments:remittance-compare", "EALING"),
    "payments:remittance-compare, refused": sending(at("payments:remittance-compare", "EALING"), "Compare"),
    "payments:remittance-compare, compared": sending(
        at("payments:remittance-compare", "EALING"),
        "Compare",
        Remittance=b"reference,amount\nINV-000001,1.00\nINV-999999,5.00\n",
    ),
    "payments:trial-balance": at("payments:trial-balance"),
    "payments:trial-balance, refused": sending(at("payments:trial-balance"), "Show this day"),
    "payments:export-list": at("payments:export-list"),
    "payments:export-list, for an auditor": at("payments:export-list", role="auditor"),
    "payments:export-list, codes missing": sending(
        picking(at("payments:export-list"), "Xero sales invoices"), "Export these days"
    ),
    "payments:export-detail": at("payments:export-detail", "EXP-0002"),
    "payments:export-detail, taken back": at("payments:export-detail", "EXP-0001"),
    "payments:export-undo": at("payments:export-undo", "EXP-0002"),
    "payments:export-undo, refused": sending(at("payments:export-undo", "EXP-0002"), "Take it back"),
    "payments:booking-code-list": at("payments:booking-code-list"),
    "payments:booking-code-several": at("payments:booking-code-several"),
    "payments:booking-code-several, refused": sending(at("payments:booking-code-several"), "Set these codes"),
    "payments:booking-code-new": at("payments:booking-code-new"),
    "payments:booking-code-new, refused": sending(at("payments:booking-code-new"), "Set the code"),
    "payments:ledger-account": at("payments:ledger-account", "receivables"),
    "payments:ledger-account, empty": at("payments:ledger-account", "bank"),
    "payments:journal-detail": at("payments:journal-detail", lambda: Journal.objects.latest("pk").pk),
    "payments:event-charges": at("payments:event-charges", event("E-006")),
    "payments:event-charges, none": at("payments:event-charges", event("E-005")),
}
