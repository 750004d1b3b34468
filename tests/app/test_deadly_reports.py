"""A report that kills or stalls the process that reads it is set aside, and the others are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from alara.app import readers
from alara.app.ingest import Ingest
from alara.config import Config
from alara.errors import UnreadableReason
from alara.samples import make_month
from alara.sr import peek

#: What a reader process runs before anything else: two reports are made deadly, as no known bytes are.
DEADLY = """
import os, signal, time
from alara import sr

def read_bytes(data, read=sr.read_bytes):
    if os.environ["DEADLY"].encode() in data:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ["ENDLESS"].encode() in data:
        time.sleep(3600)
    return read(data)

sr.read_bytes = read_bytes
"""


@pytest.mark.slow
def test_reports_that_kill_and_stall_their_reader_are_quarantined_and_the_others_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [sample.data for sample in make_month() if sample.expected["regular"]][:20]
    peeks = [peek(data) for data in reports]
    deadly, endless = (peeks[number].sop_instance_uid for number in (3, 11))  # type: ignore[union-attr]
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DEADLY", deadly)
    monkeypatch.setenv("ENDLESS", endless)
    monkeypatch.setattr(readers, "SECONDS_A_REPORT", 2.0)
    config = Config(data_dir=tmp_path / "data", key_file=tmp_path / "key")
    with Ingest(config) as ingest:
        digests = [receipt.digest for receipt in ingest.inbox.put_many(reports)]
        tallies = list(ingest.run(digests))
        aside = {entry for tally in tallies for entry in tally.aside}
        again = ingest.inbox.put_many(make_month_more(reports))
        after = list(ingest.run(receipt.digest for receipt in again))
    assert aside == {
        (digests[3], UnreadableReason.READER_DIED.value),
        (digests[11], UnreadableReason.READER_TIMED_OUT.value),
    }
    assert sum(tally.ends["stored"] for tally in tallies) == 18
    assert sum(tally.ends["stored"] for tally in after) == len(again)


def make_month_more(reports: list[bytes]) -> list[bytes]:
    """Reports that come after those."""
    return [sample.data for sample in make_month() if sample.expected["regular"]][len(reports) :][:5]
