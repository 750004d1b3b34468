"""Nothing that was acknowledged is lost, whatever dies, fills up or is away meanwhile."""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from alara.inbox import Inbox, part10
from alara.node import echo
from alara.samples.load import generate
from tests.node.hostile import Caller
from tests.whole.running import Alara, Node

pytestmark = pytest.mark.slow

_OUT_OF_RESOURCES = 0xA700


class Reports:
    """Any number of small reports, each of a study of its own: the same one under other UIDs."""

    def __init__(self) -> None:
        data = next(iter(generate(1, 1)))
        meta, start = part10.parse(data) or pytest.fail("no header")
        self._uid, self._dataset = meta.sop_instance_uid, data[start:]

    def __call__(self, number: int, size: int = 0) -> tuple[str, bytes]:
        """SOP Instance UID and dataset; larger by a private element at its end when a size is given."""
        last = b"%06d" % number
        dataset = re.sub(rb"(2\.25\.\d{25,})\d{6}(?=\D)", rb"\g<1>" + last, self._dataset)
        if size:
            dataset += b"\xe1\xff\x10\x10OB\0\0" + size.to_bytes(4, "little") + bytes(size)
        return self._uid[:-6] + last.decode(), dataset


@pytest.fixture(scope="module")
def reports() -> Reports:
    return Reports()


def _store(node: Node, reports: Reports, *numbers: int, size: int = 0) -> list[int]:
    with Caller(node.port) as c_arm:
        assert c_arm.associate()
        statuses = [c_arm.store(*reports(number, size)) for number in numbers]
        c_arm.release()
    return statuses


def _echoes(node: Node) -> bool:
    echo("127.0.0.1", node.port, timeout_s=10)
    return True


def _problem(node: Node, kind: str) -> str:
    """What ``alara status --check`` says of one kind of problem, in a second or so; empty when it never does."""
    until = time.monotonic() + 10
    while True:
        done = node.run("status", "--check", "--json", check=False)
        found = [one["text"] for one in json.loads(done.stdout)["problems"] if one["kind"] == kind]
        if found:
            assert done.returncode == 1
            return " ".join(found)
        if time.monotonic() > until:
            return ""


def _database(node: Node) -> Path:
    return node.folder / "data" / "alara.sqlite"


def _rows(node: Node) -> list[str]:
    with closing(sqlite3.connect(_database(node))) as database:
        return [uid for (uid,) in database.execute("SELECT sop_instance_uid FROM reports")]


def _is_complete(node: Node, reports: Reports, numbers: range) -> None:
    node.wait_until_ingested()
    assert sorted(_rows(node)) == sorted(reports(number)[0] for number in numbers)


class _Clinic:
    """C-arms that send, and send again what was not acknowledged, until all is."""

    def __init__(self, node: Node, reports: Reports, count: int) -> None:
        self._node, self._reports = node, reports
        self._numbers = iter(range(count))
        self._lock = threading.Lock()
        self.acknowledged: list[int] = []
        self._threads = [threading.Thread(target=self._deliver, args=(number,)) for number in range(3)]
        for thread in self._threads:
            thread.start()

    @property
    def is_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def _deliver(self, _number: int) -> None:
        number = self._next()
        while number is not None:
            with suppress(OSError, AssertionError), Caller(self._node.port, timeout_s=20) as c_arm:
                if not c_arm.associate():
                    continue
                while number is not None and c_arm.store(*self._reports(number)) == 0:
                    self.acknowledged.append(number)
                    number = self._next()
            if number is not None:
                time.sleep(0.05)


def test_of_ten_thousand_acknowledged_none_is_missing_and_none_is_twice(node: Node, reports: Reports) -> None:
    """``kill -9`` of the node, of ingest and of its readers, at random instants under load."""
    count, chance = 10_000, random.Random(10_000)
    clinic = _Clinic(node, reports, count)
    kills = 0
    while clinic.is_busy:
        time.sleep(chance.uniform(0.2, 3.0))
        family = [psutil.Process(node.process.pid)]
        with suppress(psutil.NoSuchProcess):
            family += family[0].children(recursive=True)
        victim = chance.choice(family)
        with suppress(psutil.NoSuchProcess):
            victim.kill()
            kills += 1
        if victim.pid == node.process.pid:
            node.process.wait()
            node.start()
    assert kills >= 5
    assert sorted(clinic.acknowledged) == list(range(count))
    until = time.monotonic() + 300
    while node.json("status")["inbox"]["new"]:
        assert time.monotonic() < until
        time.sleep(1)
    uids = _rows(node)
    assert len(uids) == len(set(uids)) == count
    inbox = Inbox(node.folder / "data" / "inbox")
    assert set(inbox.kept()) == {hashlib.sha256(reports(number)[1]).hexdigest() for number in range(count)}
    assert inbox.quarantined() == []
    for digest in chance.sample(sorted(inbox.kept()), 200):
        data = inbox.load(digest)
        _, start = part10.parse(data) or pytest.fail("no header")
        assert hashlib.sha256(data[start:]).hexdigest() == digest


