"""
Who may see and do what: the whole matrix of roles, objects and actions, as data.

Every view names what it needs of it, and every test of access is held against it. Which rows a person
sees of what their role lets them see is for ``visible_to`` of each model; here it is only said in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a person is at an organisation; a person may be several. Its text is what pages show."""

    SPECIALIST = "Employment specialist"
    MANAGER = "Manager"
    ANALYST = "Analyst"
    FINANCE = "Finance"
    ADMINISTRATOR = "Administrator"
    AUDITOR = "Auditor"
    COMMISSIONER = "Commissioner"
    FINANCE_APPROVER = "Finance approver"
    INVESTOR = "Investor"


class Object(Enum):
    """A part of the system that somebody may see or change. Its text is what pages show."""

    MEMBERS = "Sign-ins of others"
    API_TOKEN = "Tokens and webhooks of the API"  # noqa: S105
    PROGRAMME_FILE = "Programme files"
    RATE_CARD = "Rate card"
    CASELOAD = "Caseload"
    PERSON = "People"
    OUTCOME = "Outcomes and logging them"
    EVIDENCE = "Evidence"
    EVENT = "Events and their verification"
    SAMPLE_AUDIT = "Sample audits"
    IMPORT = "Imports"
    MONTH = "Months"
    CHARGE = "Explanations of amounts"
    STATEMENT = "Statements before invoices"
    ADJUSTMENT = "Adjustments by hand"
    DOCUMENT = "Invoices and remittances"
    AUDIT_TRAIL = "Audit trail"
    INVESTMENT = "Investments"
    PAYMENT = "Payments to providers"
    PAYEE_ACCOUNT = "Bank accounts of providers"
    LEDGER = "Ledger"
    ACCOUNTING = "Exports into the accounts"
    SELLER = "Invoicing details of the operator"
    BANK = "Bank and payments received"
    RECONCILIATION = "Reconciliation"
    EXPORT = "Export of everything"
    LATE_PAYMENT = "Late payment"
    SELF_BILLING = "Self-billing"
    TRACE = "Money traced through an outcome"
    PACK = "Monthly packs"
    REVIEW = "Reviews, actions and fidelity"
    PRACTICE = "Supervision and meetings of services"
    DASHBOARD = "How a programme goes"
    PROFILE = "Targets and profiles"
    DISCLOSURE = "Disclosure rules"
    MAP = "Map of areas"


