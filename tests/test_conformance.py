"""The conformance statement says what the code does, and every test that it names is there."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from alara.cli import COMMANDS
from alara.node.names import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION
from alara.node.scp import TRANSFER_SYNTAXES
from alara.node.settings import NodeSettings
from alara.sop_classes import ACCEPTED
from tests.named_tests import ROOT, must_be_there, named_on

PAGE = (ROOT / "docs" / "conformance.md").read_text("utf-8")
NAMED = named_on(PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_test_that_the_page_names_is_there(file: str, name: str) -> None:
    must_be_there(file, name)


def test_the_page_names_many_tests() -> None:
    assert len(NAMED) > 40


def test_the_classes_on_the_page_are_those_that_the_node_accepts() -> None:
    listed = re.findall(r"^\| [^|]+ \| (1\.2\.840\.10008\.5\.1\.4\.1\.1\.[\d.]+) \|$", PAGE, re.MULTILINE)
    assert listed == list(ACCEPTED)


def test_the_transfer_syntaxes_stand_in_the_order_of_preference() -> None:
    section = PAGE.partition("#### 3.1.3")[2].partition("####")[0]
    at = [section.index(f"({syntax}") for syntax in TRANSFER_SYNTAXES]
    assert at == sorted(at)


def test_what_the_node_says_of_itself_is_on_the_page() -> None:
    assert f"| {IMPLEMENTATION_CLASS_UID} |" in PAGE
    assert f"| {IMPLEMENTATION_VERSION} |" in PAGE


def test_limits_and_times_on_the_page_are_those_of_the_settings() -> None:
    node = NodeSettings()
    for sentence in (
        f"{node.aet}, configurable",
        f"{node.port}, configurable",
        f"{node.max_associations}, configurable",
        f"{node.max_associations_per_address} an address",
        f"{node.advertised_pdu_bytes} bytes; a PDU over {node.max_pdu_bytes} bytes",
        f"{node.max_object_bytes} bytes",
        f"{node.request_timeout_s:.0f} s from the connection to the request",
        f"{node.pdu_timeout_s:.0f} s from the first byte of a PDU",
        f"{node.message_timeout_s:.0f} s for a message, {node.idle_timeout_s:.0f} s between two PDUs",
        f"after a wait of {node.seat_timeout_s:.0f} s",
    ):
        assert sentence in PAGE, sentence
    assert {field.name for field in fields(NodeSettings)} >= {"require_called_aet", "allowed_calling"}


def test_the_commands_on_the_page_are_commands() -> None:
    named = set(re.findall(r"`alara ([a-z]+)", PAGE))
    assert {"listen", "send", "echo"} <= named
    assert named <= set(COMMANDS)
