"""Outcomes in the API: logged one by one or a hundred at once, read, and decided by verifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.enums import Scope
from accounts.rules.matrix import PERFORMANCE_TEAM, Action, Object, allows
from funders.api.views import ProgrammeApiView
from funders.models import Programme
from mhep.shared.api.pages import PageIn, page_of, page_out
from mhep.shared.api.problems import Fault, Refusal
from mhep.shared.api.replay import once
from mhep.shared.sealed_ids import Kind
from outcomes.access import programme_to_claim_in
from outcomes.enums import EventAction, Rule
from outcomes.models import EventQuery, OutcomeEventQuerySet
from outcomes.selectors.logged import outcomes_of
from outcomes.services import verification
from outcomes.services.filing import Filed, Filing, file_outcomes
from payments.api.serializers import (
    DecisionIn,
    FiledBatchOut,
    FiledOut,
    OutcomeIn,
    OutcomeOut,
    OutcomesIn,
)
from payments.api.writing import expected_written, fault_written, outcome_written
from payments.selectors.expected import Expected, expected_for
from payments.selectors.parties import agreements_of_providers
from providers.selectors import providers_of

LEFT_OUT = "The outcome breaks rules of its programme. Nothing was stored."


class OutcomeView(ProgrammeApiView):
    """Outcomes: to a provider those of its services, to the operator all of the programme."""

    tag = "Outcomes"
    thing, sees, scope = Object.OUTCOME, Action.CLAIM, Scope.OUTCOMES_READ
    sends, sending_scope = Action.CLAIM, Scope.OUTCOMES_WRITE

    def rows(self, code: str) -> OutcomeEventQuerySet:
        """Return the outcomes that the token may see, with what is written about them."""
        programme = programme_to_claim_in(self.user, code)
        return outcomes_of(self.user, programme).select_related("rejection").prefetch_related(OPEN_QUERIES)

    def filed(self, code: str, said: Sequence[Mapping[str, Any]]) -> tuple[list[Filed], dict[int, Any]]:
        """Log outcomes; return what became of each, and by event what is expected for it."""
        programme = Programme.objects.select_related("operator").get(code=code)
        runs = allows(self.roles & PERFORMANCE_TEAM, Object.OUTCOME, Action.CLAIM)
        providers = None if runs else providers_of(self.user)
        at = timezone.now()
        filings = [_filing(each) for each in said]
        filed = file_outcomes(filings, programme=programme, providers=providers, actor=self.user, at=at)
        if self.request.headers.get("Prefer", "") == "return=minimal":
            return filed, {}
        events = [each.event.pk for each in filed if each.event and each.event.verified_on is None]
        expected = expected_for(programme, events, programme.local_date(at))
        return filed, _as_seen(expected, programme, providers)


class OutcomeList(OutcomeView):
    name = "outcomes"

    @extend_schema(parameters=[PageIn], responses=page_out(OutcomeOut))
    def get(self, request: Request, code: str) -> Response:
        """List outcomes, in the order in which they were added."""
        return page_of(
            request, self.rows(code), Kind.EVENT, lambda rows: [outcome_written(row) for row in rows]
        )

    @extend_schema(operation_id="log_outcome", request=OutcomeIn, responses={201: FiledOut, 200: FiledOut})
    @once
    def post(self, request: Request, code: str) -> Response:
        """
        Log an outcome, as of today. It is judged by the same rules as on our pages.

        The answer says what it would bring and in which month; 200 instead of 201 if it was known already.
        """
        said = OutcomeIn(data=request.data)
        said.is_valid(raise_exception=True)
        (filed,), expected = self.filed(code, [said.validated_data])
        if filed.event is None:
            errors = [Fault(**fault_written(each)) for each in filed.rejections]
            raise Refusal(422, errors[0].code, LEFT_OUT, errors=errors)
        where = reverse("payments-api:outcome-detail", args=[code, filed.event.pk], request=request)
        body = {**outcome_written(filed.event), "expected": expected.get(filed.event.pk)}
        return Response(body, status=201 if filed.is_new else 200, headers={"Location": where})


class OutcomeBatch(OutcomeView):
    name = "outcomes_batch"

    @extend_schema(operation_id="log_outcomes", request=OutcomesIn, responses=FiledBatchOut)
    @once
    def post(self, request: Request, code: str) -> Response:
        """
        Log up to 100 outcomes. Each that keeps the rules is stored; the others are told what they break.

        They are judged in the order of their dates, so that one may open the way for another.
        """
        said = OutcomesIn(data=request.data)
        said.is_valid(raise_exception=True)
        filed, expected = self.filed(code, said.validated_data["outcomes"])
        return Response({"items": [_row_written(each, expected) for each in filed]})


class OutcomeDetail(OutcomeView):
    name = "outcome"

    @extend_schema(responses=OutcomeOut)
    def get(self, _request: Request, code: str, pk: int) -> Response:
        """Show one outcome and what became of it."""
        return Response(outcome_written(get_object_or_404(self.rows(code), pk=pk)))


class OutcomeDecision(ProgrammeApiView):
    """What the operator's verifiers decide; never about an outcome that the same token logged."""

    name, tag = "outcome_decision", "Outcomes"
    thing, sees, scope = Object.EVENT, Action.SEE, Scope.OUTCOMES_READ
    sends, sending_scope = Action.VERIFY, Scope.DECISIONS_WRITE

    @extend_schema(operation_id="decide_outcome", request=DecisionIn, responses=OutcomeOut)
    @once
    def post(self, request: Request, code: str, pk: int) -> Response:
        """
        Verify an outcome, ask a question about it, or reject it.

        Send the ETag of the outcome as `If-Match`, so that nothing is decided about what you have not seen.
        """
        said = DecisionIn(data=request.data)
        said.is_valid(raise_exception=True)
        programme = programme_to_claim_in(self.user, code)
        rows = outcomes_of(self.user, programme).select_related("rejection").prefetch_related(OPEN_QUERIES)
        self.check_match(outcome_written(get_object_or_404(rows, pk=pk)))
        self._decide(pk, said.validated_data)
        return Response(outcome_written(rows.get(pk=pk)))

    def _decide(self, pk: int, said: Mapping[str, Any]) -> None:
        actor, at = self.user, timezone.now()
        if said["decision"] == EventAction.VERIFY:
            verification.verify_event(event_id=pk, actor=actor, at=at)
        elif said["decision"] == EventAction.QUERY:
            about = Rule(said["about"])
            verification.query_event(event_id=pk, about=about, question=said["text"], actor=actor, at=at)
        else:
            verification.reject_event(
                event_id=pk,
                about=Rule(said["about"]),
                reason=said["text"],
                cure=said["cure"],
                actor=actor,
                at=at,
            )


