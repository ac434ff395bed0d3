"""Logging an outcome on its pages: who may, what is kept, what is said, and evidence as it is handed out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from mhep.shared import vault
from mhep.shared.sealed_ids import Kind, sealed_id
from outcomes.enums import EvidenceState
from outcomes.models import EvidenceFile, OutcomeDraft, OutcomeEvent
from outcomes.selectors.evidence import all_evidence
from participants.models import Participant
from tests.cast import Cast
from tests.outcomes.drafts import AT, demanding, draft_of, every_file, every_reading, pdf, person, picture
from tests.participants.people import two_providers

ROOT = "/programmes/WL-IPS/outcomes/"


@pytest.fixture(autouse=True)
def evidence_apart(vault_folder: Path) -> None:
    """No test writes evidence beside the programme."""


@pytest.fixture(autouse=True)
def a_day_in_june(time_machine: object) -> None:
    time_machine.move_to(AT, tick=False)  # type: ignore[attr-defined]


def sealed_person(participant: Participant) -> str:
    return str(sealed_id(Kind.PARTICIPANT, participant.pk))


def page(draft: OutcomeDraft, name: str) -> str:
    return f"{ROOT}drafts/{draft.token}/{name}/"


def happened(day: str, month: str, year: str) -> dict[str, str]:
    return {"happened_day": day, "happened_month": month, "happened_year": year}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("specialist", 200),
        ("manager", 200),
        ("analyst", 200),
        ("finance", 200),
        ("administrator", 200),
        ("auditor", 403),
        ("commissioner", 403),
        ("outsider", 404),
    ],
)
def test_who_may_log_outcomes(cast: Cast, who: str, status: int) -> None:
    client = signed_in(getattr(cast, who))
    for address in (ROOT, f"{ROOT}new/"):
        assert client.get(address).status_code == status


@pytest.mark.parametrize("name", ["outcome", "details", "evidence", "check", "submitted"])
@pytest.mark.parametrize("who", ["manager", "analyst", "auditor", "commissioner", "outsider"])
def test_nobody_else_sees_a_draft(cast: Cast, name: str, who: str) -> None:
    draft = draft_of(cast.specialist, person(cast))
    assert signed_in(getattr(cast, who)).get(page(draft, name)).status_code in {403, 404}


def test_a_provider_logs_outcomes_of_its_own_people_only(cast: Cast) -> None:
    two = two_providers(cast)
    shown = signed_in(cast.specialist).get(f"{ROOT}new/").content.decode()
    assert "Canary Ours" in shown
    assert "Canary Theirs" not in shown
    assert two.theirs.reference not in shown
    for client in (signed_in(cast.specialist), signed_in(two.rival)):
        own = two.theirs if client.session["_auth_user_id"] == str(two.rival.pk) else two.ours
        other = two.ours if own == two.theirs else two.theirs
        assert "no such person" in client.post(f"{ROOT}new/", {"reference": other.reference}).content.decode()
        assert client.post(f"{ROOT}new/", {"reference": own.reference}).status_code == 302
    assert OutcomeDraft.objects.count() == 2


def test_the_operator_finds_a_person_by_reference_and_sees_no_name(cast: Cast) -> None:
    two = two_providers(cast)
    client = signed_in(cast.analyst)
    assert "Canary" not in client.get(f"{ROOT}new/").content.decode()
    response = client.post(f"{ROOT}new/", {"reference": two.ours.reference}, follow=True)
    assert two.ours.reference in response.content.decode()
    assert "Canary" not in response.content.decode()


def test_from_the_person_to_the_reference_in_six_pages(cast: Cast) -> None:
    demanding(cast)
    client = signed_in(cast.specialist)
    pages = [client.get(f"{ROOT}new/")]
    pages.append(client.post(f"{ROOT}new/", {"person": sealed_person(person(cast))}, follow=True))
    assert "Evidence: consent form; and either payslip" in pages[-1].content.decode()
    draft = OutcomeDraft.objects.get()
    pages.append(client.post(page(draft, "outcome"), {"version": "1", "outcome": "ENGAGED"}, follow=True))
    typed = {"version": "2", **happened("15", "june", "2026"), "hours": "20", "job": ""}
    pages.append(client.post(page(draft, "details"), typed, follow=True))
    assert "needs consent form; and either payslip" in pages[-1].content.decode()
    held = {"version": "3", "kind": "consent_form", "then": "more"}
    client.post(page(draft, "evidence"), held)
    photo = SimpleUploadedFile("IMG_0001.jpg", picture())
    proof = {"version": "4", "kind": "payslip", "then": "check", "file": photo}
    pages.append(client.post(page(draft, "evidence"), proof, follow=True))
    assert "It will pass the rules" in pages[-1].content.decode()
    pages.append(client.post(page(draft, "submit"), {"version": "4"}, follow=True))

    event = OutcomeEvent.objects.get(submitted_by=cast.specialist)
    assert event.reference in pages[-1].content.decode()
    assert event.evidence == ["consent_form", "payslip"]
    assert len(pages) == 6
    assert all(len(each.content) < 100_000 for each in pages)


def test_b7_back_and_the_same_request_again_lead_to_the_same_event(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    client = signed_in(cast.specialist)
    for _ in range(3):
        response = client.post(page(draft, "submit"), {"version": str(draft.version)})
        assert response.headers["Location"] == page(draft, "submitted")
    for name in ("outcome", "details", "evidence", "check"):
        assert client.get(page(draft, name)).headers["Location"] == page(draft, "submitted")
    assert OutcomeEvent.objects.filter(submitted_by=cast.specialist).count() == 1


def test_whether_it_will_pass_is_said_before_it_is_submitted(cast: Cast) -> None:
    demanding(cast)
    draft = draft_of(cast.specialist, person(cast), hours="12")
    client = signed_in(cast.specialist)
    shown = client.get(page(draft, "check")).content.decode()
    assert "It will not pass yet" in shown
    assert "12 hours a week are fewer than the 16 that ENGAGED needs" in shown
    assert "Add consent_form; and either payslip" in shown
    assert "Submit the outcome" not in shown
    response = client.post(page(draft, "submit"), {"version": str(draft.version)}, follow=True)
    assert "fewer than the 16" in response.content.decode()
    assert not OutcomeEvent.objects.filter(submitted_by=cast.specialist).exists()


def test_b8_what_was_typed_right_or_wrong_is_there_after_signing_in_again(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    client = signed_in(cast.specialist)
    typed = {**happened("31", "junne", "26"), "hours": "lots", "job": "Job 9"}
    refused = client.post(page(draft, "details"), {"version": str(draft.version), **typed}).content.decode()
    assert "needs a real date" in refused
    assert "Hours a week must be a number" in refused

    client.logout()
    assert client.get(page(draft, "details")).headers["Location"].startswith("/sign-in/")
    shown = signed_in(cast.specialist).get(page(draft, "details")).content.decode()

    for text in typed.values():
        assert f'value="{text}"' in shown
    listed = signed_in(cast.specialist).get(ROOT).content.decode()
    assert page(draft, "check") in listed


def test_what_is_being_typed_is_kept_without_being_sent(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    client = signed_in(cast.specialist)
    typed = {"version": str(draft.version), "hours": "3", "happened_day": "1"}
    answer = client.post(page(draft, "details/keep"), typed).content.decode()
    assert f'value="{draft.version + 1}"' in answer
    draft.refresh_from_db()
    assert (draft.typed["hours"], draft.typed["job"]) == ("3", "Job 1")
    again = client.post(page(draft, "details/keep"), typed).content.decode()
    assert f'value="{draft.version}"' in again, "the first answer was lost on its way"
    again = client.post(page(draft, "details/keep"), {**typed, "hours": "4"}).content.decode()
    assert "Changed in another window" in again
    assert "value=" not in again


def test_b10_a_second_window_is_told_what_the_first_one_saved_and_loses_nothing(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast))
    client = signed_in(cast.specialist)
    old = {"version": str(draft.version), **happened("15", "6", "2026"), "job": "Job 1"}
    client.post(page(draft, "details"), old | {"hours": "24"})
    shown = client.post(page(draft, "details"), old | {"hours": "31"}).content.decode()
    assert "It now says: 15 6 2026, 24, Job 1" in shown
    assert 'value="31"' in shown
    version = re.search(r'name="version" id="draft-version" value="(\d+)"', shown)
    assert version is not None
    response = client.post(page(draft, "details"), old | {"hours": "31", "version": version[1]})
    assert response.status_code == 302
    draft.refresh_from_db()
    assert draft.typed["hours"] == "31"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "The file is empty"),
        (b"MZ", "run.exe", "This kind of file is not taken"),
        (pdf() + b" " * 10_485_760, "large.pdf", "larger than 10 MB"),
        (pdf(b"/Encrypt"), "locked.pdf", "protected by a password"),
        (pdf(), "photo.jpg", "ends in .jpg, but holds something else"),
    ],
)
def test_a_file_that_is_not_taken_is_said_so_at_the_top_and_beside_the_field(
    cast: Cast, content: bytes, name: str, words: str
) -> None:
    draft = draft_of(cast.specialist, person(cast))
    sent = {"version": str(draft.version), "kind": "payslip", "file": SimpleUploadedFile(name, content)}
    shown = signed_in(cast.specialist).post(page(draft, "evidence"), sent).content.decode()
    assert shown.count(words) == 2
    assert "Error: Evidence" in shown


# Handing out


@pytest.fixture
def file(cast: Cast) -> EvidenceFile:
    draft = draft_of(cast.specialist, person(cast))
    payslip = SimpleUploadedFile("June payslip.pdf", pdf())
    sent = {"version": str(draft.version), "kind": "payslip", "file": payslip}
    signed_in(cast.specialist).post(page(draft, "evidence"), sent)
    (file,) = every_file()
    return file


@pytest.mark.parametrize(
    ("who", "unscanned", "clean", "harmful"),
    [
        ("specialist", 200, 200, 403),  # who uploaded it
        ("manager", 403, 200, 403),
        ("analyst", 403, 200, 403),
        ("auditor", 403, 200, 403),
        ("commissioner", 403, 403, 403),
        ("outsider", 404, 404, 404),
    ],
)
def test_f11_who_gets_a_file_before_and_after_it_was_scanned(
    cast: Cast, file: EvidenceFile, who: str, unscanned: int, clean: int, harmful: int
) -> None:
    client = signed_in(getattr(cast, who))
    address = f"/programmes/WL-IPS/evidence/{file.key}/"
    assert client.get(address).status_code == unscanned
    for state, status in ((EvidenceState.CLEAN, clean), (EvidenceState.QUARANTINED, harmful)):
        other = EvidenceFile(
            **{
                field.attname: getattr(file, field.attname)
                for field in EvidenceFile._meta.concrete_fields
                if field.name not in {"id", "key"}
            }
        )
        other.state, other.scanned_at = state, AT
        with all_evidence():
            other.save()
        if status == 200:
            vault.put(other.key, vault.get(file.key))
        assert client.get(f"/programmes/WL-IPS/evidence/{other.key}/").status_code == status


def test_another_provider_does_not_find_the_file(cast: Cast, file: EvidenceFile) -> None:
    rival = two_providers(cast).rival
    assert signed_in(rival).get(f"/programmes/WL-IPS/evidence/{file.key}/").status_code == 404


def test_f10_a_file_is_sent_to_be_saved_and_each_time_is_logged(cast: Cast, file: EvidenceFile) -> None:
    client = signed_in(cast.specialist)
    for times in (1, 2):
        response = client.get(f"/programmes/WL-IPS/evidence/{file.key}/")
        readings = [(each.file_id, each.viewer) for each in every_reading()]
        assert readings == [(file.pk, cast.specialist)] * times
    assert response.headers["Content-Disposition"] == 'attachment; filename="June payslip.pdf"'
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content == pdf()


def test_f15_a_spoilt_file_is_not_sent_and_the_page_says_why(
    cast: Cast, file: EvidenceFile, vault_folder: Path
) -> None:
    path = vault_folder / file.key.hex[:2] / file.key.hex
    path.write_bytes(path.read_bytes()[:-1])
    response = signed_in(cast.specialist).get(f"/programmes/WL-IPS/evidence/{file.key}/")
    assert response.status_code == 410
    assert "was changed or is gone" in response.content.decode()
    assert len(every_reading()) == 1


def test_evidence_is_taken_off_and_a_draft_is_deleted_with_its_files(cast: Cast, file: EvidenceFile) -> None:
    client = signed_in(cast.specialist)
    draft = file.draft
    assert draft is not None
    client.post(page(draft, f"evidence/{file.key}/remove"))
    assert client.get(f"/programmes/WL-IPS/evidence/{file.key}/").status_code == 404
    client.post(page(draft, "discard"))
    assert client.get(page(draft, "check")).status_code == 404


def test_hours_and_job_are_asked_for_only_where_they_matter(cast: Cast) -> None:
    client = signed_in(cast.specialist)
    draft = draft_of(cast.specialist, person(cast), hours="", job="")
    assert "Hours a week" not in client.get(page(draft, "details")).content.decode()
    assert "Hours a week" not in client.get(page(draft, "check")).content.decode()
    plain = {"version": str(draft.version), **happened("15", "6", "2026")}
    assert client.post(page(draft, "details"), plain).headers["Location"] == page(draft, "evidence")
    demanding(cast)
    assert "Hours a week" in client.get(page(draft, "details")).content.decode()
    assert "Hours a week" in client.get(page(draft, "check")).content.decode()


def test_hours_that_were_typed_are_shown_wherever_they_came_from(cast: Cast) -> None:
    draft = draft_of(cast.specialist, person(cast), job="")
    shown = signed_in(cast.specialist).get(page(draft, "details")).content.decode()
    assert 'value="20"' in shown


def test_the_person_of_the_page_before_is_chosen_also_of_a_colleague(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outcomes.selectors.drafts.MOST_OFFERED", 1)
    two = two_providers(cast)
    whose = sealed_person(person(cast))  # on nobody's caseload, so not offered by itself
    plain = signed_in(cast.specialist).get(f"{ROOT}new/").content.decode()
    assert f'value="{whose}"' not in plain
    chosen = signed_in(cast.specialist).get(f"{ROOT}new/?person={whose}").content.decode()
    assert re.search(rf'value="{whose}" checked', chosen)
    theirs = signed_in(cast.specialist).get(f"{ROOT}new/?person={sealed_person(two.theirs)}").content.decode()
    assert f'value="{sealed_person(two.theirs)}"' not in theirs