@contextmanager
def _limit(node: Node, which: int, value: int) -> Iterator[None]:
    """A limit on the running node, and none any more afterwards."""
    process = psutil.Process(node.process.pid)
    before = process.rlimit(which)
    process.rlimit(which, (value, before[1]))
    try:
        yield
    finally:
        process.rlimit(which, before)


def test_files_that_may_not_grow_are_0xa700_and_heal(node: Node, reports: Reports) -> None:
    with _limit(node, resource.RLIMIT_FSIZE, 100_000):
        assert _store(node, reports, 0) == [0]
        assert _store(node, reports, 1, 2, size=200_000) == [_OUT_OF_RESOURCES] * 2
        assert _echoes(node)
    assert _store(node, reports, 1, 2) == [0, 0]
    _is_complete(node, reports, range(3))


def test_without_descriptors_it_is_0xa700_and_heals(node: Node, reports: Reports) -> None:
    with Caller(node.port) as c_arm:
        assert c_arm.associate()
        assert c_arm.store(*reports(0)) == 0
        with _limit(node, resource.RLIMIT_NOFILE, 3):
            assert c_arm.store(*reports(1)) == _OUT_OF_RESOURCES
        assert c_arm.store(*reports(1)) == 0
    with _limit(node, resource.RLIMIT_NOFILE, 3), ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(Caller(node.port))
        time.sleep(0.5)
    assert _echoes(node)
    assert _store(node, reports, 2) == [0]
    _is_complete(node, reports, range(3))


@pytest.mark.parametrize("name", ["new", "tmp"])
def test_a_folder_that_is_gone_is_0xa700_and_heals(node: Node, reports: Reports, name: str) -> None:
    folder = node.folder / "data" / "inbox" / name
    assert _store(node, reports, 0) == [0]
    away = folder.rename(folder.with_name("away"))
    assert _store(node, reports, 1, 2) == [_OUT_OF_RESOURCES] * 2
    assert _echoes(node)
    away.rename(folder)
    assert _store(node, reports, 1, 2) == [0, 0]
    _is_complete(node, reports, range(3))


@contextmanager
def _mounted(*arguments: str | Path) -> Iterator[Path]:
    """A mount, for as long as the block lasts; skipped where nobody may mount."""
    target = Path(arguments[-1])
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount: {done.stderr.strip()}")
    try:
        yield target
    finally:
        subprocess.run(["umount", "--lazy", str(target)], check=True)


def test_a_full_disk_is_0xa700_earlier_ones_are_safe_and_it_heals(tmp_path: Path, reports: Reports) -> None:
    (tmp_path / "data").mkdir()
    with _mounted("-t", "tmpfs", "-o", "size=24m", "tmpfs", tmp_path / "data") as disk:
        node = Node(tmp_path)
        try:
            assert _store(node, reports, 0, 1) == [0, 0]
            with suppress(OSError), (disk / "filler").open("wb") as filler:
                while True:
                    filler.write(bytes(4096))
                    filler.flush()
            assert _store(node, reports, 2, 3) == [_OUT_OF_RESOURCES] * 2
            assert _echoes(node)
            assert "Not stored, 2 times since" in _problem(node, "not_stored")
            node.stop(signal.SIGKILL)
            node.start()  # a machine that comes up again with its disk still full
            assert _store(node, reports, 2) == [_OUT_OF_RESOURCES]
            assert "Not stored, 3 times since" in _problem(node, "not_stored")
            found = {check["name"]: check for check in json.loads(node.run("doctor", "--json", check=False).stdout)}
            assert "Free some" in found["Inbox"]["next"]
            (disk / "filler").unlink()
            assert _store(node, reports, 2, 3) == [0, 0]
            _is_complete(node, reports, range(4))
            assert not _problem(node, "not_stored")
        finally:
            node.stop(signal.SIGKILL)


