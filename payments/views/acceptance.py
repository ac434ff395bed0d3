"""First-pass acceptance: which providers and which rules make events come back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_run
from mhep.shared.downloads import sheet_file
from mhep.shared.sheets import Sheet
from outcomes.selectors.first_pass import FirstPass, first_pass

HEADINGS = ("Grouped by", "Name", "Decided", "Verified at once", "Per cent", "Queried", "Rejected")


@require_safe
@needs(Object.EVENT, Action.SEE)
def acceptance(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    return render(
        request,
        "payments/acceptance.html",
        {**programme_context(user, programme, "verification"), "result": first_pass(user, programme)},
    )


@require_safe
@needs(Object.EVENT, Action.SEE)
def acceptance_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_run(user, code)
    taken_at = programme.file_stamp(timezone.now())
    name = f"{programme.code}-acceptance-{taken_at}"
    return sheet_file(_sheet(first_pass(user, programme)), name, form)


def _sheet(result: FirstPass) -> Sheet:
    groups = (
        ("All", (result.total,)),
        ("Provider", result.by_provider),
        ("Outcome", result.by_outcome),
    )
    rows = [
        (kind, each.name, each.decided, each.at_once, each.percent, each.queried, each.rejected)
        for kind, group in groups
        for each in group
    ]
    decided = result.total.decided
    rows += [
        (
            "Rule",
            trouble.rule,
            decided,
            decided - trouble.events,
            100 - trouble.percent,
            trouble.queries,
            trouble.rejections,
        )
        for trouble in result.by_rule
    ]
    return Sheet("First-pass acceptance", HEADINGS, rows)
