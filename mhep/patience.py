"""
How long the database works and waits for each kind of process before it gives up (ADR 0029).

The limits travel with the connection. They are no attributes of roles, because the web server and the worker
sign in as the same role and need different ones.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

PROCESS = "MHEP_PROCESS"  # of the environment: what kind of process this is
AGAIN_AFTER = 5  # seconds after which somebody whom the database kept waiting may try again


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Seconds after which PostgreSQL ends something; 0 stands for never.

    ``statement`` is for one statement from its start, ``lock`` for each wait for somebody else's lock, and
    ``idle`` for a transaction in which nothing is asked.
    """

    statement: int
    lock: int
    idle: int

    @property
    def options(self) -> str:
        """The limits as PostgreSQL takes them when a connection begins."""
        limits = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())


KINDS = {
    # Somebody looks at the page: better a page that says "try again" than one that never comes.
    "web": Patience(statement=10, lock=4, idle=60),
    # Long work, which is asked for again; a statement ends well before the task is killed (mhep.celery).
    "worker": Patience(statement=900, lock=60, idle=300),
    # Whoever waits for a table to change it holds up everybody behind them: rather give up, and be run again.
    "migrate": Patience(statement=0, lock=5, idle=300),
    # Somebody at the command line sees how long it takes, and may be copying the database.
    "command": Patience(statement=0, lock=60, idle=0),
}


def this_is(kind: str) -> None:
    """Say what kind of process this is, where the environment does not; before the settings are read."""
    os.environ.setdefault(PROCESS, kind)
