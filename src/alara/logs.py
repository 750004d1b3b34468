"""The log: one event, one line, for people or for programs.

An event is a word and values: ``stored address=10.1.2.3 calling=CARM1 …``, or
with ``log_json`` an object with the same names. A line names machines, digests
and numbers, never people. Whatever a peer sent is escaped, so that nobody can
write a line of his own into the log.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

__all__ = ["JsonLines", "TextLines", "line", "plain", "tell"]


def tell(logger: logging.Logger, level: int, event: str, values: Mapping[str, Any]) -> None:
    """Log one event; values that are empty or ``None`` are left out."""
    known = {name: value for name, value in values.items() if value not in ("", None)}
    logger.log(level, "%s", line(event, known), extra={"alara_event": event, "alara_values": known})


def line(event: str, values: Mapping[str, Any]) -> str:
    """The event as ``event name=value …`` on one line."""
    return " ".join([event, *(f"{name}={plain(str(value))}" for name, value in values.items())])


def plain(text: str) -> str:
    """The text in printable ASCII, in quotes where it holds a space."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"' if " " in text else text  # nearly always, and between every store and its answer
    escaped = "".join(c if " " <= c <= "~" and c not in '"\\' else ascii(c)[1:-1] for c in text)
    escaped = escaped.replace('"', '\\"')
    return f'"{escaped}"' if " " in escaped else escaped


class TextLines(logging.Formatter):
    """Time in UTC, level and message, on one line whatever the message holds."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``event`` and its values, or ``message``."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = {"time": f"{stamp}.{int(record.msecs):03d}Z", "level": record.levelname.lower(), "logger": record.name}
        event = getattr(record, "alara_event", None)
        body = (
            {"message": record.getMessage()} if event is None else {"event": event, **record.__dict__["alara_values"]}
        )
        return json.dumps(head | body, default=str)
