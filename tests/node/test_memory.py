"""Bytes in flight: bounded over all, half for one address, and the first to come gets through."""

from __future__ import annotations

import threading

import pytest

from alara.node import memory
from alara.node.memory import InFlight

_MEGABYTE = memoryview(bytes(1 << 20))


def test_what_fits_is_kept_byte_for_byte() -> None:
    one = InFlight(4 << 20, 0.0).begin("a")
    one.add(memoryview(b"abc"))
    one.add(memoryview(b"def"))
    assert one.finish() == b"abcdef"


def test_an_address_has_half_and_leaves_the_rest_to_others() -> None:
    in_flight = InFlight(4 << 20, 0.0)
    first, second, other = in_flight.begin("a"), in_flight.begin("a"), in_flight.begin("b")
    first.add(_MEGABYTE)
    first.add(_MEGABYTE)
    second.add(_MEGABYTE)
    other.add(_MEGABYTE)
    other.add(_MEGABYTE)
    assert (first.size, second.content, other.size) == (2 << 20, None, 2 << 20)


def test_the_one_that_began_last_goes_for_the_one_that_began_first() -> None:
    in_flight = InFlight(4 << 20, 0.0)
    objects = [in_flight.begin(address) for address in "abcd"]
    for one in objects:
        one.add(_MEGABYTE)
    objects[0].add(_MEGABYTE)
    assert [one.size >> 20 for one in objects] == [2, 1, 1, 0]
    assert objects[3].finish() is None
    assert objects[0].finish() is not None


def test_one_that_has_stalled_goes_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    in_flight = InFlight(4 << 20, 0.0)
    objects = [in_flight.begin(address) for address in "abcd"]
    for one in objects:
        one.add(_MEGABYTE)
    objects[1].grew_at -= 2 * memory._STALLED_S
    objects[2].add(_MEGABYTE)
    assert [one.size >> 20 for one in objects] == [1, 0, 2, 1]


def test_what_is_being_written_does_not_go_and_is_waited_for() -> None:
    in_flight = InFlight(4 << 20, 30.0)
    writing, waiting = in_flight.begin("a"), in_flight.begin("a")
    writing.add(_MEGABYTE)
    writing.add(_MEGABYTE)
    assert writing.finish() is not None
    threading.Timer(0.2, writing.forget).start()
    waiting.add(_MEGABYTE)
    assert waiting.finish() == bytes(1 << 20)


def test_nothing_is_held_for_what_was_forgotten() -> None:
    in_flight = InFlight(4 << 20, 0.0)
    for _ in range(100):
        one = in_flight.begin("a")
        one.add(_MEGABYTE)
        one.forget()
    assert in_flight.objects == {}
