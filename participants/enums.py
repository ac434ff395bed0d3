"""The words of the jobs file, as stored values; they differ from the file's in case only."""

from __future__ import annotations

from django.db import models


class WorkKind(models.TextChoices):
    """What a person does in a period: paid work, or a course."""

    WORK = "WORK", "Work"
    EDUCATION = "EDUCATION", "Education"


class ReferralSource(models.TextChoices):
    """Who sent the person, or that they came by themselves."""

    SELF = "SELF", "Came by themselves"
    MENTAL_HEALTH = "MENTAL_HEALTH", "Mental health team"
    TREATMENT = "TREATMENT", "Drug or alcohol treatment service"
    GP = "GP", "GP or primary care"
    JOBCENTRE = "JOBCENTRE", "Jobcentre"
    COUNCIL = "COUNCIL", "Council or housing"
    OTHER = "OTHER", "Somebody else"


class ConsentKind(models.TextChoices):
    """What a person agrees to; each can be withdrawn by itself."""

    DATA_SHARING = "DATA_SHARING", "Sharing data between health services and the jobcentre"
    EMPLOYER_CONTACT = "EMPLOYER_CONTACT", "Contact with the employer"
    DISCLOSURE = "DISCLOSURE", "Telling the employer about their health"


class EndReason(models.TextChoices):
    """Why a time with a service ended."""

    WORKING = "WORKING", "In work and needs no more support"
    OWN_WISH = "OWN_WISH", "Wants no more support"
    LOST_CONTACT = "LOST_CONTACT", "Cannot be reached"
    HEALTH = "HEALTH", "Not now, for health reasons"
    MOVED = "MOVED", "Moved away"
    OTHER = "OTHER", "Another reason"
    TRANSFERRED = "TRANSFERRED", "Went on with another service"


class TransferState(models.TextChoices):
    """Whether another provider takes a person over."""

    WAITING = "WAITING", "Waiting for the other provider"
    ACCEPTED = "ACCEPTED", "Accepted"
    DECLINED = "DECLINED", "Declined"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ActivityKind(models.TextChoices):
    """What support was given; contact with an employer counts towards the first 30 days."""

    CONTACT = "CONTACT", "Contact with the person"
    EMPLOYER_CONTACT = "EMPLOYER_CONTACT", "Contact with an employer"
    JOB_SEARCH = "JOB_SEARCH", "Job search"
    IN_WORK = "IN_WORK", "In-work support"
    WELLBEING = "WELLBEING", "Well-being"
    SKILLS = "SKILLS", "Skills"
    DIGITAL = "DIGITAL", "Digital inclusion"
    BENEFITS = "BENEFITS", "Benefits advice"
