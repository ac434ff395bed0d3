"""Money traced from a funder's receipt through an outcome to the provider's payment, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import is_operators, needs, programme_context, programme_to_run, programme_to_see
from funders.models import Programme
from mhep.shared.downloads import sheet_file
from outcomes.models import OutcomeEvent
from payments.models import BankLine, Document, PaymentBatch, PaymentOrder
from payments.selectors.tracing import (
    Trace,
    documents_of_line,
    documents_of_order,
    events_of,
    trace_sheet,
    traces,
    without_outcome,
)

PAGE = 50


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is traced: its outcomes, its documents, and what the file is called."""

    events: Sequence[int]
    documents: QuerySet[Document]
    name: str


@require_safe
@needs(Object.TRACE, Action.SEE)
def line_trace(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Trace a payment of the bank to the outcomes that it pays and on to their providers."""
    programme = programme_to_run(signed_in(request), code)
    line = _line(signed_in(request), programme, pk)
    return _page(request, programme, _of_line(line, programme), {"line": line})


@require_safe
@needs(Object.TRACE, Action.SEE)
def line_trace_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    line = _line(signed_in(request), programme, pk)
    return _file(request, programme, _of_line(line, programme), form)


@require_safe
@needs(Object.TRACE, Action.SEE)
def order_trace(request: HttpRequest, code: str, batch: str, provider: str) -> HttpResponse:
    """Trace a payment to a provider back to what funders paid for the same outcomes."""
    programme = programme_to_run(signed_in(request), code)
    order = _order(signed_in(request), programme, batch, provider)
    return _page(request, programme, _of_order(order), {"order": order})


@require_safe
@needs(Object.TRACE, Action.SEE)
def order_trace_file(request: HttpRequest, code: str, batch: str, provider: str, form: str) -> HttpResponse:
    programme = programme_to_run(signed_in(request), code)
    order = _order(signed_in(request), programme, batch, provider)
    return _file(request, programme, _of_order(order), form)


@require_safe
@needs(Object.TRACE, Action.SEE)
def event_trace(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Trace one outcome: the operator both sides, a funder what it pays itself."""
    programme = programme_to_see(signed_in(request), code)
    trace = _event(signed_in(request), programme, pk)
    return _page(request, programme, _of_event(trace.event), {"event": trace.event})


@require_safe
@needs(Object.TRACE, Action.SEE)
def event_trace_file(request: HttpRequest, code: str, pk: int, form: str) -> HttpResponse:
    programme = programme_to_see(signed_in(request), code)
    trace = _event(signed_in(request), programme, pk)
    return _file(request, programme, _of_event(trace.event), form)


def _of_line(line: BankLine, programme: Programme) -> _Scope:
    documents = documents_of_line(line, programme)
    return _Scope(events_of(documents), documents, f"payment-{line.booked_on:%Y%m%d}")


def _of_order(order: PaymentOrder) -> _Scope:
    documents = documents_of_order(order)
    return _Scope(events_of(documents), documents, f"{order.batch.reference}-{order.provider.code}")


def _of_event(event: OutcomeEvent) -> _Scope:
    return _Scope([event.pk], Document.objects.none(), event.reference)


def _line(user: User, programme: Programme, pk: int) -> BankLine:
    visible = BankLine.objects.visible_to(user).filter(account__operator=programme.operator)
    return get_object_or_404(visible.select_related("account"), pk=pk)


def _order(user: User, programme: Programme, batch: str, provider: str) -> PaymentOrder:
    batches = PaymentBatch.objects.visible_to(user).filter(programme=programme).select_related("programme")
    found = next((each for each in batches if each.reference == batch), None)
    orders = PaymentOrder.objects.filter(batch=found).select_related(
        "batch__programme", "provider", "account"
    )
    return get_object_or_404(orders, provider__code=provider)


def _event(user: User, programme: Programme, pk: int) -> Trace:
    """Return the trace of an outcome; one that the user pays nothing for is not found."""
    event = get_object_or_404(OutcomeEvent, programme=programme, pk=pk)
    trace = traces([event.pk], user)[0]
    if not (trace.funders or trace.providers or is_operators(user, programme)):
        raise Http404
    return trace


def _page(
    request: HttpRequest, programme: Programme, scope: _Scope, about: dict[str, object]
) -> HttpResponse:
    user = signed_in(request)
    page = Paginator(scope.events, PAGE).get_page(request.GET.get("page"))
    context = {
        **about,
        "page": page,
        "rows": traces(list(page.object_list), user),
        "documents": scope.documents,
        "without_outcome": without_outcome(scope.documents),
    }
    return render(request, "payments/trace.html", {**programme_context(user, programme, "money"), **context})


def _file(request: HttpRequest, programme: Programme, scope: _Scope, form: str) -> HttpResponse:
    sheet = trace_sheet(traces(scope.events, signed_in(request)), programme.currency)
    return sheet_file(sheet, f"{programme.code}-trace-{scope.name}-{timezone.now():%Y%m%d}", form)
