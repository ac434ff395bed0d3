"""Loading a programme file."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import may_load, needs
from funders.rules.programme_file import read_programme
from mhep.kernel.problems import Problem
from mhep.shared.forms import UploadForm
from payments.services.programme_file import CannotLoadProgramme, LoadedProgramme, load_programme
from providers.access import may_anywhere


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.PROGRAMME_FILE, Action.LOAD)
def programme_load(request: HttpRequest) -> HttpResponse:
    """Take a programme file; answer with what was stored and its warnings, or with everything wrong in it."""
    user = signed_in(request)
    if not may_anywhere(user, Object.PROGRAMME_FILE, Action.LOAD):
        raise PermissionDenied
    form = _form(request)
    if not form.is_valid():
        return render(request, "payments/programme_load.html", {"form": form})
    try:
        loaded = _load(form.content(), user)
    except CannotLoadProgramme as refusal:
        return render(request, "payments/programme_load.html", {"form": form, "problems": refusal.problems})
    return render(request, "payments/programme_loaded.html", {"loaded": loaded})


def _form(request: HttpRequest) -> UploadForm:
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    return UploadForm(
        *given,
        label="Programme file",
        hint="A YAML file. Nothing of it is stored if anything in it is wrong.",
        accept=".yaml,.yml",
    )


def _load(content: bytes, user: User) -> LoadedProgramme:
    definition = read_programme(content).definition
    if definition and not may_load(user, code=definition.code, operator=definition.operator.code):
        message = (
            f"You are not an administrator of {definition.operator.code}, or another operator runs this."
        )
        raise CannotLoadProgramme([Problem("programme.operator.code", "not_allowed", message)])
    return load_programme(content, actor=user, at=timezone.now())
