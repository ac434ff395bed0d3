"""
Why an amount is what it is: one sentence, then every step with its arithmetic. Pure.

The figures come from what was stored when the amount was decided, and from the agreement as it
stood then; nothing is priced anew. That the steps come to the amount is for the tests to prove.
"""

from payments.rules.explanation.answer import answer
from payments.rules.explanation.case import Case
from payments.rules.explanation.page import Explanation
from payments.rules.explanation.steps import steps_of


def explain(case: Case) -> Explanation:
    """Return the page that explains one charge, nil decision, credit or fee."""
    return Explanation(answer(case), steps_of(case), case.row.amount)
