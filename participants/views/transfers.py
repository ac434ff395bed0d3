"""People whom providers hand over to each other: what waits, and the decision of the one that is asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_of_people
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.downloads import sheet_file
from participants.access import transfer_to_decide
from participants.enums import TransferState
from participants.forms import TakeOverForm
from participants.models import TransferRequest
from participants.selectors.transfers import transfer_sheet, transfers_of
from participants.services.transfers import accept_transfer, decline_transfer


@require_safe
@needs(Object.PERSON, Action.ACCEPT)
def transfer_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_of_people(user, code)
    context = {
        **programme_context(user, programme, "people"),
        "transfers": transfers_of(user, programme),
    }
    return render(request, "participants/transfer_list.html", context)


@require_safe
@needs(Object.PERSON, Action.ACCEPT)
def transfer_list_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send all requests of the list, however old; people by reference only."""
    user = signed_in(request)
    programme = programme_of_people(user, code)
    taken_at = programme.file_stamp(timezone.now())
    return sheet_file(transfer_sheet(user, programme), f"{programme.code}-transfers-{taken_at}", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.PERSON, Action.ACCEPT)
def transfer_decide(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show the reference and the reason, and take the decision; the name shows once it is accepted."""
    user = signed_in(request)
    programme, asked = transfer_to_decide(user, code, pk)
    if asked.state != TransferState.WAITING:
        return redirect("participants:transfer-list", code)
    given = request.POST if request.method == "POST" else None
    form = TakeOverForm(given, request=asked, today=programme.working_day(timezone.now()))
    if form.is_valid():
        try:
            is_accepted = _decided(asked, form.cleaned_data, user)
        except BusinessRuleError as refusal:
            form.add_error("is_accepted", str(refusal))
        else:
            said = "Accepted. The person is with you now." if is_accepted else "Declined."
            messages.success(request, said)
            if is_accepted:
                return redirect("outcomes:person-detail", code, asked.participant_id)
            return redirect("participants:transfer-list", code)
    context = {**programme_context(user, programme, "people"), "asked": asked, "form": form}
    return render(request, "participants/transfer_decide.html", context)


def _decided(asked: TransferRequest, given: dict[str, Any], user: User) -> bool:
    """Call the service; tell whether the person comes."""
    at = timezone.now()
    if given["is_accepted"] != "yes":
        decline_transfer(request=asked, answer=given["answer"], actor=user, at=at)
        return False
    specialist = User.objects.get(pk=given["specialist"])
    accept_transfer(request=asked, specialist=specialist, from_day=given["day"], actor=user, at=at)
    return True
