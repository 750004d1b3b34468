from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.errors import StorageError
from alara.pseudonym import Pseudonymiser


def test_the_same_person_gets_the_same_word_only_under_the_same_key_and_site() -> None:
    one, other = Pseudonymiser(b"1" * 32), Pseudonymiser(b"2" * 32)
    assert one.patient("4711", "north") == one.patient("4711", "north")
    assert len({one.patient("4711", "north"), one.patient("4711", "south"), other.patient("4711", "north")}) == 3
    assert "4711" not in one.patient("4711", "north")


def test_a_missing_patient_id_has_no_pseudonym() -> None:
    assert Pseudonymiser(b"1" * 32).patient("", "north") == ""


def test_an_operator_has_one_short_code_at_a_site_whatever_the_case_of_the_letters() -> None:
    one, other = Pseudonymiser(b"1" * 32), Pseudonymiser(b"2" * 32)
    (code,) = one.operators(["OP-01", "op-01", ""], "north")
    assert re.fullmatch(r"op-[a-z2-7]{8}", code)
    assert len({code, *one.operators(["OP-01"], "south"), *other.operators(["OP-01"], "north")}) == 3
    assert code.removeprefix("op-") not in one.patient("op-01", "north"), "the same ID of a patient leads nowhere"


@given(st.lists(st.text()))
def test_the_codes_of_operators_do_not_depend_on_the_order_in_which_they_are_named(persons: list[str]) -> None:
    pseudonyms = Pseudonymiser(b"1" * 32)
    assert pseudonyms.operators(persons, "north") == pseudonyms.operators([*reversed(persons), *persons], "north")


def test_parts_cannot_run_into_each_other() -> None:
    pseudonyms = Pseudonymiser(b"1" * 32)
    assert pseudonyms.case("1.2", "3", "fluoroscopy") != pseudonyms.case("1.23", "", "fluoroscopy")


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config" / "pseudonym.key"
    assert Pseudonymiser.from_file(file).version == Pseudonymiser.from_file(file).version
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("content", ["", "xyz", "00" * 31])
def test_a_broken_key_is_never_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "pseudonym.key"
    file.write_text(content)
    with pytest.raises(StorageError, match="is not a key"):
        Pseudonymiser.from_file(file)
    assert file.read_text() == content
