"""Cases that take different numbers of slots: a mixed-integer program, solved by HiGHS (the extra ``alara[plan]``).

Maximise the sum of ``value[c] * x[c, t]`` over kinds of case ``c`` and weeks
``t``, where ``x`` are whole numbers: no more of a kind than there are, no more
slots of a week than it has. Cases that are alike in everything are one kind, so
that a year of a department stays small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from alara.audit.plan.slots import Job, Weeks
from alara.errors import UsageError
from alara.extras import install

__all__ = ["solve"]

#: The choice is the best to this share of its value.
RELATIVE_GAP = 1e-6
_SECONDS = 120.0


def solve(jobs: Sequence[Job], capacities: Sequence[int]) -> Weeks:
    """The week of each job in a choice of the greatest total value, to :data:`RELATIVE_GAP`.

    Raises
    ------
    UsageError
        When HiGHS is not installed, or does not end in two minutes.
    """
    try:
        import highspy
    except ImportError as error:
        raise UsageError(
            "Procedures that take different numbers of slots need the solver HiGHS, which is not installed.",
            hint=f"{install('plan')}, or give all procedures the same minutes in plan.toml.",
        ) from error
    kinds = _kinds(jobs)
    if not kinds:
        return [None] * len(jobs)
    scale = max(job.value for job in kinds)

    class Silent(highspy.Highs):
        """Says nothing from its first moment: standard output is the command's."""

        def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS calls it so
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    model = Silent()  # type: ignore[no-untyped-call]
    for name, value in (("mip_rel_gap", RELATIVE_GAP), ("mip_abs_gap", 0.0), ("time_limit", _SECONDS), ("threads", 1)):
        model.setOptionValue(name, value)
    chosen = {
        (job, week): model.addIntegral(lb=0, ub=len(members))
        for job, members in kinds.items()
        for week in range(job.first_week, min(job.last_week, len(capacities) - 1) + 1)
        if job.slots <= capacities[week]
    }
    if not chosen:
        return [None] * len(jobs)
    for job, members in kinds.items():
        of_kind = [x for (one, _), x in chosen.items() if one == job]
        if len(of_kind) > 1:
            model.addConstr(model.qsum(of_kind) <= len(members))
    for week, capacity in enumerate(capacities):
        in_week = [job.slots * x for (job, at), x in chosen.items() if at == week]
        if in_week:
            model.addConstr(model.qsum(in_week) <= capacity)
    model.maximize(model.qsum([job.value / scale * x for (job, _), x in chosen.items()]))
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise UsageError(
            "The solver found no best plan in two minutes.",
            hint="Plan a shorter period, or give procedures the same minutes in plan.toml.",
        )
    counts = {place: round(model.val(x)) for place, x in chosen.items()}
    return _sooner(jobs, _dealt(kinds, counts, len(jobs)), capacities)


def _kinds(jobs: Sequence[Job]) -> dict[Job, list[int]]:
    kinds: dict[Job, list[int]] = defaultdict(list)
    for number, job in enumerate(jobs):
        if job.value > 0:
            kinds[job].append(number)
    return dict(kinds)


def _dealt(kinds: dict[Job, list[int]], counts: dict[tuple[Job, int], int], n: int) -> Weeks:
    """So many of each kind to each week, the first of them first."""
    weeks: Weeks = [None] * n
    left = {job: iter(members) for job, members in kinds.items()}
    for job, week in sorted(counts, key=lambda place: place[1]):
        for _ in range(counts[job, week]):
            weeks[next(left[job])] = week
    return weeks


def _sooner(jobs: Sequence[Job], weeks: Weeks, capacities: Sequence[int]) -> Weeks:
    """The same cases, each moved to the first of its weeks that still has room."""
    free = list(capacities)
    for job, week in zip(jobs, weeks, strict=True):
        if week is not None:
            free[week] -= job.slots
    for number in sorted((n for n, week in enumerate(weeks) if week is not None), key=lambda n: (weeks[n], n)):
        job, now = jobs[number], weeks[number]
        assert now is not None
        for week in range(job.first_week, now):
            if free[week] >= job.slots:
                free[week] -= job.slots
                free[now] += job.slots
                weeks[number] = week
                break
    return weeks
