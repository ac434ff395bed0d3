"""The outlines of a programme's areas."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from funders.models import Area, Programme


class AreaFile(models.Model):
    """An area file that was uploaded: the newest counts, the others are kept. Never changed."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="area_files")
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="performance_areafile_hash"
            )
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.sha256}"


class AreaOutline(models.Model):
    """The outline of one area, as rings of longitude and latitude: normalised, nothing else of the file."""

    file = models.ForeignKey(AreaFile, on_delete=models.PROTECT, related_name="outlines")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    rings = models.JSONField()

    class Meta:
        ordering = ["area__position"]
        constraints = [models.UniqueConstraint(fields=["file", "area"], name="performance_areaoutline_once")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.area_id}"
