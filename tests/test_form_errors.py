"""Every form of the application, sent wrong: the answer says so in all the places where people look (B11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import User
from outcomes.models import OutcomeEvent
from payments.models import Allocation
from tests.access.table import TABLE
from tests.browser.stage import SEVERAL, TOKEN, Stage, fill_the_stage
from tests.form_crawl import Crawl

ROOT = Path(__file__).parents[1]
SIGNED_OUT = ("/sign-in/", "/sign-in/forgotten-password/", f"/invitations/{TOKEN}/")
STARTS = ("/", "/caseload/", "/account/", "/todo/")
ROLES = (
    "administrator",
    "specialist",
    "manager",
    "finance",
    "approver",
    "other_commissioner",
    "outsider",
    SEVERAL,
)
ANSWERED_OTHERWISE = {
    "payments:statement-answer": "shows what the answer would do, and asks to confirm it",
    "payments:statement-record": "shows what the answer would do, and asks to confirm it",
    "payments:verification-confirm": "shows what would be verified, and asks to confirm it",
    "providers:person": "a banner says why a button, which has nothing to fill in, cannot be had",
}
NOT_REACHED = {
    "outcomes:import-columns": "stands at the end of another form, whose tests send it",
    "accounts:second-step-remove": "has nothing to fill in, and nobody here has two second steps",
    "payments:batch-list": "has a form only while there is something to pay",
    "payments-api:outcome-list": "answers programs, with problems that they can read",
    "providers:webhook-detail": "stands behind a webhook, and nobody here has made one",
}


@pytest.fixture
def stage(db: None, settings: Any, tmp_path: Path) -> Stage:
    settings.DATA_DIR = tmp_path
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    stage = fill_the_stage("")
    Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).delete()  # one that cannot be used
    return stage


@pytest.mark.timeout(600)
def test_b11_every_form_tells_what_is_wrong_in_every_place(stage: Stage) -> None:
    """
    Empty and with nonsense in it: the title begins with "Error: ", a summary takes the focus, each of its
    links leads to an input with the same words beside it, nothing is said in one place only, and what was
    typed is kept.
    """
    crawl = Crawl()
    crawl.walk(Client(), *SIGNED_OUT)
    for role in ROLES:
        client = Client()
        client.force_login(getattr(stage.cast, role, None) or User.objects.get(email=role))
        crawl.walk(client, *STARTS, *_others(role))
    assert crawl.faults == []
    assert crawl.silent <= ANSWERED_OTHERWISE.keys()
    assert {view for view, row in TABLE.items() if row.get and row.post} - crawl.sent <= NOT_REACHED.keys()


def test_b11_no_refusal_of_a_service_stands_in_the_summary_alone() -> None:
    """Each is blamed on an input, beside which the same words stand."""
    views = [place for place in ROOT.glob("*/views/*.py") if "add_error(None" in place.read_text()]
    assert views == []


def _others(role: str) -> list[str]:
    """Return where no link leads, or only one of many that look the same."""
    if role == SEVERAL:
        return [reverse("accounts:seat")]
    if role != "administrator":
        return []
    allocation = Allocation.objects.order_by("pk")[0].pk
    verified = OutcomeEvent.objects.get(reference="E-001").pk
    return [
        reverse("accounts:confirm"),
        reverse("accounts:reminders-stop"),
        reverse("providers:people", args=["MHEP"]),
        reverse("payments:allocation-undo", args=["WL-IPS", allocation]),
        reverse("payments:void-form", args=["WL-IPS", verified]),
        reverse("investment:facility-new", args=["WL-IPS"]),
        reverse("investment:distribution-new", args=["WL-IPS-LOAN"]),
    ]
