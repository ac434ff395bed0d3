"""
Requests of the API that are sent twice count once: each POST carries a key of its own (``Idempotency-Key``).

What is done and what is answered are kept in one transaction. The same request with the same key gets the
same answer and does nothing; another request with it is refused (422), and so is one that comes while the
first is still being worked on (409). A refusal is not kept: the key may be used again for what was mended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mhep.shared.api.problems import Refusal
from mhep.shared.models import ApiAnswer

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(days=7)
LONGEST_KEY = 200
JSON = "application/json"

# Whoever has the lock of the key may work; nobody waits for it. What is there already is read beside it.
BEGIN = """
    WITH mine AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended(%(lock)s, 0)) AS is_free),
    fresh AS (
        INSERT INTO shared_apianswer (holder_id, key, fingerprint, body, location, asked_at)
        SELECT %(holder)s, %(key)s, %(fingerprint)s, '', '', %(at)s FROM mine WHERE is_free
        ON CONFLICT (holder_id, key) DO NOTHING RETURNING id
    )
    SELECT is_free, (SELECT id FROM fresh) FROM mine
"""

Arguments = ParamSpec("Arguments")
Send = Callable[Concatenate[Any, Request, Arguments], Response]


def once(send: Send[Arguments]) -> Callable[Concatenate[Any, Request, Arguments], Response | HttpResponse]:
    """
    Let a view's ``post`` count once for each key.

    It runs in the transaction that keeps its answer, which is made of ``data``, ``status`` and ``Location``.
    """

    @wraps(send)
    def answering(
        view: APIView, request: Request, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Response | HttpResponse:
        key, holder = _key(request), int(str(request.user.pk))
        fingerprint = _fingerprint(request)
        with transaction.atomic():
            row = _begin(holder, key, fingerprint)
            if row is None:
                return _again(holder, key, fingerprint)
            response = send(view, request, *args, **kwargs)
            ApiAnswer.objects.filter(pk=row).update(
                status=response.status_code,
                body=JSONRenderer().render(response.data).decode(),
                location=response.get("Location", ""),
            )
        return response

    return answering


def forget_answers(now: datetime) -> int:
    """Delete answers that nobody asks for again; return how many."""
    return ApiAnswer.objects.filter(asked_at__lt=now - KEPT_FOR).delete()[0]


def _key(request: Request) -> str:
    key = request.headers.get(KEY, "").strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise Refusal(
            400, "idempotency_key_missing", f"Send a new random text of up to {LONGEST_KEY} signs as {KEY}."
        )
    return key


def _fingerprint(request: Request) -> str:
    """Return what tells this request from every other one."""
    where = f"{request.method} {request.get_full_path()}\n"
    return hashlib.sha256(where.encode() + request.body).hexdigest()


def _begin(holder: int, key: str, fingerprint: str) -> int | None:
    """
    Take a key; return its row, or None if the key was used before.

    :raises Refusal: if somebody is at it just now (409).
    """
    values: dict[str, Any] = {
        "lock": f"api answer {holder} {key}",
        "holder": holder,
        "key": key,
        "fingerprint": fingerprint,
        "at": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, values)
        is_free, row = cursor.fetchone()
    if not is_free:
        raise Refusal(
            409,
            "request_in_progress",
            "The same request is being worked on. Send it again in a moment.",
            headers={"Retry-After": "1"},
        )
    return int(row) if row is not None else None


def _again(holder: int, key: str, fingerprint: str) -> HttpResponse:
    kept = ApiAnswer.objects.get(holder=holder, key=key)
    if kept.fingerprint != fingerprint:
        raise Refusal(
            422,
            "idempotency_key_reused",
            "This key belongs to another request. Send this one with a new key.",
        )
    headers = {REPLAYED: "true"} | ({"Location": kept.location} if kept.location else {})
    return HttpResponse(kept.body, status=kept.status, content_type=JSON, headers=headers)
