"""The monthly packs: the list, and the files."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_see
from mhep.kernel.periods import Month
from mhep.shared.downloads import XLSX, attachment
from performance.models import Pack
from performance.selectors.packs import packs_to_see
from performance.services.packs import file_of

PAGE = 50
PDF = "application/pdf"
TYPES = {"pdf": PDF, "xlsx": XLSX}


@require_safe
@needs(Object.PACK, Action.SEE)
def pack_list(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    context = {
        **programme_context(user, programme, "performance"),
        "forms": [("pdf", "PDF"), ("xlsx", "Excel")],
        "page": Paginator(packs_to_see(user, programme), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "performance/pack_list.html", context)


@require_safe
@needs(Object.PACK, Action.SEE)
def pack_file(request: HttpRequest, code: str, funder: str, month: Month, form: str) -> HttpResponse:
    """Send a pack as it was made."""
    user = signed_in(request)
    programme = programme_to_see(user, code)
    packs = Pack.objects.visible_to(user).filter(funder__programme=programme, funder__code=funder)
    pack = get_object_or_404(packs, month__first_day=month.first_day)
    if form not in TYPES:
        raise Http404
    return attachment(file_of(pack, form), f"{programme.code}-{funder}-pack-{month}.{form}", TYPES[form])
