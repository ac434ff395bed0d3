"""Private brokers on loopback, with their data in a folder of the test."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.concurrency.processes import Processes, free_port, is_listening, kill, program, wait_for

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one in the path changes the user


@dataclass(slots=True)
class Redis:
    """A Redis that keeps nothing on disk: killed, it forgets everything."""

    processes: Processes
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it empty, and return when it listens."""
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.processes.folder)]
        nothing_kept = ["--save", "", "--appendonly", "no"]
        self.process = self.processes.start([program("redis-server") or "", *place, *nothing_kept], {})
        wait_for(lambda: is_listening(self.port), "Redis")

    def kill(self) -> None:
        """End it at once."""
        assert self.process is not None
        kill(self.process)


def start_rabbitmq(processes: Processes) -> str:
    """Start a RabbitMQ and the name server of its own that Erlang needs; return its address."""
    port, names, peers = free_port(), free_port(), free_port()
    processes.start([program("epmd") or "", "-address", "127.0.0.1", "-port", str(names)], {})
    wait_for(lambda: is_listening(names), "Erlang's name server")
    folder = processes.folder
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"tests{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(peers),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
    }
    processes.start([str(RABBITMQ)], environment)
    wait_for(lambda: is_listening(port), "RabbitMQ")
    return f"amqp://guest:guest@127.0.0.1:{port}//"