class Action(Enum):
    """What is done to an object."""

    SEE = "see"
    LOAD = "load"
    REFER = "refer"
    CHANGE = "change"
    ACCEPT = "accept"
    READ_NAME = "read a name"
    CLAIM = "claim"
    ANSWER = "answer"
    VERIFY = "verify"
    VOID = "void"
    DRAW = "draw"
    CHECK = "check"
    REPLY = "reply"
    IMPORT = "import"
    PRICE = "price"
    CLOSE = "close"
    AUTOMATE = "automate"
    APPROVE = "approve"
    RECORD = "record an answer"
    SETTLE = "settle"
    PROPOSE = "propose"
    AGREE = "agree"
    RELEASE = "release"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that roles may do to an object; ``meaning`` says it, with its limits, to people."""

    object: Object
    action: Action
    meaning: str
    roles: frozenset[Role]


PROVIDER = frozenset({Role.SPECIALIST, Role.MANAGER})
PERFORMANCE_TEAM = frozenset({Role.ANALYST, Role.FINANCE, Role.ADMINISTRATOR})
OPERATOR = PERFORMANCE_TEAM | {Role.AUDITOR}
FUNDER = frozenset({Role.COMMISSIONER, Role.FINANCE_APPROVER})
INVESTOR = frozenset({Role.INVESTOR})
CLOSERS = frozenset({Role.FINANCE, Role.ADMINISTRATOR})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
MANAGER = frozenset({Role.MANAGER})

RIGHTS = (
    Right(
        Object.MEMBERS,
        Action.CHANGE,
        "Invite people of their operator, its providers, funders and investors, and change or remove them",
        ADMINISTRATOR,
    ),
    Right(
        Object.API_TOKEN,
        Action.CHANGE,
        "Make and revoke tokens with which programs of their operator, its providers, funders and investors "
        "ask the API, none as an administrator; and webhooks by which these programs are told",
        ADMINISTRATOR,
    ),
    Right(
        Object.PROGRAMME_FILE,
        Action.LOAD,
        "Load the file of a programme that their operator runs, or of a new one",
        ADMINISTRATOR,
    ),
    Right(
        Object.RATE_CARD,
        Action.SEE,
        "See tariffs and terms: the operator all of them, a funder its own",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.CASELOAD,
        Action.SEE,
        "See who needs something today: a specialist their own people, a manager the team’s",
        PROVIDER,
    ),
    Right(
        Object.PERSON,
        Action.SEE,
        "See people: a provider its own with their names, the operator references only",
        PROVIDER | OPERATOR,
    ),
    Right(Object.PERSON, Action.REFER, "Refer somebody to a service of their provider", PROVIDER),
    Right(
        Object.PERSON,
        Action.CHANGE,
        "Record consent, support, jobs and everything else about their provider’s people",
        PROVIDER,
    ),
    Right(
        Object.PERSON,
        Action.ACCEPT,
        "Accept or decline a person whom another provider hands over, by reference and reason",
        MANAGER,
    ),
    Right(
        Object.PERSON,
        Action.READ_NAME,
        "Read one person’s name and contact details, with a reason; each reading is logged",
        OPERATOR,
    ),
    Right(
        Object.OUTCOME,
        Action.CLAIM,
        "Log an outcome: a provider for its own people, the operator for all",
        PROVIDER | PERFORMANCE_TEAM,
    ),
    Right(
        Object.OUTCOME,
        Action.SEE,
        "See what became of an outcome of their provider, and what was asked about it",
        PROVIDER,
    ),
    Right(Object.OUTCOME, Action.ANSWER, "Answer a question about an outcome of their provider", PROVIDER),
    Right(
        Object.EVIDENCE,
        Action.SEE,
        "Open evidence that was found clean: a provider of its own people; each viewing is logged",
        PROVIDER | OPERATOR,
    ),
    Right(
        Object.EVENT,
        Action.SEE,
        "See events, the queue of those that wait, and how many pass at once",
        OPERATOR,
    ),
    Right(
        Object.EVENT,
        Action.VERIFY,
        "Verify, query or reject an event, never one that they submitted",
        PERFORMANCE_TEAM,
    ),
    Right(Object.EVENT, Action.VOID, "Void a verified event, which credits it", PERFORMANCE_TEAM),
    Right(
        Object.SAMPLE_AUDIT,
        Action.SEE,
        "See sample audits: a provider those that drew its events, and of them only its own",
        PROVIDER | OPERATOR,
    ),
    Right(Object.SAMPLE_AUDIT, Action.DRAW, "Draw a sample audit", PERFORMANCE_TEAM),
    Right(
        Object.SAMPLE_AUDIT,
        Action.CHECK,
        "Record a second look, never at an event that they wrote or verified",
        PERFORMANCE_TEAM,
    ),
    Right(Object.SAMPLE_AUDIT, Action.REPLY, "Reply to a finding about their provider’s event", MANAGER),
    Right(
        Object.IMPORT,
        Action.SEE,
        "See what can be imported, its template and the files that came: a provider its own files",
        OPERATOR | MANAGER,
    ),
    Right(
        Object.IMPORT,
        Action.IMPORT,
        "Import people, jobs and outcomes from a file: a provider about its own people only",
        PERFORMANCE_TEAM | MANAGER,
    ),
    Right(Object.MONTH, Action.SEE, "See months, what they decided and the work that runs", OPERATOR),
    Right(Object.MONTH, Action.PRICE, "Price an open month", PERFORMANCE_TEAM),
    Right(Object.MONTH, Action.CLOSE, "Close a month, which issues its documents for good", CLOSERS),
    Right(
        Object.MONTH,
        Action.AUTOMATE,
        "Decide whether a programme’s months close by themselves",
        ADMINISTRATOR,
    ),
    Right(
        Object.CHARGE,
        Action.SEE,
        "See why an amount is what it is: a funder of its own amounts",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.STATEMENT,
        Action.SEE,
        "See statements and what was queried on them: a funder its own",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.STATEMENT,
        Action.APPROVE,
        "Approve a statement of their funder or query its lines, never what they claimed or verified",
        frozenset({Role.FINANCE_APPROVER}),
    ),
    Right(
        Object.STATEMENT,
        Action.RECORD,
        "Record an answer that a funder gave elsewhere, with its evidence",
        CLOSERS,
    ),
    Right(Object.STATEMENT, Action.SETTLE, "Settle a funder’s query, never one that they recorded", CLOSERS),
    Right(
        Object.ADJUSTMENT,
        Action.SEE,
        "See adjustments by hand, with who proposed and approved them",
        OPERATOR,
    ),
    Right(Object.ADJUSTMENT, Action.PROPOSE, "Propose an adjustment, with its reason", PERFORMANCE_TEAM),
    Right(
        Object.ADJUSTMENT,
        Action.APPROVE,
        "Approve or refuse an adjustment, never approve one that they proposed",
        CLOSERS,
    ),
    Right(
        Object.DOCUMENT,
        Action.SEE,
        "See and download documents: a funder its own, never what providers are paid",
        OPERATOR | FUNDER,
    ),
    Right(Object.PAYMENT, Action.SEE, "See what providers are paid, and what is open for them", OPERATOR),
    Right(
        Object.PAYMENT,
        Action.CHANGE,
        "Prepare or discard a payment batch, and record that a payment came back",
        CLOSERS,
    ),
    Right(
        Object.PAYMENT,
        Action.RELEASE,
        "Release a payment batch, never one that they prepared, and take its file for the bank",
        CLOSERS,
    ),
    Right(Object.PAYEE_ACCOUNT, Action.SEE, "See the last signs of providers’ account numbers", OPERATOR),
    Right(
        Object.PAYEE_ACCOUNT,
        Action.CHANGE,
        "Enter a provider’s account, or approve one that somebody else entered",
        CLOSERS,
    ),
    Right(
        Object.INVESTMENT,
        Action.SEE,
        "See a facility, its movements and what is expected: an investor its own",
        OPERATOR | INVESTOR,
    ),
    Right(Object.INVESTMENT, Action.AGREE, "Record the facility of a programme, once", CLOSERS),
    Right(
        Object.INVESTMENT,
        Action.CHANGE,
        "Record drawdowns and forecasts, propose or discard a distribution",
        CLOSERS,
    ),
    Right(
        Object.INVESTMENT,
        Action.RELEASE,
        "Release a distribution, never one that they proposed",
        CLOSERS,
    ),
    Right(
        Object.SELLER,
        Action.CHANGE,
        "Change the address, numbers and bank account of their operator that invoices print",
        CLOSERS,
    ),
    Right(Object.LEDGER, Action.SEE, "See every account and movement of their operator’s ledger", OPERATOR),
    Right(
        Object.ACCOUNTING,
        Action.SEE,
        "See and download what was exported into their operator’s own accounts, and their codes",
        OPERATOR,
    ),
    Right(
        Object.ACCOUNTING,
        Action.EXPORT,
        "Export the ledger into their operator’s own accounts, or take an export back",
        CLOSERS,
    ),
    Right(
        Object.ACCOUNTING,
        Action.CHANGE,
        "Set or withdraw the codes of their operator’s own accounts",
        CLOSERS,
    ),
    Right(
        Object.AUDIT_TRAIL,
        Action.SEE,
        "See what was done and changed and by whom, and whether that record holds",
        OPERATOR,
    ),
    Right(
        Object.BANK, Action.SEE, "See their operator’s bank accounts, and what each payment is for", OPERATOR
    ),
    Right(
        Object.BANK,
        Action.IMPORT,
        "Add bank accounts, import bank statements, and allocate payments or undo that",
        CLOSERS,
    ),
    Right(
        Object.RECONCILIATION,
        Action.SEE,
        "See what was charged, invoiced, received and is owed, and compare a funder’s remittance file",
        OPERATOR,
    ),
    Right(
        Object.SELF_BILLING,
        Action.SEE,
        "See self-billing agreements with providers, and the invoices issued in their place",
        OPERATOR,
    ),
    Right(
        Object.SELF_BILLING,
        Action.CHANGE,
        "Enter or end a self-billing agreement, and issue a provider’s invoice in its place",
        CLOSERS,
    ),
    Right(
        Object.TRACE,
        Action.SEE,
        "See who paid for an outcome, and when its provider was paid: a funder its own side only",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.LATE_PAYMENT,
        Action.SEE,
        "See which invoices were paid late, what may be claimed for it, and the reference rates",
        OPERATOR,
    ),
    Right(
        Object.LATE_PAYMENT,
        Action.PROPOSE,
        "Propose to charge a funder interest and the fixed sum for paying late",
        PERFORMANCE_TEAM,
    ),
    Right(
        Object.LATE_PAYMENT,
        Action.APPROVE,
        "Charge, refuse, waive or withdraw a claim for paying late, never charge one that they proposed",
        CLOSERS,
    ),
    Right(Object.LATE_PAYMENT, Action.CHANGE, "Enter a reference rate of a central bank", CLOSERS),
    Right(Object.PACK, Action.SEE, "See and download monthly packs: a funder its own", OPERATOR | FUNDER),
    Right(
        Object.REVIEW,
        Action.SEE,
        "See reviews, actions and fidelity: funders those of the contract, a provider those of its services",
        OPERATOR | FUNDER | MANAGER,
    ),
    Right(
        Object.REVIEW,
        Action.CHANGE,
        "Plan and record reviews, agree actions and record fidelity reviews",
        PERFORMANCE_TEAM,
    ),
    Right(
        Object.REVIEW,
        Action.REPLY,
        "Say how an action goes: a provider those of its services",
        PERFORMANCE_TEAM | MANAGER,
    ),
    Right(
        Object.PRACTICE,
        Action.SEE,
        "See which supervision and meetings services held: a provider its own",
        OPERATOR | MANAGER,
    ),
    Right(
        Object.PRACTICE,
        Action.CHANGE,
        "Record that a service met: a provider its own",
        PERFORMANCE_TEAM | MANAGER,
    ),
    Right(
        Object.PRACTICE, Action.AGREE, "Say how often services shall meet, from today on", PERFORMANCE_TEAM
    ),
    Right(
        Object.DASHBOARD,
        Action.SEE,
        "See how a programme goes: a funder what it covers and its own money, a manager the provider’s own "
        "services without money, an investor the whole",
        OPERATOR | FUNDER | MANAGER | INVESTOR,
    ),
    Right(
        Object.EXPORT,
        Action.SEE,
        "Take all that their role may read of a programme as one file",
        PROVIDER | OPERATOR | FUNDER,
    ),
    Right(
        Object.PROFILE,
        Action.SEE,
        "See targets and profiles with their versions: a funder all but the money of everybody together",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.PROFILE,
        Action.CHANGE,
        "Set a target or profile, or draw one anew; every version is kept",
        PERFORMANCE_TEAM,
    ),
    Right(
        Object.DISCLOSURE,
        Action.SEE,
        "See how small numbers of a programme are shown, and to whom",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.DISCLOSURE,
        Action.CHANGE,
        "Decide how small numbers of a programme are shown to funders and investors",
        ADMINISTRATOR,
    ),
    Right(
        Object.MAP,
        Action.SEE,
        "See areas shaded by a rate: a funder under the disclosure rule of the contract",
        OPERATOR | FUNDER,
    ),
    Right(
        Object.MAP, Action.LOAD, "Upload the file with the outlines of a programme’s areas", PERFORMANCE_TEAM
    ),
)

_ROLES = {(right.object, right.action): right.roles for right in RIGHTS}


def allows(roles: Iterable[Role], thing: Object, action: Action) -> bool:
    """
    Tell whether one of the roles may do this; nobody may do what no right names.

    :raises KeyError: if there is no such right at all, so that a slip never reads as a refusal.
    """
    return not _ROLES[thing, action].isdisjoint(roles)
