# ruff: noqa: S608 (what is put into the statements comes from the tests)
"""L3 and L4: nobody rewrites the trail unseen, and its end cannot go unnoticed."""

from __future__ import annotations

import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from accounts.models import User
from audit.models import AuditEvent, ChainLink, Change
from audit.rules.chain import Break, Head
from audit.selectors.chain import HEAD_KEY, check, head
from audit.services import record
from tests.audit.trail import guards_lifted, run, seal
from tests.cast import AT, Cast, close

TAMPERINGS = 500
COLUMNS = ["reason", "through", "row_key", '"table"', "at", "actor_id", "transaction", "before", "after"]


@pytest.fixture
def chain(db: None) -> int:
    """Forty links of one to three changes each; gives the position of the last."""
    for link in range(40):
        for user in range(link % 3 + 1):
            User.objects.create_user(f"u{link}-{user}@example.org", "correct horse battery staple", name="U")
        seal()
    assert isinstance(check(), Head)
    return head().position


def flip(rng: random.Random, position: int) -> None:
    batch = ChainLink.objects.get(position=position).batch
    key = rng.choice(Change.objects.filter(batch=batch).values_list("pk", flat=True))
    column = rng.choice(COLUMNS)
    new = {
        "at": "at + interval '1 microsecond'",
        "actor_id": "coalesce(actor_id, 0) + 1",
        "transaction": "transaction + 1",
        "before": """coalesce(before, '{}') || '{"x": 1}'""",
        "after": """after || '{"name": "X"}'""",
    }.get(column, f"{column} || 'x'")
    run(f"UPDATE audit_change SET {column} = {new} WHERE id = {key}")


def delete_change(rng: random.Random, position: int) -> None:
    batch = ChainLink.objects.get(position=position).batch
    key = rng.choice(Change.objects.filter(batch=batch).values_list("pk", flat=True))
    run(f"DELETE FROM audit_change WHERE id = {key}")


def delete_link(_: random.Random, position: int) -> None:
    batch = ChainLink.objects.get(position=position).batch
    run(f"DELETE FROM audit_change WHERE batch = {batch}")
    run(f"DELETE FROM audit_chainlink WHERE position = {position}")


def reorder(_: random.Random, position: int) -> None:
    run(f"UPDATE audit_chainlink SET position = -1 WHERE position = {position}")
    run(f"UPDATE audit_chainlink SET position = {position} WHERE position = {position + 1}")
    run(f"UPDATE audit_chainlink SET position = {position + 1} WHERE position = -1")


def insert(_: random.Random, position: int) -> None:
    batch = ChainLink.objects.get(position=position).batch
    run(
        'INSERT INTO audit_change (batch, at, transaction, reason, through, "table", row_key, operation)'
        f" VALUES ({batch}, now(), 1, '', 'web', 'accounts_user', '1', 'INSERT')"
    )


def test_any_of_500_tamperings_is_found_and_its_position_named(chain: int) -> None:
    """L3."""
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)  # noqa: T201
    rng = random.Random(seed)  # noqa: S311
    with guards_lifted():
        for turn in range(TAMPERINGS):
            tamper = [flip, delete_change, delete_link, reorder, insert][turn % 5]
            position = rng.randrange(1, chain)
            with transaction.atomic():
                tamper(rng, position)
                found = check()
                transaction.set_rollback(True)
            assert isinstance(found, Break), (tamper, position)
            assert found.position == position, (tamper, position, found)
        assert check() == head()


def test_a_change_that_no_link_holds_is_found(chain: int) -> None:
    with guards_lifted():
        run(
            'INSERT INTO audit_change (batch, at, transaction, reason, through, "table", row_key, operation)'
            " VALUES (0, now(), 1, '', 'web', 'accounts_user', '1', 'INSERT')"
        )
        found = check()
    assert isinstance(found, Break)
    assert (found.position, found.why.endswith("is in no link")) == (1, True)


@pytest.mark.parametrize("where", ["outside", "event"])
def test_a_cut_off_end_shows_by_the_head_that_was_kept(chain: int, where: str) -> None:
    """L4: the last 1 to 39 links; what is left is a chain that holds by itself."""
    kept = head()
    if where == "event":
        record(actor=None, action="month.closed", subject="P 2026-04", at=AT, **{HEAD_KEY: str(kept)})
    anchors = [kept] if where == "outside" else []
    with guards_lifted():
        end = head().position
        for cut in range(1, chain):
            with transaction.atomic():
                last = kept.position - cut
                run(
                    f"DELETE FROM audit_change WHERE batch IN"
                    f" (SELECT batch FROM audit_chainlink WHERE position > {last} AND position <= {end})"
                )
                run(f"DELETE FROM audit_chainlink WHERE position > {last} AND position <= {end}")
                found = check(anchors)
                transaction.set_rollback(True)
            assert isinstance(found, Break)
            assert found.position == last + 1


def test_a_chain_that_was_made_anew_shows_by_the_head_that_was_kept(chain: int) -> None:
    found = check([Head(chain, "0" * 64)])
    assert found == Break(chain, "the chain up to here is not the one that was kept elsewhere")


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_change", "audit_chainlink"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET batch = batch", "DELETE FROM {}"])
def test_the_trail_is_append_only_for_its_owner_too(table: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(statement.format(table))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_change SELECT * FROM audit_change",
        "INSERT INTO audit_chainlink VALUES (1, 1, 1, '')",
    ],
)
def test_nothing_but_the_triggers_writes_the_trail(statement: str) -> None:
    with pytest.raises(DatabaseError, match="written by the database only"), transaction.atomic():
        run(statement)


@pytest.mark.django_db
def test_what_a_savepoint_took_back_is_in_no_link() -> None:
    User.objects.create_user("kept@example.org", "correct horse battery staple", name="K")
    with transaction.atomic():
        User.objects.create_user("undone@example.org", "correct horse battery staple", name="U")
        transaction.set_rollback(True)
    seal()
    assert ChainLink.objects.get().changes == Change.objects.count() == 1
    assert isinstance(check(), Head)


def test_a_close_keeps_the_head_and_the_command_prints_it(cast: Cast) -> None:
    seal()
    before = head()
    close(cast.programme, "2026-04", cast.finance)
    assert AuditEvent.objects.get(action="month.closed").details[HEAD_KEY] == str(before)
    seal()
    out = StringIO()
    call_command("audit_chain", "--anchor", str(before), stdout=out)
    assert str(head()) in out.getvalue()


def test_the_command_fails_with_the_first_break(chain: int) -> None:
    errors = StringIO()
    with guards_lifted():
        flip(random.Random(1), 7)  # noqa: S311
        with pytest.raises(SystemExit) as left:
            call_command("audit_chain", stderr=errors)
    assert left.value.code == 1
    assert "position 7" in errors.getvalue()


@pytest.mark.parametrize("text", ["", "7", "7:abc", "x:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"head|int"):
        Head.parse(text)
