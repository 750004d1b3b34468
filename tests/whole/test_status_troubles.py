"""What hinders storing or reading is a problem of ``alara status`` at once, and the code of ``--check`` says so."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.whole.running import Alara, Node

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = sorted((ROOT / "sample_rdsr" / "2026-10").glob("*.dcm"))[:2]


def _checked(node: Node) -> tuple[int, dict[str, str]]:
    done = node.run("status", "--check", "--json", check=False)
    return done.returncode, {problem["kind"]: problem["text"] for problem in json.loads(done.stdout)["problems"]}


def _until(node: Node, wanted: Callable[[dict[str, str]], Any]) -> tuple[int, dict[str, str]]:
    until = time.monotonic() + 60
    while not wanted((found := _checked(node))[1]):
        assert time.monotonic() < until, (found, node.log)
        time.sleep(0.2)
    return found


def _send(node: Node, file: Path) -> int:
    return node.run("send", "127.0.0.1", str(node.port), file, "--calling", "CARM1", check=False).returncode


@pytest.mark.slow
def test_what_is_not_stored_is_a_row_and_a_problem_until_the_c_arm_is_served(node: Node) -> None:
    assert _checked(node) == (0, {})
    tmp = node.folder / "data" / "inbox" / "tmp"
    away = tmp.rename(tmp.with_name("away"))
    tmp.write_text("a file stands here")
    code, problems = _checked(node)  # nobody has sent anything: the node tries its inbox when its own machine asks
    assert (code, problems["not_stored"]) == (1, "The node stores nothing. It says: the inbox: Not a directory.")
    assert _send(node, FIRST) == 6
    tmp.unlink()
    away.rename(tmp)
    code, problems = _until(node, lambda found: "not_stored" in found)
    assert code == 1
    assert "CARM1 at 127.0.0.1" in problems["not_stored"]
    assert "Not a directory" in problems["not_stored"]
    assert "Not stored" in node.run("status").stdout
    node.run("status", "--html", "status.html")
    assert "Without an end it has not come again" in (node.folder / "status.html").read_text("utf-8")
    assert _send(node, FIRST) == 0
    assert _until(node, lambda found: "not_stored" not in found)[0] == 0
    (row,) = node.json("status")["node_records"]["not_stored"]
    assert (row["calling"], row["count"]) == ("CARM1", 1)
    assert row["again"]


@pytest.mark.slow
def test_an_ingest_that_waits_is_a_problem_at_once_and_none_when_it_goes_on(node: Node) -> None:
    assert _send(node, FIRST) == 0
    node.wait_until_ingested()
    key, other = node.folder / "key", node.folder / "other"
    key.rename(other)
    for child in psutil.Process(node.process.pid).children():
        child.kill()
    code, problems = _until(node, lambda found: "ingest" in found)
    assert code == 1
    assert problems["ingest"].startswith("What is stored is not read since 20")
    other.rename(key)
    assert _send(node, SECOND) == 0
    node.wait_until_ingested()
    assert node.json("list", "--uids")


def test_where_nothing_was_received_check_says_so_with_one_and_status_with_seven(alara: Alara, tmp_path: Path) -> None:
    done = alara("status", "--check", "--json")
    assert (done.returncode, [problem["kind"] for problem in json.loads(done.stdout)["problems"]]) == (1, ["no_inbox"])
    assert alara("status").returncode == 7
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_leaves_nothing_behind(alara: Alara, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = alara("listen", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, "cannot listen" in done.stderr) == (6, True)
    assert [path.name for path in tmp_path.iterdir()] == []
