"""What is asked for each change of what is known about a person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms

from funders.models import Programme
from mhep.shared.cells import MAX_HOURS
from mhep.shared.inputs import DayField, line, number, one_of, one_row, paragraph, some_of
from mhep.shared.replacing import Replacing
from mhep.shared.sealed_ids import Kind
from participants.enums import ActivityKind, ConsentKind, EndReason, ReferralSource, WorkKind
from participants.models import (
    Goal,
    JobDetail,
    Participant,
    Person,
    TransferRequest,
    VocationalProfile,
    WorkPeriod,
)
from participants.selectors.consent import standing_consents
from participants.selectors.transfers import services_to_ask, services_to_move_to
from participants.services.support import HIGHEST, LOWEST
from providers.models import ProviderMember

HOURS_WRONG = "Hours a week must be a number from 0 to 168, like 16 or 37.5"
TAKE_OVER_NEEDS = {
    "specialist": "Choose whose caseload the person is on",
    "day": "Enter from which day you take the person over",
    "answer": "Enter why you decline",
}
VIEWS = {LOWEST: "1, not begun", 2: "2", 3: "3, half way", 4: "4", HIGHEST: "5, there"}
LEAVING = [(each.value, each.label) for each in EndReason if each is not EndReason.TRANSFERRED]


class PersonForm(forms.Form):
    """
    A change about one participant. ``blamed`` is the input beside which a refusal is shown.

    Choices that depend on the person are set by :meth:`suit`.
    """

    blamed: ClassVar[str] = "day"

    def __init__(self, *args: Any, participant: Participant, today: Any, **kwargs: Any) -> None:
        self.participant = participant
        super().__init__(*args, **kwargs)
        if "day" in self.fields:
            self.initial.setdefault("day", today)
        self.suit()

    def suit(self) -> None:
        """Fit the form to the person."""

    def choose(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        """Offer these choices and no others."""
        field: Any = self.fields[name]
        field.choices = list(choices)

    def offer(self, name: str, rows: Iterable[tuple[int, Any]]) -> None:
        """Offer these rows, each as its primary key and its label, and no others."""
        field: Any = self.fields[name]
        field.offer(rows)


class ReplacingForm(Replacing, PersonForm):
    """A change about one participant that replaces what is there."""


class IdentityForm(ReplacingForm):
    blamed = "name"
    name = line("Full name", needed="Enter the person's full name", width=30)
    preferred_name = line("What they want to be called")
    phone = line("Telephone", inputmode="tel")
    email = line("Email address", width=30, inputmode="email")
    contact_notes = paragraph("How and when they want to be reached")

    def suit(self) -> None:
        self.fields["born_on"] = DayField(label="Date of birth (optional)")
        self.order_fields(["name", "preferred_name", "born_on"])
        person = Person.objects.filter(participant=self.participant).first()
        if person is not None:
            for name in self.fields.keys() - {"shown"}:
                self.initial[name] = getattr(person, name)
        self.show()


class ReferralForm(forms.Form):
    """Somebody new: who they are, and how they came."""

    name = line("Full name", needed="Enter the person's full name", width=30)
    preferred_name = line("What they want to be called")
    phone = line("Telephone", inputmode="tel")
    email = line("Email address", width=30, inputmode="email")
    contact_notes = paragraph("How and when they want to be reached")
    source = one_of("Who referred them?", ReferralSource.choices, needed="Choose who referred them")
    is_another = forms.BooleanField(required=False)

    def __init__(self, *args: Any, programme: Programme, user: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.services = list(programme.services.filter(provider__members__in=ProviderMember.objects.of(user)))
        self.areas = list(programme.areas.all())
        self.cohorts = list(programme.cohorts.all())
        self.fields["born_on"] = DayField(label="Date of birth (optional)")
        self.fields["referred_on"] = DayField(
            label="Date of the referral", needed="Enter the date of the referral"
        )
        self.initial["referred_on"] = today
        for name, label, rows in (
            ("service", "Service", self.services),
            ("area", "Where they live", self.areas),
            ("cohort", "Group", self.cohorts),
        ):
            if len(rows) > 1:
                choices = [(row.code, row.name) for row in rows]
                self.fields[name] = one_of(label, choices, needed=f"Choose: {label.lower()}")
        self.order_fields(["name", "preferred_name", "born_on", "phone", "email", "contact_notes"])

    def chosen(self, name: str) -> Any:
        """Return the service, area or cohort that was chosen; where there is one only, that one."""
        rows: list[Any] = getattr(self, {"service": "services", "area": "areas", "cohort": "cohorts"}[name])
        code = self.cleaned_data.get(name)
        return next((row for row in rows if code in {None, row.code}), None)


class ConsentForm(PersonForm):
    kinds = some_of("What does the person agree to?", [], needed="Choose what the person agrees to")
    version = line(
        "Version of the consent form",
        needed="Enter the version that is printed on the consent form",
        hint="It is printed at the foot of the form",
        width=10,
    )
    day = DayField(label="When did they agree?", needed="Enter the day on which they agreed")

    def suit(self) -> None:
        standing = standing_consents(self.participant)
        self.choose("kinds", ((kind, kind.label) for kind in ConsentKind if not standing[kind].given_on))


class WithdrawForm(PersonForm):
    kind = one_of("What does the person no longer agree to?", [], needed="Choose what is withdrawn")
    day = DayField(label="When did they say so?", needed="Enter the day on which they said so")

    def suit(self) -> None:
        standing = standing_consents(self.participant)
        self.choose("kind", ((kind, kind.label) for kind in ConsentKind if standing[kind].given_on))


class CaseloadForm(PersonForm):
    """The day and the specialist: for a start, a return and a hand-over."""

    specialist = one_row("Whose caseload?", Kind.ACCOUNT, needed="Choose whose caseload the person is on")
    day = DayField(label="From which day?", needed="Enter the day")

    def suit(self) -> None:
        members = ProviderMember.objects.people().filter(provider=self.participant.service.provider_id)
        names = members.select_related("user").order_by("user__name").values_list("user", "user__name")
        self.offer("specialist", names)


class MoveForm(CaseloadForm):
    """To another service of the same provider."""

    service = one_row("Which service?", Kind.SERVICE, needed="Choose the service")
    field_order = ("service", "specialist", "day")

    def suit(self) -> None:
        super().suit()
        self.offer("service", ((each.pk, each.name) for each in services_to_move_to(self.participant)))


class TransferForm(PersonForm):
    """What another provider is asked; it sees the reference and the reason, no name."""

    blamed = "service"
    service = one_row("Which service shall take over?", Kind.SERVICE, needed="Choose the service")
    reason = paragraph(
        "Why?",
        needed="Enter why the person shall go there",
        hint="The other provider reads this before it decides. Do not name the person.",
    )
    has_agreed = some_of(
        "Has the person agreed?",
        [("yes", "Yes: the person agrees that everything written about them goes to the other provider")],
        needed="Ask the person first, and tick this once they have agreed",
    )
    day = DayField(label="When did they agree?", needed="Enter the day on which they agreed")

    def suit(self) -> None:
        services = services_to_ask(self.participant)
        self.offer("service", ((each.pk, f"{each.name}, {each.provider.name}") for each in services))


class WithdrawTransferForm(PersonForm):
    """Nothing is asked but whether it shall be done."""

    blamed = "is_sure"
    is_sure = some_of(
        "Withdraw the request?",
        [("yes", "Yes, the person stays with us")],
        needed="Tick this to withdraw the request",
    )


class TakeOverForm(forms.Form):
    """The answer of the provider that is asked; the specialist and the day matter where it accepts."""

    is_accepted = one_of(
        "Do you take the person over?",
        [("yes", "Yes, accept"), ("no", "No, decline")],
        needed="Choose whether you take the person over",
    )
    specialist = one_row(
        "If so, whose caseload?", Kind.ACCOUNT, needed="Choose whose caseload the person is on"
    )
    answer = paragraph("If not, why?", hint="The other provider reads this.")

    def __init__(self, *args: Any, request: TransferRequest, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"] = DayField(label="If so, from which day?", hint="For example, 27 3 2026")
        self.initial.setdefault("day", today)
        self.order_fields(["is_accepted", "specialist", "day", "answer"])
        members = ProviderMember.objects.people().filter(provider=request.to_service.provider_id)
        field: Any = self.fields["specialist"]
        field.required = False
        field.offer(members.order_by("user__name").values_list("user", "user__name"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        needed = {"yes": ("specialist", "day"), "no": ("answer",)}.get(given.get("is_accepted", ""), ())
        for name in needed:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, TAKE_OVER_NEEDS[name])
        return given


class LeaveForm(PersonForm):
    reason = one_of("Why does the support end?", LEAVING, needed="Choose why the support ends")
    day = DayField(label="Last day", needed="Enter the last day")


class ProfileForm(ReplacingForm):
    day = DayField(label="When did you talk about it?", needed="Enter the day on which you talked about it")
    work_wanted = paragraph("What work do they want?")
    strengths = paragraph("What do they bring?", hint="Experience, skills, what they like doing")
    hours_and_travel = paragraph("Which hours, and how far to travel?")
    support_wanted = paragraph("What could get in the way, and what would help?")
    preferences = paragraph("What else do they prefer?", hint="For example, places or tasks to avoid")

    def suit(self) -> None:
        profile = VocationalProfile.objects.filter(participant=self.participant).first()
        if profile is not None:
            for name in self.fields.keys() - {"shown"}:
                self.initial[name] = profile.discussed_on if name == "day" else getattr(profile, name)
        self.show()


class ActivityForm(PersonForm):
    kind = one_of("What was it?", ActivityKind.choices, needed="Choose what it was")
    day = DayField(label="When?", needed="Enter the day")
    note = paragraph("Note")
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def suit(self) -> None:
        self.initial.setdefault("submission", uuid.uuid4())


class GoalForm(PersonForm):
    text = paragraph("What do they want to reach?", needed="Enter the goal", hint="In their own words")
    day = DayField(label="Since when?", needed="Enter the day")


class GoalViewForm(PersonForm):
    goal = one_row("Which goal?", Kind.GOAL, needed="Choose the goal")
    score = one_of(
        "How far are they, as they see it themselves?",
        [(str(score), text) for score, text in VIEWS.items()],
        needed="Choose how far they are",
    )
    day = DayField(label="When did they say so?", needed="Enter the day on which they said so")

    def suit(self) -> None:
        goals = Goal.objects.filter(participant=self.participant, reached_on__isnull=True).order_by("pk")
        self.offer("goal", ((goal.pk, goal.text) for goal in goals))


class JobForm(PersonForm):
    blamed = "day"
    kind = one_of("What is it?", WorkKind.choices, needed="Choose work or education")
    employer = line(
        "Employer or place of learning", needed="Enter the employer or the place of learning", width=30
    )
    role = line("Job or course", width=30)
    pay = line("Pay", hint="For example, £12.60 an hour")
    hours = number("Hours a week", wrong=HOURS_WRONG, most=int(MAX_HOURS))
    day = DayField(label="First day", needed="Enter the first day")

    def suit(self) -> None:
        self.fields["ends_on"] = DayField(label="Last day (optional)", hint="Leave it empty while it goes on")


class OpenJobForm(PersonForm):
    """A job that goes on."""

    job = one_row("Which job?", Kind.WORK_PERIOD, needed="Choose the job")

    def suit(self) -> None:
        employers = {
            detail.job: detail.employer for detail in JobDetail.objects.filter(participant=self.participant)
        }
        periods = WorkPeriod.objects.filter(participant=self.participant, ends_on__isnull=True).order_by("pk")
        self.offer("job", ((each.pk, employers.get(each.job) or each.job) for each in periods))


class JobEndForm(OpenJobForm):
    day = DayField(label="Last day", needed="Enter the last day")


class JobHoursForm(OpenJobForm):
    hours = number(
        "New hours a week", needed="Enter the new hours a week", wrong=HOURS_WRONG, most=int(MAX_HOURS)
    )
    day = DayField(label="First day with these hours", needed="Enter the first day with these hours")


class ReasonForm(forms.Form):
    reason = paragraph(
        "Why do you need the name?",
        needed="Enter why you need the name",
        hint="For example, the name on the payslip of WL-204 looks different. What you write is kept.",
    )
