"""Data with sources: procedures, policies, coefficients, backgrounds, thresholds, references."""

from __future__ import annotations

from alara.knowledge.entries import (
    GENERAL_REGIONS,
    Background,
    Coefficient,
    Comparator,
    Concept,
    ContrastConfirmation,
    CptCode,
    Depth,
    Evidence,
    Expansion,
    Grade,
    PayerRule,
    Policy,
    Procedure,
    Reference,
    ReferenceLevel,
    Side,
    Status,
    Threshold,
    WordKind,
    Zone,
)
from alara.knowledge.loader import Knowledge, load

__all__ = [
    "GENERAL_REGIONS",
    "Background",
    "Coefficient",
    "Comparator",
    "Concept",
    "ContrastConfirmation",
    "CptCode",
    "Depth",
    "Evidence",
    "Expansion",
    "Grade",
    "Knowledge",
    "PayerRule",
    "Policy",
    "Procedure",
    "Reference",
    "ReferenceLevel",
    "Side",
    "Status",
    "Threshold",
    "WordKind",
    "Zone",
    "load",
]
