"""
Lists of the API, a page at a time, by a cursor that stays right while rows are added.

The cursor is the sealed id of the last row of the page before: it tells nobody anything, cannot be made up,
and what comes after it is the same whatever was added. There are no totals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from mhep.shared.sealed_ids import Kind, Unsealable, opened_id, sealed_id

MOST = 100
USUAL = 50
AFTER, LIMIT = "after", "limit"

_Row = TypeVar("_Row", bound=Model)


class PageIn(serializers.Serializer[Any]):
    """Which page of a list is asked for."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=USUAL, help_text="How many items at most."
    )
    after = serializers.UUIDField(
        required=False, help_text="The id of the last item that you have; leave it out for the first page."
    )


def page_out(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a page of such items, under a name of its own in the schema."""
    fields = {
        "items": item(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="The address of the next page; null on the last one."
        ),
    }
    name = f"{item.__name__.removesuffix('Out')}PageOut"
    return type(name, (serializers.Serializer,), {"__doc__": "A page of a list.", **fields})


def page_of(
    request: Request, rows: QuerySet[_Row], kind: Kind, write: Callable[[list[_Row]], list[Any]]
) -> Response:
    """
    Answer with the page that the request asks for, in the order in which the rows were added.

    :param write: turns rows into what the items of the answer are.
    :raises ValidationError: for a limit or a cursor that is none.
    """
    asked = PageIn(data=request.query_params)
    asked.is_valid(raise_exception=True)
    limit = asked.validated_data[LIMIT]
    if AFTER in asked.validated_data:
        rows = rows.filter(pk__gt=_opened(kind, asked.validated_data[AFTER]))
    found = list(rows.order_by("pk")[: limit + 1])
    shown = found[:limit]
    return Response({"items": write(shown), "next": _next(request, kind, shown, found)})


def _opened(kind: Kind, cursor: object) -> int:
    try:
        return opened_id(kind, str(cursor))
    except Unsealable:
        raise serializers.ValidationError(
            {AFTER: "Give the id of an item of this list, as the page before has it."}
        ) from None


def _next(request: Request, kind: Kind, shown: list[_Row], found: list[_Row]) -> str | None:
    if len(found) == len(shown):
        return None
    query = request.query_params.copy()
    query[AFTER] = str(sealed_id(kind, shown[-1].pk))
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
