"""The investor's page and what finance does on it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change
from funders.models import Programme
from investment.access import facility_to_change, facility_to_see
from investment.forms import DistributionForm, DrawdownForm, FacilityForm, ForecastForm
from investment.models import Facility
from investment.rules.forecast_file import HEADINGS, read_forecast
from investment.selectors.pages import facility_page, movement_sheet, projection_sheet
from investment.services.facilities import (
    CannotDistribute,
    Wanted,
    agree_facility,
    discard_distribution,
    propose_distribution,
    record_drawdown,
    release_distribution,
    store_forecast,
)
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from mhep.shared.tables import UnreadableTable, read_table
from providers.access import may
from providers.models import Investor

METHODS = ["GET", "HEAD", "POST"]


@require_safe
@needs(Object.INVESTMENT, Action.SEE)
def facility_list(request: HttpRequest) -> HttpResponse:
    """List the facilities, and to those who may agree one the programmes that have none."""
    user = signed_in(request)
    without = [
        programme
        for programme in Programme.objects.run_by(user)
        .filter(facility__isnull=True)
        .select_related("operator")
        if may(user, Object.INVESTMENT, Action.AGREE, programme.operator)
    ]
    facilities = Facility.objects.visible_to(user).select_related("programme", "investor")
    return render(request, "investment/facility_list.html", {"facilities": facilities, "without": without})


@require_http_methods(METHODS)
@needs(Object.INVESTMENT, Action.AGREE)
@confirmed()
def facility_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take the terms of a programme's facility."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.INVESTMENT, Action.AGREE)
    investors = list(Investor.objects.filter(operator=programme.operator).order_by("name"))
    form = FacilityForm(request.POST if request.method == "POST" else None, investors=investors)
    if request.method == "POST" and form.is_valid():
        try:
            facility = agree_facility(
                programme_id=programme.pk,
                investor_id=next(each.pk for each in investors if each.code == form.cleaned_data["investor"]),
                terms=form.terms(),
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("ref", str(refusal))
        else:
            messages.success(request, f"{facility.ref} is recorded.")
            return redirect("investment:facility-detail", facility.ref)
    return render(
        request,
        "investment/facility_new.html",
        {**programme_context(user, programme, "investment"), "form": form, "investors": investors},
    )


@require_safe
@needs(Object.INVESTMENT, Action.SEE)
def facility_detail(request: HttpRequest, facility: str) -> HttpResponse:
    user = signed_in(request)
    found = facility_to_see(user, facility)
    operator = found.programme.operator
    today = found.programme.local_date(timezone.now())
    waiting = found.distributions.filter(released_at__isnull=True).first()
    may_release = may(user, Object.INVESTMENT, Action.RELEASE, operator)
    return render(
        request,
        "investment/facility_detail.html",
        {
            "content": facility_page(found, today),
            "facility": found,
            "currency": found.programme.currency,
            "may_change": may(user, Object.INVESTMENT, Action.CHANGE, operator),
            "may_release": may_release and waiting is not None and waiting.proposed_by_id != user.pk,
        },
    )


@require_safe
@needs(Object.INVESTMENT, Action.SEE)
def facility_file(request: HttpRequest, facility: str, part: str, form: str) -> HttpResponse:
    """Send the movements or the projection as CSV or XLSX."""
    found = facility_to_see(signed_in(request), facility)
    today = found.programme.local_date(timezone.now())
    if part == "movements":
        sheet = movement_sheet(found)
    elif part == "projection":
        sheet = projection_sheet(found, today)
    else:
        raise Http404
    return sheet_file(sheet, f"{found.ref}-{part}-{today:%Y%m%d}", form)


@require_http_methods(METHODS)
@needs(Object.INVESTMENT, Action.CHANGE)
@confirmed()
def drawdown_new(request: HttpRequest, facility: str) -> HttpResponse:
    """Take a drawdown that the investor has sent."""
    user = signed_in(request)
    found = facility_to_change(user, facility, Action.CHANGE)
    form = DrawdownForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            movement = record_drawdown(
                facility_id=found.pk,
                on=form.cleaned_data["on"],
                amount_minor=form.cleaned_data["amount"],
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("amount", str(refusal))
        else:
            messages.success(request, f"A drawdown of {to_major(movement.amount_minor)} is recorded.")
            return redirect("investment:facility-detail", found.ref)
    return render(request, "investment/drawdown_new.html", {"facility": found, "form": form})


@require_http_methods(METHODS)
@needs(Object.INVESTMENT, Action.CHANGE)
def distribution_new(request: HttpRequest, facility: str) -> HttpResponse:
    """Run the waterfall and keep what it would pay for a second person."""
    user = signed_in(request)
    found = facility_to_change(user, facility, Action.CHANGE)
    today = found.programme.local_date(timezone.now())
    form = DistributionForm(request.POST if request.method == "POST" else None, today=today)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            propose_distribution(
                facility_id=found.pk,
                wanted=Wanted(given["on"], given["costs"] or 0, given["at_most"]),
                actor=user,
                at=timezone.now(),
            )
        except BusinessRuleError as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, "The distribution waits for a second person to release it.")
            return redirect("investment:facility-detail", found.ref)
    return render(request, "investment/distribution_new.html", {"facility": found, "form": form})


@require_POST
@needs(Object.INVESTMENT, Action.RELEASE)
@confirmed("investment:facility-detail")
def distribution_release(request: HttpRequest, facility: str) -> HttpResponse:
    user = signed_in(request)
    found = facility_to_change(user, facility, Action.RELEASE)
    try:
        release_distribution(distribution_id=_waiting(found), actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The distribution is released, and the ledger has it.")
    return redirect("investment:facility-detail", found.ref)


@require_POST
@needs(Object.INVESTMENT, Action.CHANGE)
def distribution_discard(request: HttpRequest, facility: str) -> HttpResponse:
    user = signed_in(request)
    found = facility_to_change(user, facility, Action.CHANGE)
    try:
        discard_distribution(distribution_id=_waiting(found), actor=user, at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The distribution is discarded. Nothing was paid.")
    return redirect("investment:facility-detail", found.ref)


@require_http_methods(METHODS)
@needs(Object.INVESTMENT, Action.CHANGE)
def forecast_new(request: HttpRequest, facility: str) -> HttpResponse:
    """Take a new version of the forecast."""
    user = signed_in(request)
    found = facility_to_change(user, facility, Action.CHANGE)
    form = ForecastForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            forecast = read_forecast(read_table(form.cleaned_data["table"].encode(), HEADINGS).rows)
        except UnreadableTable as error:
            form.add_error("table", str(error))
        else:
            for each in forecast.rejections:
                form.add_error("table", f"Line {each.row}: {each.message}")
            if not forecast.rejections:
                note = form.cleaned_data["note"]
                store_forecast(
                    facility_id=found.pk, months=forecast.months, note=note, actor=user, at=timezone.now()
                )
                messages.success(request, f"The forecast of {len(forecast.months)} months is stored.")
                return redirect("investment:facility-detail", found.ref)
    return render(
        request,
        "investment/forecast_new.html",
        {"facility": found, "form": form, "forecasts": found.forecasts.select_related("made_by")},
    )


def _waiting(facility: Facility) -> int:
    """
    Return the key of the distribution that waits.

    :raises CannotDistribute: if none does.
    """
    waiting = facility.distributions.filter(released_at__isnull=True).first()
    if waiting is None:
        raise CannotDistribute("No distribution waits. It was released or discarded.")
    return waiting.pk
