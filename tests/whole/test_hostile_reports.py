"""Reports that mean harm, through the whole of it: bytes in, CSV and page out, and every other report is read."""

from __future__ import annotations

import csv
import io
import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from struct import pack

import pydicom
import pytest

from alara.app.audit import audit_period
from alara.app.importing import import_paths
from alara.app.ingest import Ingest
from alara.config import Config
from alara.errors import UnreadableReason
from tests.conftest import SAMPLES
from tests.sr import made_reports as made
from tests.whole.running import Node


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data", key_file=tmp_path / "key")


def _nested(depth: int) -> bytes:
    head = pack("<HHI", 0xFFFE, 0xE000, made.UNDEFINED) + made.element(0x40, 0xA040, "CS", "CONTAINER")
    head += made.element(0x40, 0xA730, "SQ", b"", length=made.UNDEFINED)
    return made.part10(made.dataset(head * depth + (made.SEQUENCE_END + made.ITEM_END) * depth))


def _bomb() -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(100)) + squeeze.flush()
    head = made.part10(made.dataset(), made.DEFLATED)
    return head[: head.index(made.DEFLATED.encode()) + len(made.DEFLATED)] + bomb


def _lying() -> bytes:
    return made.part10(made.dataset(made.content_item("TEXT", "121106", _text_of_4_gb())))


def _text_of_4_gb() -> bytes:
    return made.element(0x40, 0xA160, "UT", "abcd", length=0xFFFFFFFE)


#: What is wrong, and the reasons that may be given for it; none where it is read as if it were not there.
HOSTILE: dict[str, tuple[Callable[[], bytes], set[UnreadableReason]]] = {
    "nested": (lambda: _nested(5_000), {UnreadableReason.TOO_DEEP}),
    "a million items": (
        lambda: made.part10(made.dataset(made.item() * 1_000_001)),
        {UnreadableReason.TOO_MANY_ELEMENTS},
    ),
    "thirty thousand values": (
        lambda: made.report(made.event(1, made.num("122130", "1\\" * 30_000 + "1", "uGy.m2"))),
        set(),
    ),
    "4 GB": (_lying, {UnreadableReason.TRUNCATED, UnreadableReason.MALFORMED}),
    "truncated": (lambda: made.report()[:-100], {UnreadableReason.TRUNCATED}),
    "bomb": (_bomb, {UnreadableReason.TOO_LARGE}),
}


def test_hostile_bytes_are_kept_and_named_and_the_next_is_read(config: Config) -> None:
    began = time.monotonic()
    with Ingest(config) as ingest:
        told = {}
        for name, (make, _) in HOSTILE.items():
            data = make()
            receipt = ingest.inbox.put(data)
            told[name] = [reason for tally in ingest.run([receipt.digest]) for _, reason in tally.aside]
            assert ingest.inbox.load(receipt.digest) == data
        event = made.event(1, made.num("122130", "1", "uGy.m2"))
        good = ingest.inbox.put(made.part10(made.dataset(event, sop_uid="1.2.9", study_uid="1.2.8")))
        assert [tally.ends["stored"] for tally in ingest.run([good.digest])] == [1]
    for name, (_, reasons) in HOSTILE.items():
        assert set(told[name]) <= reasons, name
        assert bool(told[name]) == bool(reasons), name
    assert time.monotonic() - began < 30 * len(HOSTILE)


#: Texts that do something elsewhere: in a spreadsheet, on a page, in SQL, on a terminal, in a log.
POISON = [
    '=HYPERLINK("http://example.invalid";"hip")',
    "@SUM(A1:A9) hip",
    "+1 hip",
    "<script>alert(1)</script> hip",
    "'); DROP TABLE reports;-- hip",
    "hip\r\n2026-01-01T00:00:00Z ERROR    forged a line",
    "hip\x1b[31m\x07 red",
    "hip\x00end",
]


@pytest.fixture
def poisoned(config: Config, tmp_path: Path) -> Config:
    """A database with a report of each text, in every place that the operator fills."""
    folder = tmp_path / "poisoned"
    folder.mkdir()
    for number, text in enumerate(POISON):
        header = b"".join(
            (
                made.element(8, 0x70, "LO", text),
                made.element(8, 0x1010, "SH", text[:16]),
                made.element(8, 0x1030, "LO", text),
            )
        )
        event = made.event(1, made.num("122130", "1", "uGy.m2")).replace(b"1.2.3.1", b"1.2.%d.1" % (number + 2))
        data = made.dataset(event, header=header, sop_uid=f"1.2.9.{number}", study_uid=f"1.2.8.{number}")
        (folder / f"{number}.dcm").write_bytes(made.part10(data))
    assert import_paths(config, [folder]).tally.ends["stored"] == len(POISON)
    return config


