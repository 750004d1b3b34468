"""Synthetic dose reports: the month of a pain and joint clinic, and any number of large reports for benchmarks."""

from __future__ import annotations

from alara.samples.load import generate
from alara.samples.month import Sample, make_month, write_month

__all__ = ["Sample", "generate", "make_month", "write_month"]
