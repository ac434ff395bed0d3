"""
What comparable services achieved and cost, as published; worked out from published totals.

Paid money divided by results is no price: grants of the pandemic and variations are in it.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "INDIGO data set, final results of Life Chances Fund projects, export of December 2025"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """
    One published service: job starts for each engagement and sustained work for each job start, in tenths of
    a per cent, and average payments in minor units of pounds.
    """

    name: str
    people: int
    jobs_per_engagement: int
    sustained_per_job: int
    per_engagement_minor: int
    per_job_minor: int


BENCHMARKS = (
    Benchmark("Haringey and Barnet, 2019 to 2023", 972, 314, 472, 2_071_00, 6_602_00),
    Benchmark("Enfield, 2020 to 2024", 254, 346, 659, 2_404_00, 6_939_00),
    Benchmark("Shropshire, 2020 to 2024", 496, 343, 459, 2_086_00, 6_085_00),
    Benchmark("Tower Hamlets, mental health", 1_171, 307, 546, 1_473_00, 4_804_00),
    Benchmark("West London, addiction, 2019 to 2022", 1_768, 262, 471, 2_206_00, 8_424_00),
)
