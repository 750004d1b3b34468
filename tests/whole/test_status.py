"""``alara status`` beside a real node: who called, what is wrong, and the code that says so."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.whole.running import Alara, Node

ROOT = Path(__file__).resolve().parents[2]
MONTH = ROOT / "sample_rdsr" / "2026-10"
FIRST = sorted(MONTH.glob("*.dcm"))[0]
TRUNCATED = next(MONTH.glob("*-truncated.dcm"))


def _problems(done: Any) -> set[str]:
    return {problem["kind"] for problem in json.loads(done.stdout)["problems"]}


def _until(node: Node, what: Any, *arguments: str) -> Any:
    until = time.monotonic() + 60
    while not what(found := node.json("status", *arguments)):
        assert time.monotonic() < until, found
        time.sleep(0.2)
    return found


def test_a_c_arm_is_seen_with_its_last_echo_and_its_reports(node: Node) -> None:
    node.run("echo", "127.0.0.1", str(node.port), "--calling", "CARM1")
    found = _until(node, lambda status: status["other_callers"])
    assert (found["other_callers"][0]["calling"], found["devices"]) == ("CARM1", [])
    assert found["other_callers"][0]["last_echo"]
    node.run("send", "127.0.0.1", str(node.port), FIRST, "--calling", "CARM1")
    (unit,) = _until(node, lambda status: status["devices"])["devices"]
    assert (unit["sending_aes"], unit["addresses"], unit["reports_24h"]) == (["CARM1"], ["127.0.0.1"], 1)
    assert unit["last_echo"] == found["other_callers"][0]["last_echo"]
    assert node.run("status", "--check").returncode == 0
    assert "ALARA listens on 127.0.0.1" in node.run("status").stdout


@pytest.mark.slow
def test_check_names_what_is_wrong(node: Node) -> None:
    node.run("send", "127.0.0.1", str(node.port), TRUNCATED, FIRST)
    node.wait_until_ingested()
    done = node.run("status", "--check", "--json", check=False)
    assert (done.returncode, _problems(done)) == (1, {"quarantine"})
    assert json.loads(done.stdout)["quarantine_by_reason"] == {"truncated": 1}
    assert _problems(node.run("status", "--json", "--low-disk-gib", "1000000")) == {"quarantine", "disk_low"}
    node.run("quarantine", "drop", "--all", "--yes")
    assert node.run("status", "--check").returncode == 0
    node.stop()
    done = node.run("status", "--check", "--json", check=False)
    assert (done.returncode, _problems(done)) == (1, {"node_down"})
    database = node.folder / "data" / "alara.sqlite"
    for file in database.parent.glob("alara.sqlite*"):
        file.unlink()
    database.write_bytes(b"no database" * 1000)
    assert _problems(node.run("status", "--json")) == {"node_down", "database"}


@pytest.mark.slow
def test_check_finds_a_node_that_holds_the_inbox_and_does_not_answer(node: Node) -> None:
    node.run("send", "127.0.0.1", str(node.port), FIRST)
    node.wait_until_ingested()
    node.process.send_signal(signal.SIGSTOP)
    try:
        done = node.run("status", "--check", "--json", check=False)
    finally:
        node.process.send_signal(signal.SIGCONT)
    assert (done.returncode, _problems(done)) == (1, {"node_down"})


@pytest.mark.slow
def test_check_finds_a_backlog(alara: Alara, tmp_path: Path) -> None:
    alara("import", FIRST)
    waiting = tmp_path / "data" / "inbox" / "new" / f"{'0' * 64}.dcm"
    shutil.copy(FIRST, waiting)
    os.utime(waiting, (time.time() - 3600, time.time() - 3600))
    assert "backlog" in _problems(alara("status", "--json"))
    assert "backlog" not in _problems(alara("status", "--json", "--backlog-minutes", "90"))


@pytest.mark.slow
def test_check_finds_a_c_arm_that_fell_silent(node: Node) -> None:
    files = sorted(MONTH.glob("*.dcm"))[:12]
    node.run("send", "127.0.0.1", str(node.port), *files, "--calling", "CARM1")
    node.wait_until_ingested()
    node.stop()
    with sqlite3.connect(node.folder / "data" / "alara.sqlite") as database:
        unit = database.execute("SELECT min(equipment_id) FROM reports").fetchone()[0]
        database.execute("UPDATE reports SET equipment_id = ?", (unit,))
        database.execute("UPDATE reports SET received_at = datetime(received_at, '-' || (id + 10) || ' days')")
    found = node.json("status")
    (silent,) = [problem for problem in found["problems"] if problem["kind"] == "silent"]
    assert "sent nothing for 11 days; usually no gap is longer than 1" in silent["text"]
    assert {unit["silent_days"] for unit in found["devices"]} == {11}


def test_the_page_is_one_file_without_script_or_network(node: Node) -> None:
    node.run("send", "127.0.0.1", str(node.port), TRUNCATED, FIRST, "--calling", "<b>CARM1")
    node.wait_until_ingested()
    node.run("status", "--html", "status.html")
    html = (node.folder / "status.html").read_text("utf-8")
    assert "&lt;b&gt;CARM1" in html
    assert "One thing wants seeing to." in html
    assert not re.search(r"<script|<b>CARM1|(src|href)=\"?http|url\(", html)
    assert 'content="default-src &#39;none&#39;; style-src' in html


@pytest.mark.slow
def test_watching_ends_with_an_interrupt(node: Node) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "alara", "status", "--watch", "1"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=node.environ)
    assert watching.stdout is not None
    seen = [line for _, line in zip(range(12), watching.stdout, strict=False) if line.startswith("Node:")]
    watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=120)
    assert len(seen) >= 2
    assert (watching.returncode, errors) == (0, "")


def test_metrics_are_served_on_loopback_and_end_with_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("prometheus_client")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("ALARA_METRICS_PORT", str(port))
    node = Node(tmp_path)
    try:
        node.run("send", "127.0.0.1", str(node.port), TRUNCATED, FIRST)
        node.wait_until_ingested()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        assert 'alara_node_events_total{kind="stored"} 2.0' in text
        assert "\nalara_quarantined 1.0\n" in text
        assert "\nalara_inbox_waiting 0.0\n" in text
    finally:
        assert node.stop() == 0


def test_a_log_for_programs_is_an_object_a_line(tmp_path: Path) -> None:
    import subprocess
    import sys

    environ = os.environ | {"ALARA_DATA_DIR": str(tmp_path / "data"), "ALARA_KEY_FILE": str(tmp_path / "key")}
    command = [sys.executable, "-m", "alara", "listen", "--host", "127.0.0.1", "--port", "0", "--log-json"]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)
    assert node.stdout is not None
    try:
        started = json.loads(node.stdout.readline())
        port = started["address"].rsplit(":", 1)[1]
        send = [sys.executable, "-m", "alara", "send", "127.0.0.1", port, str(FIRST), str(TRUNCATED)]
        subprocess.run(send, env=environ, check=True, capture_output=True)
        events = []
        while not {"ingested", "quarantined"} <= set(events):
            events.append(json.loads(node.stdout.readline())["event"])
    finally:
        node.terminate()
        rest, _ = node.communicate(timeout=30)
    assert "stored" in events
    assert [json.loads(line)["event"] for line in rest.splitlines()][-1] == "stopped"
