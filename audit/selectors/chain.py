"""Reading the chain of changes: its head, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import connection, transaction

from audit.models import AuditEvent, ChainLink
from audit.rules.chain import START, Break, Head, Link, follow

HEAD_KEY = "audit_head"
BATCH = 2_000  # links fetched at once

# What a change says, in the one form that is hashed. The trigger of the migration has the same.
DIGEST = """
sha256(convert_to(jsonb_build_array(
    c.id, c.batch, to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), c.transaction, c.actor_id,
    c.reason, c.through, c."table", c.row_key, c.operation, c.before, c.after
)::text, 'UTF8'))
"""
LINKS = f"""
DECLARE audit_links NO SCROLL CURSOR FOR
SELECT l.position, l.batch, l.changes, l.hash, own.found, own.digests
FROM audit_chainlink l CROSS JOIN LATERAL (
    SELECT count(*) AS found, coalesce(string_agg({DIGEST}, ''::bytea ORDER BY c.id), '') AS digests
    FROM audit_change c WHERE c.batch = l.batch
) own
ORDER BY l.position
"""  # noqa: S608 (no value comes from outside)
UNLINKED = """
SELECT c.id, (SELECT coalesce(max(l.position), 0) + 1 FROM audit_chainlink l WHERE l.batch < c.batch)
FROM audit_change c WHERE NOT EXISTS (SELECT FROM audit_chainlink l WHERE l.batch = c.batch)
ORDER BY c.id LIMIT 1
"""


def head() -> Head:
    """Return the last link that is committed, or the start of an empty chain."""
    link = ChainLink.objects.order_by("-position").first()
    return Head(link.position, link.hash) if link else START


@transaction.atomic
def check(anchors: Iterable[Head] = ()) -> Head | Break:
    """
    Follow the chain from its first link; return its head, or the first position that is not as written.

    :param anchors: heads kept outside of the database. Those that events of the audit kept are looked at too.
    """
    known = {anchor.position: anchor.hash for anchor in (*_kept(), *anchors) if anchor.position}
    found = follow(_links(), known)
    with connection.cursor() as cursor:
        cursor.execute(UNLINKED)
        stray = cursor.fetchone()
    if stray is None or (isinstance(found, Break) and found.position <= stray[1]):
        return found
    return Break(stray[1], f"the change {stray[0]} is in no link")


def _kept() -> Iterator[Head]:
    kept = AuditEvent.objects.filter(details__has_key=HEAD_KEY).values_list("details", flat=True)
    for details in kept.iterator():
        yield Head.parse(details[HEAD_KEY])


def _links() -> Iterator[Link]:
    with connection.cursor() as cursor:
        cursor.execute(LINKS)
        try:
            while True:
                cursor.execute(f"FETCH {BATCH} FROM audit_links")
                rows = cursor.fetchall()
                if not rows:
                    return
                for position, batch, changes, digest, found, digests in rows:
                    yield Link(position, batch, changes, digest, found, bytes(digests))
        finally:
            cursor.execute("CLOSE audit_links")
