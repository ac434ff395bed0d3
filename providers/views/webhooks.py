"""The webhooks by which programs of the operator's organisations are told of what happens."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import confirmed, signed_in
from accounts.rules.matrix import Action, Object
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.encryption import decrypt, encrypt
from mhep.shared.models import HappeningType, Webhook
from providers.access import administered_by, needs_at_operator
from providers.forms import WebhookForm
from providers.services import webhooks
from providers.services.webhooks import ListedWebhook, Wanted

NEW = "new_webhook_secret"  # in the session, encrypted, until the next page has shown it
PAGE = 50
GET_OR_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_OR_POST)
@needs_at_operator(Object.API_TOKEN, Action.CHANGE)
@confirmed()
def webhook_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the webhooks of the operator's organisations, and make one."""
    user = signed_in(request)
    operator = administered_by(user, code)
    form = WebhookForm(request.POST or None, operator=operator)
    if form.is_valid():
        wanted = Wanted(*form.chosen(), form.cleaned_data["url"], form.cleaned_data["types"])
        try:
            webhook = webhooks.make_webhook(operator, wanted, actor=user, at=timezone.now())
        except BusinessRuleError as refusal:
            form.add_error("url", str(refusal))
        else:
            return _shown_once(request, code, webhook)
    context = {"operator": operator, "form": form, "webhooks": webhooks.webhooks_of(operator)}
    return render(request, "providers/webhook_list.html", context)


@require_http_methods(GET_OR_POST)
@needs_at_operator(Object.API_TOKEN, Action.CHANGE)
@confirmed()
def webhook_detail(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a webhook with its deliveries; change its secret, or switch it off or on."""
    found = _webhook(request, code, pk)
    if request.method == "POST":
        return _changed(request, code, found.row)
    kept = request.session.pop(NEW, "")
    deliveries = found.row.deliveries.order_by("-happened_at", "-pk")
    context = {
        "operator": administered_by(signed_in(request), code),
        "webhook": found,
        "types": [HappeningType(each).label for each in found.row.types],
        "page": Paginator(deliveries, PAGE).get_page(request.GET.get("page")),
        "new": decrypt(kept, place=NEW) if kept else "",
    }
    return render(request, "providers/webhook_detail.html", context)


@require_POST
@needs_at_operator(Object.API_TOKEN, Action.CHANGE)
@confirmed("providers:webhook-list")
def delivery_replay(request: HttpRequest, code: str, pk: int, delivery: int) -> HttpResponse:
    """Send a delivery again."""
    row = get_object_or_404(_webhook(request, code, pk).row.deliveries.select_related("webhook"), pk=delivery)
    try:
        webhooks.replay(row, actor=signed_in(request), at=timezone.now())
    except BusinessRuleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "It is sent again within a minute, under the same id.")
    return redirect("providers:webhook-detail", code, pk)


def _webhook(request: HttpRequest, code: str, pk: int) -> ListedWebhook:
    operator = administered_by(signed_in(request), code)
    found = next((each for each in webhooks.webhooks_of(operator) if each.row.pk == pk), None)
    if found is None:
        raise Http404
    return found


def _changed(request: HttpRequest, code: str, row: Webhook) -> HttpResponse:
    """Do what the button says."""
    actor, at = signed_in(request), timezone.now()
    if request.POST.get("do") == "rotate":
        return _shown_once(request, code, webhooks.rotate_secret(row, actor=actor, at=at))
    switches: dict[str, Callable[[], None]] = {
        "on": lambda: webhooks.switch(row, is_on=True, actor=actor, at=at),
        "off": lambda: webhooks.switch(row, is_on=False, actor=actor, at=at),
    }
    do = switches.get(request.POST.get("do", ""))
    if do is None:
        messages.error(request, "Choose one of the buttons.")
    else:
        do()
        messages.success(request, f"The webhook is {request.POST['do']}.")
    return redirect("providers:webhook-detail", code, row.pk)


def _shown_once(request: HttpRequest, code: str, webhook: Webhook) -> HttpResponse:
    """Lead to the webhook's page, which shows its new secret once."""
    request.session[NEW] = encrypt(webhook.secret, place=NEW)
    return redirect("providers:webhook-detail", code, webhook.pk)
