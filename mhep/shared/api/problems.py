"""
Refusals of the API as problems of RFC 9457, with the codes and the words that forms and commands have.

A problem has ``type``, ``title``, ``status``, ``detail``, ``instance`` and ``code``; ``errors`` has one entry
for each thing that is wrong, with its place in the request, its code and how to mend it.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from mhep.kernel.problems import BusinessRuleError
from mhep.patience import AGAIN_AFTER

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "A valid token is needed",
    403: "The token may not do this",
    404: "Not found",
    405: "The method is not allowed here",
    406: "The answer exists as JSON only",
    409: "This is being done already",
    412: "It was changed meanwhile",
    413: "The request is too large",
    415: "Send JSON",
    422: "A rule refuses this",
    429: "Too many requests",
    500: "Something went wrong that should not have",
    503: "Busy just now",
}
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    500: "incident",
    503: "busy",
}
NOT_FOUND = "There is no such thing, or it is not yours to see."
BUSY = "Nothing was done. Send it again in a few seconds, with the same Idempotency-Key: it counts once."
INCIDENT = "Tell whoever runs MHEP what was asked, and when."
FORBIDDEN = "The role of the token does not allow this."
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where it stands in the request, its code, and how to mend it."""

    field: str
    code: str
    message: str


class Refusal(exceptions.APIException):
    """A refusal of the API itself, which becomes a problem with these words."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.problem_code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def problem_of(error: Exception, context: Mapping[str, Any]) -> Response:
    """
    Return the problem that an error of a view becomes; the setting ``EXCEPTION_HANDLER`` names it.

    What nobody foresaw becomes an incident: its number is in the answer, and the log has the rest.
    """
    path = context["request"].path
    refusal = _refusal(error)
    response = Response(
        body_of(refusal.status_code, refusal.problem_code, str(refusal.detail), path, refusal.errors),
        status=refusal.status_code,
        content_type=MEDIA_TYPE,
        headers=refusal.headers,
    )
    response["Cache-Control"] = "no-store"
    return response


def body_of(
    status: int, code: str, detail: str, path: str, errors: Sequence[Fault] = ()
) -> dict[str, object]:
    """Return the members of a problem."""
    return {
        "type": f"urn:mhep:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "instance": path,
        "code": code,
        "errors": [asdict(each) for each in errors],
    }


def plain_problem(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Return a problem for an address of the API that leads to no view."""
    body = body_of(status, CODES[status], detail, request.path)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def code_of(refusal: BusinessRuleError) -> str:
    """Return the code of a refusal of a service: ``CannotVerify`` is ``cannot_verify``."""
    return _CAPITALS.sub("_", type(refusal).__name__).lower()


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Http404):
        return Refusal(404, CODES[404], NOT_FOUND)
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Refusal(403, CODES[403], FORBIDDEN)
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("The API was kept waiting by the database", exc_info=error)
        return Refusal(503, CODES[503], BUSY, headers={"Retry-After": str(AGAIN_AFTER)})
    return _refusal_of_request(error) or _incident(error)


def _refusal_of_request(error: Exception) -> Refusal | None:
    """Return what is said about something in the request, or the rule that it breaks."""
    if isinstance(error, BusinessRuleError):
        return Refusal(422, code_of(error), str(error))
    if isinstance(error, exceptions.ValidationError):
        faults = tuple(_faults(error.get_full_details(), ""))
        return Refusal(400, CODES[400], "Mend what is listed and send it again.", errors=faults)
    if isinstance(error, exceptions.APIException):
        headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
        return Refusal(error.status_code, CODES[error.status_code], str(error.detail), headers=headers)
    return None


def _incident(error: Exception) -> Refusal:
    incident = secrets.token_hex(4)
    logger.error("Incident %s in the API", incident, exc_info=error)
    return Refusal(500, CODES[500], f"Tell whoever runs MHEP the incident number {incident}.")


def _faults(details: object, place: str) -> Iterator[Fault]:
    """Give each fault of a serializer with its place, such as ``outcomes[3].outcome_date``."""
    if isinstance(details, Mapping) and "message" in details and "code" in details:
        yield Fault(place, str(details["code"]), str(details["message"]))
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _faults(inner, _place(place, name))
    elif isinstance(details, Sequence):
        yield from _faults_of_list(details, place)


def _place(outer: str, name: object) -> str:
    if name == "non_field_errors":
        return outer
    return f"{outer}[{name}]" if isinstance(name, int) else f"{outer}.{name}".lstrip(".")


def _faults_of_list(details: Sequence[object], place: str) -> Iterator[Fault]:
    for position, inner in enumerate(details):
        is_fault = isinstance(inner, Mapping) and {"message", "code"} == set(inner)
        yield from _faults(inner, place if is_fault else f"{place}[{position}]")
