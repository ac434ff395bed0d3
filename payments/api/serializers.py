"""What the API takes and answers about outcomes, charges, documents and statements."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from funders.enums import Direction
from mhep.shared.cells import MAX_HOURS, MAX_TEXT
from outcomes.enums import STATES, EventAction, Rule
from payments.enums import ChargeKind, ChargeReason, DocumentKind, StatementState

EVENT_STATES = list(STATES.items())
MOST_AT_ONCE = 100
CODE = r"^[^;\s]+$"


class MoneyOut(serializers.Serializer[Any]):
    """An amount in major units, such as 1250.00, with its currency."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class OutcomeIn(serializers.Serializer[Any]):
    """An outcome that somebody has achieved."""

    participant = serializers.CharField(max_length=MAX_TEXT, help_text="The person's reference.")
    outcome = serializers.CharField(max_length=MAX_TEXT, help_text="The code of the outcome type.")
    outcome_date = serializers.DateField(help_text="The day on which it was achieved.")
    hours_per_week = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, max_value=MAX_HOURS, required=False, allow_null=True
    )
    job = serializers.CharField(max_length=MAX_TEXT, required=False, allow_blank=True)
    evidence = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=MAX_TEXT),
        required=False,
        max_length=20,
        help_text="The kinds of evidence that you hold.",
    )
    reference = serializers.CharField(
        max_length=MAX_TEXT, required=False, help_text="Your own name for it; without one it gets one."
    )


class OutcomesIn(serializers.Serializer[Any]):
    """Up to 100 outcomes; each is judged by itself."""

    outcomes = serializers.ListField(child=OutcomeIn(), min_length=1, max_length=MOST_AT_ONCE)


class RejectionOut(serializers.Serializer[Any]):
    """Why an outcome was rejected, and what can be done."""

    about = serializers.ChoiceField(choices=Rule.choices)
    reason = serializers.CharField()
    cure = serializers.CharField()


