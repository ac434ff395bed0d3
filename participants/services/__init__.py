"""What the office does with people: taking them, and their jobs, over from files."""

from participants.services.jobs import import_jobs
from participants.services.participants import import_participants

__all__ = ["import_jobs", "import_participants"]
