"""Fidelity reviews: the list, one of them, and recording one."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from performance.access import programme_in_review, programme_to_review, review_to_see
from performance.forms import FidelityForm
from performance.models import ScoredReview
from performance.selectors.fidelity import fidelity_sheet, review_page, reviews_to_see
from performance.services.fidelity import record_review
from providers.access import may

METHODS = ["GET", "HEAD", "POST"]
PAGE = 50


@require_safe
@needs(Object.REVIEW, Action.SEE)
def fidelity_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    context = {
        **programme_context(user, programme, "reviews"),
        "page": Paginator(reviews_to_see(user, programme), PAGE).get_page(request.GET.get("page")),
        "may_change": may(user, Object.REVIEW, Action.CHANGE, programme.operator),
    }
    return render(request, "performance/fidelity_list.html", context)


@require_safe
@needs(Object.REVIEW, Action.SEE)
def fidelity_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    reviews = reviews_to_see(user, programme).prefetch_related("scores")
    return sheet_file(fidelity_sheet(reviews), f"{programme.code}-fidelity", form)


@require_safe
@needs(Object.REVIEW, Action.SEE)
def fidelity_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    user = signed_in(request)
    programme = programme_in_review(user, code)
    review = review_to_see(user, programme, pk)
    context = {
        **programme_context(user, programme, "reviews"),
        "content": review_page(review),
        "replacement": ScoredReview.objects.filter(replaces=review).first(),
        "may_change": may(user, Object.REVIEW, Action.CHANGE, programme.operator),
    }
    return render(request, "performance/fidelity_detail.html", context)


@require_http_methods(METHODS)
@needs(Object.REVIEW, Action.CHANGE)
def fidelity_new(request: HttpRequest, code: str) -> HttpResponse:
    """Record a review."""
    return _record(request, code, None)


@require_http_methods(METHODS)
@needs(Object.REVIEW, Action.CHANGE)
def fidelity_correct(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Record a review anew that was wrong; the wrong one is kept, and says what replaced it."""
    return _record(request, code, pk)


def _record(request: HttpRequest, code: str, replaced: int | None) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_review(user, code)
    wrong = None if replaced is None else review_to_see(user, programme, replaced)
    services = [wrong.service] if wrong else list(programme.services.all())
    form = FidelityForm(request.POST or None, services=services, initial=_before(wrong))
    if request.method == "POST" and form.is_valid():
        service = form.service
        assert service is not None  # noqa: S101 - the form needs one
        try:
            review = record_review(
                service=service, scored=form.scored(), replaces=wrong, actor=user, at=timezone.now()
            )
        except BusinessRuleError as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, f"The review is recorded: {review.total} of 125.")
            return redirect("performance:fidelity-detail", code, review.pk)
    context = {**programme_context(user, programme, "reviews"), "form": form, "wrong": wrong}
    return render(request, "performance/fidelity_new.html", context)


def _before(review: ScoredReview | None) -> dict[str, object]:
    if review is None:
        return {}
    return {
        "service": review.service_id,
        "on": review.reviewed_on,
        "reviewers": review.reviewers,
        "summary": review.summary,
        **{f"item-{score.item}": str(score.score) for score in review.scores.all()},
    }