def test_text_that_would_run_elsewhere_is_inert_in_database_csv_page_and_log(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    caplog.set_level(logging.INFO, logger="alara")
    request.getfixturevalue("poisoned")
    audit_period(config, "2026-10", tmp_path / "out")
    with closing(sqlite3.connect(config.data_dir / "alara.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM reports").fetchone() == (len(POISON),)
    rows = list(csv.reader(io.StringIO((tmp_path / "out" / "procedures.csv").read_text("utf-8-sig"))))
    assert len(rows) == len(POISON) + 1
    cells = [cell for row in rows[1:] for cell in row]
    assert sum("hip" in cell for cell in cells) >= len(POISON)
    for cell in cells:
        assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
        assert cell.isprintable(), cell
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert page.count("<script") == 1, "the page's own, which its policy names by hash"
    assert "\x1b" not in page
    assert "\x00" not in page
    for record in caplog.records:
        assert record.getMessage().isprintable()
        assert "forged" not in record.getMessage()


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves the server to another time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.slow
def test_a_month_is_the_same_month_wherever_the_server_stands(tmp_path: Path, in_zone: Callable[[str], None]) -> None:
    """Edges of the month, hours that a change of clocks skips or repeats, offsets: as the C-arm's clock showed them."""
    folder = tmp_path / "edges"
    folder.mkdir()
    times = ["20261001000000", "20261031235959", "20261025023000", "20261031235959-1100", "20261001000000+1400"]
    outside = ["20260930235959", "20261101000000", "20260930235959+0200", "20261101000000-0500"]
    for number, started in enumerate([*times, *outside]):
        uids = made.uid("113769", f"1.2.3.{number}"), made.moment("111526", started)
        event = made.container("113706", *uids, made.coded("113764", "113622"), made.num("122130", "1", "uGy.m2"))
        data = made.dataset(event, sop_uid=f"1.2.9.{number}", study_uid=f"1.2.8.{number}")
        (folder / f"{number}.dcm").write_bytes(made.part10(data.replace(b"20261005", started[:8].encode())))
    written = []
    for zone in ("Pacific/Kiritimati", "UTC", "America/Adak"):
        in_zone(zone)
        place = tmp_path / zone.replace("/", "-")
        config = Config(data_dir=place / "data", key_file=tmp_path / "key")
        import_paths(config, [folder])
        audit_period(config, "2026-10", place / "out")
        written.append({file.name: file.read_bytes() for file in (place / "out").iterdir()})
    rows = written[0]["procedures.csv"].decode("utf-8-sig").splitlines()
    assert len(rows) - 1 == len(times)
    for other in written[1:]:
        assert other["procedures.csv"] == written[0]["procedures.csv"]
        assert other["summary.csv"] == written[0]["summary.csv"]


@pytest.mark.slow
def test_no_name_id_or_date_of_birth_leaves_the_inbox(node: Node, tmp_path: Path) -> None:
    """Not into the database, a log, a CSV, a page, a backup's names or any name of a file; whole and broken reports."""
    whole = tmp_path / "whole.dcm"
    dataset = pydicom.dcmread(sorted((SAMPLES / "2026-10").glob("*.dcm"))[0])
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Zzyzx^Quillon", "MRN-7734-Q", "19430217"
    dataset.OperatorsName = dataset.PerformingPhysicianName = "Vantablack^Otto"
    dataset.save_as(whole)
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole.read_bytes()[:-300])
    node.run("send", "127.0.0.1", str(node.port), whole, cut)
    node.wait_until_ingested()
    assert node.json("status")["inbox"]["quarantined"] == 1
    node.run("audit", "2026-10", "--out", node.folder / "out")
    node.run("status", "--html", node.folder / "status.html")
    node.run("status", "--debug")
    secrets = ["Zzyzx", "Quillon", "MRN-7734-Q", "19430217", "1943-02-17", "Vantablack"]
    for folder, _, files in os.walk(node.folder):
        for name in [Path(folder).name, *files]:
            assert not [secret for secret in secrets if secret in name]
        if "inbox" not in Path(folder).parts:
            for file in {Path(folder, name) for name in files} - {whole, cut}:
                assert not [secret for secret in secrets if secret.encode() in file.read_bytes()], file
