"""One event is one line, for people and for programs, whatever a peer puts into it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from alara import logs


@pytest.fixture
def said(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    logger = logging.getLogger("alara.test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, stream
    logger.removeHandler(handler)


@pytest.mark.parametrize("said", [logs.JsonLines], indirect=True)
def test_an_event_is_an_object_with_its_values_as_they_are(said: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = said
    values = {"calling": "CARM 1", "bytes": 0, "detail": "", "status": None}
    logs.tell(logger, logging.WARNING, "refused", values)
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["event"], told["calling"], told["bytes"], told["level"]) == ("refused", "CARM 1", 0, "warning")
    assert told["time"].endswith("Z")
    assert not {"detail", "status", "message"} & set(told)


@pytest.mark.parametrize("said", [logs.JsonLines, logs.TextLines], indirect=True)
@pytest.mark.parametrize("poison", ["a\nstored calling=GOOD", "a\r\x1b[2J", "a\u2028b", "\x00"])
def test_nobody_writes_a_line_of_his_own(said: tuple[logging.Logger, io.StringIO], poison: str) -> None:
    logger, stream = said
    logs.tell(logger, logging.INFO, "echo", {"calling": poison})
    logger.info("the node says %s", poison)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("said", [logs.TextLines], indirect=True)
def test_a_traceback_is_one_line_too(said: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = said
    try:
        int("first\nsecond")
    except ValueError:
        logger.exception("odd")
    assert len(stream.getvalue().splitlines()) == 1
