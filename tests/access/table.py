"""
What each address answers to whom: the checked-in expectation of A1, written by hand.

Letters stand for people: **s**pecialist, **m**anager, **a**nalyst, **f**inance, a**d**ministrator,
a**u**ditor, **c**ommissioner, finance a**p**prover, **i**nvestor, and **n** for somebody
who is signed in and belongs to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = {
    "s": "specialist",
    "m": "manager",
    "a": "analyst",
    "f": "finance",
    "d": "administrator",
    "u": "auditor",
    "c": "commissioner",
    "p": "approver",
    "i": "investor",
    "n": "nobody",
}
ALL = "".join(ROLES)
OPERATOR = "afdu"
TEAM = "afd"
CLOSERS = "fd"
PROVIDER = "sm"
FUNDER = "cp"
MONEY = OPERATOR + FUNDER
PEOPLE = PROVIDER + OPERATOR
CLAIM = PROVIDER + TEAM


@dataclass(frozen=True, slots=True)
class Row:
    """
    Who gets an answer with GET and with POST; ``None`` where the method is not taken.

    ``beside`` are those who get it too for what belongs to another provider or funder of their programme.
    ``at`` tells who else learns that the address exists: ``programme`` those with a role in it, ``operator``
    those of the operator; ``facility`` is for one facility, which others than its people do not find;
    ``lent`` counts who lends for the programme among those with a role in it;
    ``site`` is for addresses outside of all. ``is_open`` asks for no sign-in. ``hidden`` are those whose role
    may see such things and who do not find this one: it is about somebody else's part of the programme.
    """

    get: str | None = None
    post: str | None = None
    beside: str = OPERATOR
    at: str = "programme"
    is_open: bool = False
    hidden: str = ""


ANYBODY = Row(get=ALL, at="site", is_open=True)
OWN = Row(get=ALL, at="site")
OWN_FORM = Row(get=ALL, post=ALL, at="site")
OWN_BUTTON = Row(post=ALL, at="site")
SEE_MONTH = Row(get=OPERATOR)
SEE_EVENT = Row(get=OPERATOR)
SEE_LEDGER = Row(get=OPERATOR)
SEE_MONEY = Row(get=MONEY)
SEE_REVIEWS = Row(get=OPERATOR + FUNDER + "m")
CLAIM_PAGE = Row(get=CLAIM, beside="")
CLAIM_FORM = Row(get=CLAIM, post=CLAIM, beside="")
CLAIM_BUTTON = Row(post=CLAIM, beside="")
DECIDE = Row(post=TEAM)

TABLE = {
    **dict.fromkeys(("healthz", "readyz", "help", "accessibility"), ANYBODY),
    **dict.fromkeys(("api-reference", "api-description"), ANYBODY),
    "accounts:time-left": ANYBODY,
    "accounts:own": OWN,
    **dict.fromkeys(("accounts:todo", "accounts:todo-file", "accounts:todo-count"), OWN),
    **dict.fromkeys(("accounts:reminders", "accounts:reminders-stop"), OWN_FORM),
    "accounts:seat": OWN_FORM,
    "accounts:second-step-choose": OWN,
    "accounts:recovery-codes": OWN,
    **dict.fromkeys(("accounts:password", "accounts:confirm", "accounts:app-add"), OWN_FORM),
    **dict.fromkeys(("accounts:passkey-add", "accounts:recovery-codes-make"), OWN_FORM),
    "accounts:second-step-remove": OWN_FORM,
    **dict.fromkeys(("accounts:stay", "accounts:sign-out", "accounts:end-sign-in"), OWN_BUTTON),
    "accounts:end-other-sign-ins": OWN_BUTTON,
    "funders:programme-list": OWN,
    "funders:start": OWN,
    "funders:access-matrix": OWN,
    "payments:batch-list": Row(get=OPERATOR, post=CLOSERS),
    "payments:batch-list-file": Row(get=OPERATOR),
    "payments:batch-detail": Row(get=OPERATOR),
    "payments:batch-file": Row(get=CLOSERS),
    "payments:batch-release": Row(post=CLOSERS),
    "payments:batch-discard": Row(post=CLOSERS),
    "payments:order-return": Row(get=CLOSERS, post=CLOSERS),
    "payments:payee-account-list": Row(get=OPERATOR),
    "payments:payee-account-new": Row(get=CLOSERS, post=CLOSERS),
    "payments:payee-account-decide": Row(post=CLOSERS),
    **dict.fromkeys(
        ("performance:review-list", "performance:review-list-file", "performance:action-list"), SEE_REVIEWS
    ),
    **dict.fromkeys(
        ("performance:action-list-file", "performance:fidelity-list", "performance:fidelity-list-file"),
        SEE_REVIEWS,
    ),
    "performance:review-detail": Row(get=OPERATOR + FUNDER + "m", beside=OPERATOR + FUNDER, hidden="m"),
    "performance:fidelity-detail": Row(get=OPERATOR + FUNDER + "m", beside=OPERATOR + FUNDER),
    "performance:action-detail": Row(get=OPERATOR + FUNDER + "m", post=TEAM + "m", beside=OPERATOR + FUNDER),
    "performance:pack-list": Row(get=MONEY),
    "performance:pack-file": Row(get=MONEY),
    **dict.fromkeys(("performance:review-new", "performance:fidelity-new"), Row(get=TEAM, post=TEAM)),
    "performance:fidelity-correct": Row(get=TEAM, post=TEAM),
    **dict.fromkeys(
        ("performance:review-hold", "performance:note-new", "performance:action-new"), Row(post=TEAM)
    ),
    **dict.fromkeys(("performance:practice-list", "performance:practice-list-file"), Row(get=OPERATOR + "m")),
    "performance:practice-new": Row(get=TEAM + "m", post=TEAM + "m"),
    "performance:cadence-new": Row(get=TEAM, post=TEAM),
    "investment:facility-list": Row(get=OPERATOR + "i", at="site"),
    "investment:facility-new": Row(get=CLOSERS, post=CLOSERS),
    "investment:facility-detail": Row(get=OPERATOR + "i", at="facility"),
    "investment:facility-file": Row(get=OPERATOR + "i", at="facility"),
    "investment:drawdown-new": Row(get=CLOSERS, post=CLOSERS, at="facility"),
    "investment:distribution-new": Row(get=CLOSERS, post=CLOSERS, at="facility"),
    "investment:distribution-release": Row(post=CLOSERS, at="facility"),
    "investment:distribution-discard": Row(post=CLOSERS, at="facility"),
    "investment:forecast-new": Row(get=CLOSERS, post=CLOSERS, at="facility"),
    **dict.fromkeys(
        ("performance:programme-detail", "performance:programme-file"),
        Row(get=OPERATOR + FUNDER + "mi", at="lent"),
    ),
    **{f"performance:metric-{page}": OWN for page in ("list", "list-file", "detail")},
    **{f"performance:profile-{page}": SEE_MONEY for page in ("list", "list-file")},
    **{f"performance:profile-{page}": Row(get=MONEY, beside=MONEY) for page in ("detail", "file")},
    **dict.fromkeys(("performance:area-map", "performance:area-map-file"), SEE_MONEY),
    "performance:outlines-new": Row(get=TEAM, post=TEAM),
    **dict.fromkeys(("performance:disclosure-detail", "performance:disclosure-file"), SEE_MONEY),
    "performance:disclosure-new": Row(get="d", post="d"),
    **{f"performance:profile-{page}": Row(get=TEAM, post=TEAM) for page in ("new", "draw-anew")},
    "providers:operator-list": Row(get="d", at="site"),
    "providers:people": Row(get="d", post="d", at="operator"),
    "providers:person": Row(get="d", post="d", at="operator"),
    "providers:withdraw": Row(post="d", at="operator"),
    "providers:token-list": Row(get="d", post="d", at="operator"),
    "providers:token-revoke": Row(post="d", at="operator"),
    **{f"providers:webhook-{page}": Row(get="d", post="d", at="operator") for page in ("list", "detail")},
    "providers:delivery-replay": Row(post="d", at="operator"),
    "outcomes:caseload": Row(get=PROVIDER, at="site"),
    "outcomes:person-detail": Row(get=PEOPLE),
    "outcomes:event-detail": SEE_EVENT,
    **{f"outcomes:import-{page}": Row(get=OPERATOR + "m") for page in ("list", "list-file", "template")},
    # Somebody else's file is answered like one that is gone: back to the list.
    **{f"outcomes:import-{page}": Row(get=OPERATOR + "m") for page in ("preview", "report", "mend")},
    **{f"outcomes:import-{do}": Row(post=TEAM + "m") for do in ("check", "store", "again", "cancel")},
    "outcomes:import-columns": Row(get=TEAM + "m", post=TEAM + "m"),
    "outcomes:outcome-list": Row(get=CLAIM),
    "outcomes:outcome-list-file": Row(get=CLAIM),
    # The event of all worlds of the programme is of the first provider.
    "outcomes:outcome-detail": Row(get=PROVIDER, beside=PROVIDER),
    "outcomes:outcome-answer": Row(get=PROVIDER, post=PROVIDER, beside=PROVIDER),
    "outcomes:answer-keep": Row(post=PROVIDER, beside=PROVIDER),
    "outcomes:outcome-again": Row(post=CLAIM, beside=CLAIM),
    "outcomes:news-seen": Row(post=PROVIDER, at="site"),
    "outcomes:claim-new": Row(get=CLAIM, post=CLAIM),
    **{f"outcomes:claim-{page}": CLAIM_FORM for page in ("outcome", "details", "evidence")},
    **{f"outcomes:claim-{page}": CLAIM_PAGE for page in ("check", "submitted")},
    **{f"outcomes:claim-{page}": CLAIM_BUTTON for page in ("keep", "unhold", "submit", "discard")},
    "outcomes:evidence-remove": CLAIM_BUTTON,
    "outcomes:evidence-file": Row(get=PEOPLE),
    "participants:person-list": Row(get=PEOPLE),
    "participants:person-refer": Row(get=PROVIDER, post=PROVIDER),
    "participants:person-name": Row(get=OPERATOR, post=OPERATOR),
    **dict.fromkeys(("participants:transfer-list", "participants:transfer-list-file"), Row(get="m")),
    "participants:transfer-decide": Row(get="m", post="m", beside=""),
    "participants:person-change": Row(get=PROVIDER, post=PROVIDER, beside=""),
    "payments:programme-load": Row(get="d", post="d", at="site"),
    "payments:rate-card": SEE_MONEY,
    **dict.fromkeys(("payments:month-list", "payments:month-detail", "payments:month-charges"), SEE_MONTH),
    "payments:month-price": Row(post=TEAM),
    "payments:month-confirm-close": Row(get="fd"),
    "payments:month-close": Row(post="fd"),
    "payments:month-automate": Row(get="d", post="d"),
    **{f"payments:audit-{page}": Row(get=OPERATOR, at="site") for page in ("events", "changes")},
    **{f"payments:audit-{page}-file": Row(get=OPERATOR, at="site") for page in ("events", "changes")},
    "payments:job-detail": Row(get=OPERATOR, at="site"),
    **{f"payments:document-{page}": SEE_MONEY for page in ("list", "list-file", "detail", "pdf", "schedule")},
    "payments:document-einvoice": SEE_MONEY,
    "payments:invoicing-details": Row(get="fd", post="fd"),
    **{f"payments:trial-balance{page}": SEE_LEDGER for page in ("", "-file")},
    **{f"payments:ledger-account{page}": SEE_LEDGER for page in ("", "-file")},
    "payments:journal-detail": SEE_LEDGER,
    "payments:export-list": Row(get=OPERATOR, post=CLOSERS),
    **{f"payments:export-{page}": Row(get=OPERATOR) for page in ("list-file", "detail", "file")},
    "payments:export-undo": Row(get=CLOSERS, post=CLOSERS),
    **{f"payments:booking-code-list{page}": Row(get=OPERATOR) for page in ("", "-file")},
    "payments:booking-code-new": Row(get=CLOSERS, post=CLOSERS),
    "payments:booking-code-several": Row(get=CLOSERS, post=CLOSERS),
    "payments:booking-code-withdraw": Row(post=CLOSERS),
    **{f"payments:statement-{page}": SEE_MONEY for page in ("list", "list-file", "detail", "lines-file")},
    "payments:statement-answer": Row(get="p", post="p", beside=""),
    "payments:statement-record": Row(get=CLOSERS, post=CLOSERS, beside=CLOSERS),
    **{f"payments:line-query-list{page}": SEE_MONEY for page in ("", "-file")},
    "payments:line-query-settle": Row(get=CLOSERS, post=CLOSERS, beside=CLOSERS),
    **{f"payments:adjustment-{page}": Row(get=OPERATOR) for page in ("list", "list-file", "detail")},
    "payments:adjustment-new": Row(get=TEAM, post=TEAM),
    "payments:adjustment-decide": Row(post=CLOSERS, beside=CLOSERS),
    "payments:bank-account-list": Row(get=OPERATOR, post="fd"),
    **{f"payments:bank-{page}": SEE_LEDGER for page in ("account", "lines-file", "line", "demo-statement")},
    **{f"payments:bank-{page}": Row(post="fd") for page in ("import", "confirm", "line-allocate")},
    "payments:bank-columns": Row(get="fd", post="fd"),
    "payments:allocation-undo": Row(get="fd", post="fd"),
    **dict.fromkeys(("payments:on-account", "payments:on-account-file"), SEE_LEDGER),
    "payments:on-account-spend": Row(get="fd", post="fd"),
    **{f"payments:reconciliation{page}": SEE_LEDGER for page in ("", "-file", "-cell")},
    "payments:remittance-compare": Row(get=OPERATOR, post=OPERATOR),
    **{
        f"payments:{what}-trace{page}": Row(get=OPERATOR)
        for what in ("line", "order")
        for page in ("", "-file")
    },
    **{f"payments:event-trace{page}": Row(get=MONEY, beside=ALL) for page in ("", "-file")},
    **{f"payments:self-{page}": Row(get=OPERATOR) for page in ("billing", "billing-file")},
    "payments:self-billed-invoice": Row(get=OPERATOR),
    "payments:self-billing-issue": Row(post=CLOSERS),
    "payments:self-billing-new": Row(get=CLOSERS, post=CLOSERS),
    "payments:self-billing-end": Row(get=CLOSERS, post=CLOSERS),
    "payments:late-payment-list": Row(get=OPERATOR),
    "payments:late-payment-list-file": Row(get=OPERATOR),
    "payments:late-invoice": Row(get=OPERATOR),
    "payments:late-claim-propose": Row(post=TEAM),
    "payments:late-claim-waive": Row(post=CLOSERS),
    **dict.fromkeys(("payments:late-claim", "payments:late-claim-file"), SEE_MONEY),
    **{f"payments:late-claim-{do}": Row(post=CLOSERS, beside=CLOSERS) for do in ("decide", "withdraw")},
    "payments:reference-rate-list": Row(get=OPERATOR, post=CLOSERS),
    "payments:reference-rate-list-file": Row(get=OPERATOR),
    "payments:charge-detail": SEE_MONEY,
    "payments:event-charges": Row(get=MONEY, beside=ALL),  # both funders were charged for the event
    **dict.fromkeys(("payments:verification-queue", "payments:verification-queue-file"), SEE_EVENT),
    **dict.fromkeys(("payments:acceptance", "payments:acceptance-file"), SEE_EVENT),
    "payments:verification-detail": SEE_EVENT,
    **{f"payments:verification-{do}": DECIDE for do in ("confirm", "several", "verify", "query", "reject")},
    "payments:verification-answer": DECIDE,
    "payments:void-form": Row(get=TEAM, post=TEAM),
    "payments:void-confirm": DECIDE,
    "payments:sample-audit-list": Row(get=PEOPLE, post=TEAM),
    # Both audits drew events of the first provider, which is all that its staff see of them.
    "payments:sample-audit-detail": Row(get=PEOPLE, beside=ALL),
    # Sending is for those who check and for managers who reply; the service refuses a specialist in words.
    "payments:sampled-event": Row(get=PEOPLE, post=PROVIDER + TEAM, beside=ALL),
}
# The API, asked with a token that acts as the person.
API = {
    "accounts-api:token-detail": OWN,
    "funders-api:programme-list": OWN,
    **{f"participants-api:participant-{page}": Row(get=PEOPLE) for page in ("list", "detail")},
    "payments-api:outcome-list": CLAIM_FORM,
    "payments-api:outcome-batch": CLAIM_BUTTON,
    # The event of all worlds of the programme is of the first provider.
    "payments-api:outcome-detail": Row(get=CLAIM, beside=CLAIM),
    "payments-api:outcome-decide": Row(post=TEAM),
    **{f"payments-api:charge-{page}": SEE_MONEY for page in ("list", "detail")},
    **{f"payments-api:document-{page}": SEE_MONEY for page in ("list", "detail", "pdf", "einvoice")},
    **{f"payments-api:statement-{page}": SEE_MONEY for page in ("list", "detail")},
    "performance-api:full-export": Row(get=PEOPLE + FUNDER),
    "performance-api:metrics": Row(get=OPERATOR + FUNDER + "mi", at="lent"),
}
TABLE |= API
TABLE |= {
    "performance:full-export-file": Row(get=PEOPLE + FUNDER),
    "performance:indigo-file": Row(get=OPERATOR),
}
# Signing in itself: what it takes and refuses is tested in tests/accounts.
SIGNING_IN = {
    "accounts:sign-in",
    "accounts:second-step",
    "account_login",
    "mfa_authenticate",
    "accounts:forgotten-password",
    "accounts:new-password",
    "accounts:invitation",
    "accounts:organisation-start",
    "accounts:organisation-confirm",
    "accounts:organisation-connect",
    "accounts:organisation-answer",
}
# The same person answers an address differently for what is theirs but cannot be now.
NOT_NOW = {
    "accounts:end-sign-in": 404,  # the sign-in that asks is ended by signing out
    "accounts:recovery-codes": 404,  # there are none yet
    "accounts:recovery-codes-make": 404,
    "accounts:second-step-remove": 404,
    "performance:pack-file": 404,  # no month is closed of which a pack could have been made
}
