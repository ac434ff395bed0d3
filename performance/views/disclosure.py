"""How small numbers of a programme are shown, and to whom."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from mhep.shared.sheets import Sheet
from performance.forms import DisclosureForm
from performance.models import DisclosureRuling, PublishedMonth
from performance.services.disclosure import decide_disclosure
from performance.services.publishing import publish_closed_months
from providers.access import may

SECTION = "disclosure"
COUNTS = (0, 3, 7, 12, 103)  # by which the page shows what a rule does


@require_safe
@needs(Object.DISCLOSURE, Action.SEE)
def disclosure_detail(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    rulings = list(DisclosureRuling.objects.filter(programme=programme).select_related("made_by"))
    rule = rulings[0].rule if rulings else None
    published = PublishedMonth.objects.filter(programme=programme).order_by("-first_day").first()
    return render(
        request,
        "performance/disclosure_detail.html",
        {
            **programme_context(user, programme, SECTION),
            "rulings": rulings,
            "examples": [(count, rule.count(count).text) for count in COUNTS] if rule else [],
            "published": published,
            "may_change": may(user, Object.DISCLOSURE, Action.CHANGE, programme.operator),
        },
    )


@require_safe
@needs(Object.DISCLOSURE, Action.SEE)
def disclosure_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send every ruling, the newest first."""
    programme = programme_to_see(signed_in(request), code)
    headings = (
        *("Decided", "Hidden below", "Rounded to", "Symbol", "Zeros", "Percentages", "Tables by"),
        *("For funders", "For investors", "The contract says"),
    )
    rows = [
        (
            *(each.made_at.date(), each.threshold, each.base, each.symbol, _yes(each.shows_zeros)),
            *(each.get_percentages_display(), each.get_published_by_display()),
            *(_yes(each.for_funders), _yes(each.for_investors), each.reason),
        )
        for each in DisclosureRuling.objects.filter(programme=programme)
    ]
    return sheet_file(Sheet("Disclosure rules", headings, rows), f"{code}-disclosure", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.DISCLOSURE, Action.SEE, sending=Action.CHANGE)
@confirmed()
def disclosure_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take a ruling, and publish the closed months by it: what is published stays."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.DISCLOSURE, Action.CHANGE)
    form = DisclosureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            decide_disclosure(programme_id=programme.pk, ruled=form.ruled(), actor=user, at=at)
        except BusinessRuleError as refusal:
            form.add_error("threshold", str(refusal))
        else:
            publish_closed_months(programme_id=programme.pk, at=at)
            messages.success(
                request, "The rule is recorded. It holds for everything that is shown from now on."
            )
            return redirect("performance:disclosure-detail", code)
    context = {**programme_context(user, programme, SECTION), "form": form}
    return render(request, "performance/disclosure_new.html", context)


def _yes(value: bool) -> str:  # noqa: FBT001 - it writes a value
    return "yes" if value else "no"
