"""What the tests of outcomes share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def vault_folder(tmp_path: Path, settings: Any) -> Path:
    """Where evidence is stored during a test; ``tmp_path`` holds nothing else."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return tmp_path / "evidence"
