from __future__ import annotations

from datetime import date

import pytest

from alara.audit import Period
from alara.errors import UsageError


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 11, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-10-01..2026-10-15", date(2026, 10, 1), date(2026, 10, 16)),
        (" 2024-02-29..2024-02-29 ", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_is_from_its_first_day_to_before_the_next(text: str, start: date, end: date) -> None:
    assert (Period.parse(text).start, Period.parse(text).end) == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "October",
        "2026-13",
        "2026-0",
        "2026-Q5",
        "26-10",
        "2026-10-15..2026-10-01",
        "2025-02-29..2025-03-01",
        "9999",
        "0000",
    ],
)
def test_what_is_no_period_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Period.parse(text)
    assert "2026-Q4" in caught.value.hint
