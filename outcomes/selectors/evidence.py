"""
The ways in to rows of evidence: outside of these blocks the database shows none and takes none (ADR 0015).

A block opens what the user's organisations may see. It filters nothing: ``visible_to`` does that above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from mhep.shared.row_security import operators_in_scope, providers_in_scope
from outcomes.models import AnswerDraft, EvidenceFile, OutcomeDraft, OutcomeEvent
from providers.models import Operator, OperatorMember, Provider


@contextmanager
def own_evidence(user: User) -> Iterator[None]:
    """Open the evidence of the user's own providers and of the programmes of their operator."""
    operators = Operator.objects.filter(members__in=OperatorMember.objects.of(user))
    with (
        providers_in_scope(Provider.objects.staffed_by(user).values_list("pk", flat=True)),
        operators_in_scope(operators.values_list("pk", flat=True)),
    ):
        yield


@contextmanager
def all_evidence() -> Iterator[None]:
    """Open all evidence, for what looks after the files on nobody's behalf: scanning, and the daily check."""
    with operators_in_scope(Operator.objects.values_list("pk", flat=True)):
        yield


def files_of(user: User, holder: OutcomeDraft | AnswerDraft | OutcomeEvent) -> list[EvidenceFile]:
    """Return the files that came with something the user may see, harmful ones too, the eldest first."""
    with own_evidence(user):
        return list(holder.files.kept())


def proof_of(user: User, event: OutcomeEvent) -> list[EvidenceFile]:
    """Return the files that prove an event which the user may see, the eldest first."""
    with own_evidence(user):
        return list(event.files.counting())
