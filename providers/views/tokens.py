"""The tokens with which programs of the operator's organisations ask the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import confirmed, signed_in
from accounts.enums import Scope
from accounts.rules.matrix import Action, Object
from accounts.services.tokens import CannotMakeToken, CannotRevokeToken
from mhep.shared.encryption import decrypt, encrypt
from providers.access import administered_by, needs_at_operator
from providers.forms import TokenForm
from providers.services import tokens

NEW = "new_token"  # in the session, encrypted, until the next page has shown it


@require_http_methods(["GET", "HEAD", "POST"])
@needs_at_operator(Object.API_TOKEN, Action.CHANGE)
@confirmed()
def token_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the tokens of the operator's organisations, and make one; its text is shown once."""
    user, at = signed_in(request), timezone.now()
    operator = administered_by(user, code)
    form = TokenForm(request.POST or None, operator=operator)
    if form.is_valid():
        try:
            _, text = tokens.make_token(operator, form.wanted(), actor=user, at=at)
        except CannotMakeToken as refusal:
            form.add_error("seat", str(refusal))
        else:
            request.session[NEW] = encrypt(text, place=NEW)
            return redirect("providers:token-list", code)
    kept = request.session.pop(NEW, "")
    context = {
        "operator": operator,
        "form": form,
        "tokens": tokens.tokens_of(operator, at),
        "scopes": dict(Scope.choices),
        "new": decrypt(kept, place=NEW) if kept else "",
    }
    return render(request, "providers/token_list.html", context)


@require_POST
@needs_at_operator(Object.API_TOKEN, Action.CHANGE)
@confirmed("providers:token-list")
def token_revoke(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """End a token at once."""
    user, at = signed_in(request), timezone.now()
    listed = tokens.tokens_of(administered_by(user, code), at)
    found = next((each.row for each in listed if each.row.pk == pk), None)
    if found is None:
        raise Http404
    try:
        tokens.revoke_token(found, actor=user, at=at)
    except CannotRevokeToken as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The token {found.user.name} is revoked. It is refused from now on.")
    return redirect("providers:token-list", code)
