"""What was sent and issued, for webhooks: statements and documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from funders.enums import Direction
from mhep.shared.models import HappeningType
from mhep.shared.webhooks.sources import Happening
from payments.enums import JournalKind
from payments.models import Journal, Statement


def statements_since(kind: str, place: int, since: datetime) -> Iterator[Happening]:
    """Give the statements sent since then: the operator's all, a funder's own."""
    whose = {"operator": "agreement__programme__operator", "funder": "agreement__funder"}
    if kind not in whose:
        return
    sent = Statement.objects.filter(sent_at__gt=since, **{whose[kind]: place})
    for row in sent.select_related("agreement__programme").order_by("pk"):
        code = row.agreement.programme.code
        yield Happening(
            key=row.pk,
            type=HappeningType.STATEMENT_SENT,
            programme=code,
            path=reverse("payments-api:statement-detail", args=[code, row.pk]),
            at=row.sent_at,
        )


def documents_since(kind: str, place: int, since: datetime) -> Iterator[Happening]:
    """Give the documents issued since then: the operator's all, a funder's own and none to providers."""
    posted = Journal.objects.filter(kind=JournalKind.DOCUMENT, recorded_at__gt=since)
    if kind == "operator":
        posted = posted.filter(operator=place)
    elif kind == "funder":
        posted = posted.filter(
            document__agreement__funder=place, document__agreement__direction=Direction.RECEIVABLE
        )
    else:
        return
    for row in posted.select_related("document__agreement__programme").order_by("pk"):
        if row.document is not None:
            code = row.document.agreement.programme.code
            yield Happening(
                key=row.document.pk,
                type=HappeningType.DOCUMENT_ISSUED,
                programme=code,
                path=reverse("payments-api:document-detail", args=[code, row.document.full_number]),
                at=row.recorded_at,
            )
