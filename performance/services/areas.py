"""Store an area file: what it holds of the programme's areas, and nothing else of it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from performance.models import AreaFile, AreaOutline
from performance.rules.geojson import AreaFileRead, read_areas


@transaction.atomic
def store_area_file(
    *, programme: Programme, name: str, content: bytes, actor: User, at: datetime
) -> AreaFileRead:
    """
    Read an area file and, if nothing is wrong with it, keep its outlines; the newest file counts.

    :param name: what the file was called, for people; nothing is looked up by it.
    """
    areas = {area.code: area for area in programme.areas.all()}
    found = read_areas(content, list(areas))
    if not found.problems:
        file = AreaFile.objects.create(
            programme=programme,
            name=name[:200],
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by=actor,
            uploaded_at=at,
        )
        AreaOutline.objects.bulk_create(
            AreaOutline(file=file, area=areas[code], rings=rings) for code, rings in found.outlines.items()
        )
    return found
