"""The map: areas of a programme shaded by a rate, from an area file that the operator uploads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import signed_in
from accounts.rules.matrix import Action, Object
from funders.access import needs, programme_context, programme_to_change, programme_to_see
from mhep.shared.downloads import sheet_file
from mhep.shared.forms import UploadForm
from performance.rules.geojson import MAX_BYTES
from performance.selectors.areas import MEASURES, RATE, map_page, map_sheet
from performance.services.areas import store_area_file
from providers.access import may

SECTION = "map"


@require_safe
@needs(Object.MAP, Action.SEE)
def area_map(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    programme = programme_to_see(user, code)
    measure = _measure(request)
    return render(
        request,
        "performance/area_map.html",
        {
            **programme_context(user, programme, SECTION),
            "content": map_page(user, programme, measure),
            "measures": [(key, label, key == measure) for key, label in MEASURES.items()],
            "measure": measure,
            "may_load": may(user, Object.MAP, Action.LOAD, programme.operator),
        },
    )


@require_safe
@needs(Object.MAP, Action.SEE)
def area_map_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Send the table beside the map, with the figures that the reader sees."""
    user = signed_in(request)
    measure = _measure(request)
    page = map_page(user, programme_to_see(user, code), measure)
    return sheet_file(map_sheet(page), f"{code}-areas-{measure}", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Object.MAP, Action.SEE, sending=Action.LOAD)
def outlines_new(request: HttpRequest, code: str) -> HttpResponse:
    """Take an area file; one that cannot be used is refused with what is wrong with it."""
    user = signed_in(request)
    programme = programme_to_change(user, code, Object.MAP, Action.LOAD)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(
        *sent,
        label="Area file",
        hint="GeoJSON in degrees, up to 5 MB. Each area of the programme is found by its code.",
        accept=".geojson,.json",
    )
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        found = store_area_file(
            programme=programme,
            name=str(file.name),
            content=bytes(file.read(MAX_BYTES + 1)),
            actor=user,
            at=timezone.now(),
        )
        for problem in found.problems:
            form.add_error("file", problem.message)
        if not found.problems:
            messages.success(request, f"The outlines of {len(found.outlines)} areas are stored.")
            return redirect("performance:area-map", code)
    areas = programme.areas.order_by("position")
    context = {**programme_context(user, programme, SECTION), "form": form, "areas": areas}
    return render(request, "performance/outlines_new.html", context)


def _measure(request: HttpRequest) -> str:
    """Return what the map is shaded by; an unknown one is the rate."""
    wanted = request.GET.get("by", RATE)
    return wanted if wanted in MEASURES else RATE
