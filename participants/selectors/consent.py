"""What a person agrees to now, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from participants.enums import ConsentKind
from participants.models import ConsentStep, Participant


@dataclass(frozen=True, slots=True)
class StandingConsent:
    """One kind: since when it is given, if it is, and in which words; or when it was withdrawn."""

    kind: ConsentKind
    given_on: date | None = None
    version: str = ""
    withdrawn_on: date | None = None


def standing_consents(participant: Participant) -> dict[ConsentKind, StandingConsent]:
    """Return where each kind stands; who came by file may have agreed to share data without a version."""
    return consents_from(participant, participant.consent_steps.order_by("pk"))


def consents_from(
    participant: Participant, steps: Iterable[ConsentStep]
) -> dict[ConsentKind, StandingConsent]:
    """Return the same from steps that were read already, in the order in which they were recorded."""
    standing = {kind: StandingConsent(kind) for kind in ConsentKind}
    if participant.consented_on is not None:
        standing[ConsentKind.DATA_SHARING] = StandingConsent(
            ConsentKind.DATA_SHARING, given_on=participant.consented_on
        )
    for step in steps:
        kind = ConsentKind(step.kind)
        standing[kind] = (
            StandingConsent(kind, given_on=step.happened_on, version=step.version)
            if step.is_given
            else StandingConsent(kind, withdrawn_on=step.happened_on)
        )
    return standing