OPEN_QUERIES = Prefetch(
    "queries", queryset=EventQuery.objects.filter(answered_at__isnull=True), to_attr="open_queries"
)


def _filing(said: Mapping[str, Any]) -> Filing:
    return Filing(
        participant=said["participant"],
        outcome=said["outcome"],
        outcome_date=said["outcome_date"],
        hours_per_week=said.get("hours_per_week"),
        job=said.get("job", ""),
        evidence=tuple(said.get("evidence", ())),
        reference=said.get("reference", ""),
    )


def _as_seen(
    expected: Mapping[int, Expected], programme: Programme, providers: frozenset[int] | None
) -> dict[int, Any]:
    """Return what is expected: to the operator of each funder, to a provider what it would be paid itself."""
    own = None if providers is None else agreements_of_providers(programme, providers)
    return {event: expected_written(each, programme.currency, own) for event, each in expected.items()}


def _row_written(filed: Filed, expected: Mapping[int, Any]) -> dict[str, Any]:
    event = filed.event
    result = "LEFT_OUT" if event is None else "STORED" if filed.is_new else "KNOWN"
    outcome = None if event is None else {**outcome_written(event), "expected": expected.get(event.pk)}
    return {
        "result": result,
        "reference": filed.reference,
        "outcome": outcome,
        "errors": [fault_written(each) for each in filed.rejections],
    }