def test_a_disk_without_inodes_is_0xa700_and_heals(tmp_path: Path, reports: Reports) -> None:
    (tmp_path / "data").mkdir()
    with _mounted("-t", "tmpfs", "-o", "size=64m,nr_inodes=2000", "tmpfs", tmp_path / "data") as disk:
        node = Node(tmp_path)
        try:
            assert _store(node, reports, 0) == [0]
            node.wait_until_ingested()
            (disk / "fillers").mkdir()
            with suppress(OSError):
                for number in range(3000):
                    (disk / "fillers" / str(number)).touch()
            assert _store(node, reports, 1, 2) == [_OUT_OF_RESOURCES] * 2
            assert _echoes(node)
            for filler in (disk / "fillers").iterdir():
                filler.unlink()
            assert _store(node, reports, 1, 2) == [0, 0]
            _is_complete(node, reports, range(3))
        finally:
            node.stop(signal.SIGKILL)


def test_a_folder_that_cannot_be_written_is_found_before_the_node_is_started(alara: Alara, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with _mounted("--bind", tmp_path / "data", tmp_path / "data") as folder:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        found = {check["name"]: check for check in json.loads(alara("doctor", "--json").stdout)}
        assert (found["Inbox"]["verdict"], found["Inbox"]["found"]) == ("failed", f"{folder} cannot be written")
        started = alara("listen", "--port", "0")
        assert (started.returncode, started.stderr.count("\n")) == (4, 2)


def test_a_disk_that_became_read_only_is_0xa700_and_heals(node: Node, reports: Reports) -> None:
    tmp = node.folder / "data" / "inbox" / "tmp"
    with _mounted("--bind", tmp, tmp):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(tmp)], check=True)
        assert "Read-only file system" in _problem(node, "not_stored")
        assert _store(node, reports, 0) == [_OUT_OF_RESOURCES]
        assert _echoes(node)
    assert _store(node, reports, 0) == [0]
    _is_complete(node, reports, range(1))


def _locked_for_twenty_seconds(node: Node) -> Callable[[], None]:
    database = sqlite3.connect(_database(node), isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()

    def release() -> None:
        time.sleep(max(0.0, 20 - (time.monotonic() - began)))
        database.execute("ROLLBACK")
        database.close()

    return release


def _of_a_newer_alara(node: Node) -> Callable[[], None]:
    def become(version: str) -> None:
        with closing(sqlite3.connect(_database(node), timeout=30)) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))

    with closing(sqlite3.connect(_database(node))) as database:
        ((version,),) = database.execute("SELECT version_num FROM alembic_version")
    become("9999")
    # The database of a running ingest is open; what it finds when it opens it again is the newer schema.
    for child in psutil.Process(node.process.pid).children():
        child.kill()
    return lambda: become(version)


def _damaged(node: Node) -> Callable[[], None]:
    file = _database(node)
    parent = psutil.Process(node.process.pid)
    parent.suspend()  # or it would start ingest again in the middle of this
    for child in parent.children():
        child.kill()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(b"this was a database" * 1000)
    parent.resume()

    def mend() -> None:
        file.write_bytes(whole)

    return mend


@pytest.mark.parametrize("trouble", [_locked_for_twenty_seconds, _of_a_newer_alara, _damaged])
def test_stores_go_on_without_the_database_and_ingest_catches_up(
    node: Node, reports: Reports, trouble: Callable[[Node], Callable[[], None]]
) -> None:
    assert _store(node, reports, *range(5)) == [0] * 5
    node.wait_until_ingested()
    mend = trouble(node)
    assert _store(node, reports, *range(5, 25)) == [0] * 20
    assert _echoes(node)
    time.sleep(2)
    assert len(Inbox(node.folder / "data" / "inbox").pending()) == 20
    mend()
    _is_complete(node, reports, range(25))


def test_a_database_that_is_down_at_the_start_hinders_no_store(node: Node, reports: Reports) -> None:
    assert _store(node, reports, *range(3)) == [0] * 3
    node.wait_until_ingested()
    mend = _damaged(node)
    assert node.stop() == 0
    node.start()
    assert _store(node, reports, *range(3, 10)) == [0] * 7
    time.sleep(2)
    assert len(Inbox(node.folder / "data" / "inbox").pending()) == 7
    mend()
    _is_complete(node, reports, range(10))
