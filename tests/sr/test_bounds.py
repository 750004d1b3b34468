"""Reading stays within 256 MiB and 5 s for anything up to 10 MiB, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from struct import pack

import made_reports as made
import pytest

from alara.sr.build import build
from alara.sr.reader import read_bytes

MIB = 1 << 20
LARGEST = 10 * MIB
#: Of processor time, on a machine that makes the half million objects of a yard in 0.06 s;
#: a busy or a slow one is given as many times more as its yard takes longer.
SECONDS, YARD_S = 5.0, 0.06
MAX_RSS_MIB = 256

MEASURE = """
import json, re, sys, time
from pathlib import Path
from alara.errors import UnreadableReport
from alara.sr import read_bytes
data = Path(sys.argv[1]).read_bytes()
began = time.process_time()
try:
    outcome = f"{len(read_bytes(data).events)} events"
except UnreadableReport as unreadable:
    outcome = unreadable.reason.value
seconds = time.process_time() - began
# the peak of this process alone: what getrusage says includes the one that started it
peak_kib = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
began = time.process_time()
objects = [(bytes(40), number) for number in range(500_000)]
yard = time.process_time() - began
print(json.dumps([outcome, seconds, peak_kib / 1024, yard]))
"""


def filled(item: Callable[[int], bytes], size: int = LARGEST - 4096) -> bytes:
    """Numbered items up to a size."""
    parts, length, number = [], 0, 0
    while length < size:
        parts.append(item(number))
        length += len(parts[-1])
        number += 1
    return b"".join(parts)


def nested(times: int) -> bytes:
    head = pack("<HHI", 0xFFFE, 0xE000, made.UNDEFINED) + made.element(0x40, 0xA730, "SQ", b"", length=made.UNDEFINED)
    return made.dataset(head * times + (made.SEQUENCE_END + made.ITEM_END) * times)


def bomb() -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = b"".join(squeeze.compress(bytes(MIB)) for _ in range(1000)) + squeeze.flush()
    head = made.part10(made.dataset(), made.DEFLATED)
    return head[: head.index(made.DEFLATED.encode()) + len(made.DEFLATED)] + deflated


def deflated_to_the_limit() -> bytes:
    return made.part10(made.dataset(filled(lambda n: made.text("121106", f"text {n}"), 31 * MIB)), made.DEFLATED)


def events(number: int) -> bytes:
    """An event of its own in every value."""
    return made.event(
        number,
        made.num("122130", f"0.{number:07}1", "Gy.m2"),
        made.num("113738", f"0.{number:06}1", "Gy"),
        made.num("113742", f"{number}.5", "s"),
        *(made.num(code, f"{number}.{code}", "1") for code in ("113768", "113733", "113734", "112011", "112012")),
    )


def real_repeated(corpus: Path) -> bytes:
    """The largest real report, its events again under other UIDs and times until there are 10 MiB."""
    report = read_bytes((corpus / "RF-RDSR-Philips_Azurion.dcm").read_bytes())
    # the builder has no name for one of its filters
    report = replace(report, events=tuple(replace(event, filters=()) for event in report.events))
    more = [
        replace(event, uid=f"{event.uid[:50]}.{turn}.{number}"[-64:].lstrip(".0"))
        for turn in range(40)
        for number, event in enumerate(report.events)
    ]
    size_of_one = len(build(report)) / len(report.events)
    return build(replace(report, events=tuple(more[: int(LARGEST / size_of_one)])))


MADE: dict[str, Callable[[], bytes]] = {
    "nested 100,000 times": lambda: nested(100_000),
    "1,000,000 items": lambda: made.dataset(made.item() * 1_000_000),
    "10 MiB of empty items": lambda: made.dataset(filled(lambda _: made.item())),
    "10 MiB of empty items of undefined length": lambda: made.dataset(filled(lambda _: made.item(undefined=True))),
    "10 MiB of one item": lambda: made.dataset(filled(lambda _: made.text("121106", "x"))),
    "10 MiB of tiny items": lambda: made.dataset(
        filled(lambda n: made.item(made.element(0x40, 0xA124, "UI", f"1.{n}")))
    ),
    "10 MiB of tiny items of undefined length": lambda: made.dataset(
        filled(lambda n: made.item(made.element(0x40, 0xA124, "UI", f"1.{n}"), undefined=True))
    ),
    "10 MiB of numbers": lambda: made.dataset(
        made.accumulated(filled(lambda n: made.num("113733", f"{n}", "kV"), LARGEST - 8192))
    ),
    "10 MiB of codes": lambda: made.dataset(filled(lambda n: made.coded("121106", f"c{n}"))),
    "10 MiB of containers": lambda: made.dataset(filled(lambda n: made.container("121106", made.text("1", f"{n}")))),
    "10 MiB of events": lambda: made.dataset(filled(events)),
    "10 MiB of events without UIDs": lambda: made.dataset(
        filled(lambda n: made.container("113706", made.coded("113721", f"{n}")))
    ),
    "10 MiB of events with one UID": lambda: made.dataset(
        filled(lambda n: made.container("113706", made.uid("113769", "1.2.3"), made.num("113733", f"{n}", "kV")))
    ),
    "10 MiB of the same event": lambda: made.dataset(filled(lambda _: events(1))),
    "10 MiB of planes": lambda: made.dataset(filled(lambda n: made.accumulated(made.num("113722", f"{n}", "Gy.m2")))),
    "10 MiB of findings": lambda: made.dataset(
        filled(lambda n: made.event(n, made.num("122130", f"{n}x", "Gy.m2"), made.num("113738", "1", f"u{n}")))
    ),
    "10 MiB of elements": lambda: made.dataset(header=filled(lambda n: made.element(9, 0x1000, "LO", f"{n:04}"))),
    "10 MiB in one text": lambda: made.dataset(made.text("121106", b"x" * (LARGEST - 4096))),
    "10 MiB of invalid text": lambda: made.dataset(
        made.text("121106", b"\x80" * (LARGEST - 4096)), charset="ISO_IR 192"
    ),
    "10 MiB of escapes": lambda: made.dataset(
        made.text("121106", b"\x1b$B\x21\x21\x1b(B" * (LARGEST // 8 - 4096)), charset="ISO 2022 IR 6\\ISO 2022 IR 87"
    ),
    "10 MiB in one number": lambda: made.dataset(
        made.accumulated(
            made.content_item("NUM", "113722", made.sequence(0x40, 0xA300, made.item(long_number(LARGEST - 8192))))
        )
    ),
    "10 MiB of codes of the procedure": lambda: made.dataset(header=procedure_codes(LARGEST - 4096)),
    "10 MiB in big endian": lambda: made.part10(turned(), made.BIG_ENDIAN),
    "a bomb of 1000 MiB": bomb,
    "deflated to just under the limit": deflated_to_the_limit,
}


def long_number(size: int) -> bytes:
    return made.element(0x40, 0xA30A, "UT", b"1\\" * (size // 2))


def procedure_codes(size: int) -> bytes:
    items = filled(lambda n: made.item(made.element(8, 0x100, "SH", f"{n}"), made.element(8, 0x102, "SH", "L")), size)
    return made.sequence(8, 0x1032, items)


def turned() -> bytes:
    """10 MiB of short elements in big endian."""
    names = ((8, 0x16, made.SOP_CLASS), (8, 0x18, "1.2.826.0.1"), (0x20, 0xD, "1.2.826.0.2"))
    head = b"".join(
        pack(">HH2sH", g, e, b"UI", len(v) + len(v) % 2) + v.encode() + b"\0" * (len(v) % 2) for g, e, v in names
    )
    return head + filled(lambda n: pack(">HH2sH", 0x21, n & 0xFFFF, b"US", 2) + b"\1\0", LARGEST - 8192)


def assert_within_bounds(data: bytes, folder: Path) -> None:
    assert len(data) <= LARGEST + 4096
    file = folder / "data"
    file.write_bytes(data)
    run = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-2000:]
    outcome, seconds, rss_mib, yard_s = json.loads(run.stdout)
    sys.stdout.write(f"{outcome}: {seconds:.2f} s, {rss_mib:.0f} MiB, yard {yard_s:.2f} s\n")  # for pytest -rP
    assert outcome != "reader_failed"
    assert seconds < SECONDS * max(1.0, yard_s / YARD_S)
    assert rss_mib < MAX_RSS_MIB


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_reading_stays_within_time_and_memory(tmp_path: Path, name: str) -> None:
    assert_within_bounds(MADE[name](), tmp_path)


@pytest.mark.slow
def test_reading_ten_mebibytes_of_a_real_report_stays_within_time_and_memory(corpus: Path, tmp_path: Path) -> None:
    data = real_repeated(corpus)
    assert len(data) > 8 * MIB
    assert_within_bounds(data, tmp_path)
