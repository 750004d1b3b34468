"""``manifest.json``: the files with their SHA-256 and size, what made them, and the counts.

Keys are sorted and there is no wall-clock time: same inputs, same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from alara.audit import Audit, Headline

__all__ = ["headline_dict", "manifest", "sha256"]


def sha256(content: bytes) -> str:
    """SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def manifest(audit: Audit, contents: Mapping[str, bytes]) -> bytes:
    """The manifest of an audit whose files have these contents, by name."""
    files = {name: {"sha256": sha256(content), "size_bytes": len(content)} for name, content in contents.items()}
    document = {**headline_dict(audit), "files": files}
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8")


def headline_dict(audit: Audit) -> dict[str, Any]:
    """What the audit is of, what it was made with, and its headline, as plain values for JSON."""
    period, background, headline = audit.period, audit.background, audit.headline
    return {
        "alara": audit.version,
        "background": {"id": background.id, "annual_msv": background.annual_msv, "scope": background.scope},
        "counts": _counts(headline),
        "knowledge_sha256": audit.knowledge_digest,
        "period": {
            "label": period.label,
            "start": period.start.isoformat(),
            "end_exclusive": period.end.isoformat(),
        },
        "policy": audit.policy,
        "site": audit.site,
    }


def _counts(headline: Headline) -> dict[str, Any]:
    """The headline; the reviewed ones are of those classified."""
    return {
        "alternative_by_policy": {name: share.count for name, share in headline.alternative.items()},
        "alternative_exists": headline.uncontested.count,
        "awaiting_sign_off": headline.awaiting_sign_off.count,
        "classified": headline.uncontested.of,
        "contested": headline.contested.count,
        "contested_by_policy": {name: share.count for name, share in headline.contested_by_policy.items()},
        "dose_estimated": headline.dose_estimated.count,
        "implausible": headline.implausible.count,
        "incomplete": headline.incomplete.count,
        "low_confidence": headline.low_confidence.count,
        "not_classified": headline.not_classified.count,
        "procedures": headline.procedures,
        "radiography": headline.radiography,
        "substantial_dose": headline.substantial.count,
    }