class OutcomeOut(serializers.Serializer[Any]):
    """An outcome and what became of it."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    participant = serializers.CharField()
    service = serializers.CharField()
    outcome = serializers.CharField()
    outcome_date = serializers.DateField()
    hours_per_week = serializers.CharField(allow_null=True)
    job = serializers.CharField(allow_blank=True)
    evidence = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=EVENT_STATES)
    submitted_on = serializers.DateField()
    verified_on = serializers.DateField(allow_null=True)
    falls_in = serializers.CharField(allow_null=True, help_text="The month in which it is priced.")
    voided_on = serializers.DateField(allow_null=True)
    question = serializers.CharField(allow_null=True, help_text="What was asked and is not answered.")
    rejection = RejectionOut(allow_null=True)


class ShareOut(serializers.Serializer[Any]):
    """What one agreement would pay for an outcome; ``entitlement`` is what it would be without caps."""

    agreement = serializers.CharField()
    party = serializers.CharField()
    term = serializers.CharField()
    amount = serializers.CharField()
    entitlement = serializers.CharField()
    reason = serializers.CharField()


class ExpectedOut(serializers.Serializer[Any]):
    """What an outcome would bring if it alone were verified today, and the month of the statement."""

    statement_month = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    shares = ShareOut(many=True)


class FiledOut(OutcomeOut):
    """An outcome that was logged, with what is expected for it."""

    expected = ExpectedOut(allow_null=True)


class FaultOfRowOut(serializers.Serializer[Any]):
    """One rule that an outcome breaks."""

    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class FiledRowOut(serializers.Serializer[Any]):
    """What became of one of several outcomes, at its place in what was sent."""

    result = serializers.ChoiceField(choices=["STORED", "KNOWN", "LEFT_OUT"])
    reference = serializers.CharField()
    outcome = FiledOut(allow_null=True)
    errors = FaultOfRowOut(many=True)  # type: ignore[assignment] # the library takes fields out of the class


class FiledBatchOut(serializers.Serializer[Any]):
    """What became of each outcome, in the order in which they were sent."""

    items = FiledRowOut(many=True)


class DecisionIn(serializers.Serializer[Any]):
    """What a verifier decides about an outcome."""

    decision = serializers.ChoiceField(choices=[EventAction.VERIFY, EventAction.QUERY, EventAction.REJECT])
    about = serializers.ChoiceField(
        choices=Rule.choices, required=False, help_text="The rule: for a question or a rejection."
    )
    text = serializers.CharField(
        max_length=4000, required=False, help_text="The question, or the reason of a rejection."
    )
    cure = serializers.CharField(
        max_length=4000, required=False, help_text="What can be done: for a rejection."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {EventAction.QUERY: ("about", "text"), EventAction.REJECT: ("about", "text", "cure")}
        missing = [name for name in needed.get(attrs["decision"], ()) if not attrs.get(name)]
        if missing:
            raise serializers.ValidationError(dict.fromkeys(missing, "This decision needs it."))
        return attrs


class ChargeOut(serializers.Serializer[Any]):
    """One decision about money; negative where it gives back. Final once its month is closed."""

    id = serializers.UUIDField()
    month = serializers.CharField()
    is_final = serializers.BooleanField()
    agreement = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    kind = serializers.ChoiceField(choices=ChargeKind.choices)
    reason = serializers.ChoiceField(choices=ChargeReason.choices)
    term = serializers.CharField(allow_null=True)
    outcome = serializers.CharField(allow_null=True, help_text="The reference of the outcome.")
    amount = MoneyOut()
    document = serializers.CharField(allow_null=True, help_text="The number of the document that it is on.")


class StepOut(serializers.Serializer[Any]):
    """One step of an explanation, in words."""

    title = serializers.CharField()
    says = serializers.ListField(child=serializers.CharField())


class ExplanationOut(serializers.Serializer[Any]):
    """Why the amount is what it is: one sentence, then the steps that lead to it."""

    answer = serializers.CharField()
    steps = StepOut(many=True)


class ExplainedChargeOut(ChargeOut):
    """A charge with what explains it."""

    explanation = ExplanationOut()


class DocumentOut(serializers.Serializer[Any]):
    """An issued document; it never changes, but for what of it is paid."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    agreement = serializers.CharField()
    party = serializers.CharField()
    month = serializers.CharField()
    issued_on = serializers.DateField()
    due_on = serializers.DateField()
    net = MoneyOut()
    vat = MoneyOut()
    gross = MoneyOut()
    open = MoneyOut(help_text="What is not settled yet.")
    payment_state = serializers.ChoiceField(choices=["OPEN", "PART_PAID", "PAID"])
    pdf = serializers.CharField(help_text="Where the PDF is.")
    e_invoice = serializers.CharField(allow_null=True, help_text="Where the e-invoice is, in UBL.")


class StatementOut(serializers.Serializer[Any]):
    """What an agreement would be invoiced for a closed month, as it was sent to its funder."""

    id = serializers.UUIDField()
    agreement = serializers.CharField()
    funder = serializers.CharField()
    month = serializers.CharField()
    revision = serializers.IntegerField()
    state = serializers.ChoiceField(choices=StatementState.choices)
    line_count = serializers.IntegerField()
    to_invoice = MoneyOut(help_text="With VAT.")
    to_credit = MoneyOut(help_text="With VAT.")
    sent_at = serializers.DateTimeField()
    answer_by = serializers.DateField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StatementLineOut(serializers.Serializer[Any]):
    """One line of a statement; negative where it gives back."""

    charge = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ChargeKind.choices)
    what = serializers.CharField(allow_blank=True, help_text="The term, fee or adjustment.")
    outcome = serializers.CharField(allow_blank=True, help_text="The reference of the outcome.")
    participant = serializers.CharField(allow_blank=True)
    month = serializers.CharField()
    amount = serializers.CharField()
    corrects = serializers.CharField(allow_blank=True)


class FullStatementOut(StatementOut):
    """A statement with its lines, in the order in which they were decided."""

    lines = StatementLineOut(many=True)
