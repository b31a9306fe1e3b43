"""Time courses: in order of time, and only of cells that were looked at twice."""

from __future__ import annotations

from typing import Any

from figure_layout import check_layout

from mitotransfer.report.figures import trajectories


def row(patient: str, day: Any, cell_type: str = "CD8", **more: Any) -> dict[str, Any]:
    name = f"{patient}-{cell_type}-{day}"
    found = {"patient": patient, "sample": name, "cell_type": cell_type, "timepoint": day}
    numbers = {"tumor_fraction": 0.03, "tumor_fraction_low": 0.02, "tumor_fraction_high": 0.05}
    return found | {"verdict": "transfer_supported"} | numbers | more


def test_courses_are_in_order_of_time_and_of_the_same_cells() -> None:
    rows = [row("P1", "28"), row("P1", "7"), row("P1", "7", "CD4"), row("P2", "0"), row("P2", "")]
    rows += [row("P3", "0"), row("P3", "9", verdict="failed_qc")]
    found = trajectories.courses(rows)
    assert {key: [one["timepoint"] for one in own] for key, own in found.items()} == {
        ("P1", "CD8"): ["7", "28"]
    }


def test_no_course_is_no_figure() -> None:
    assert trajectories.trajectory_figure([row("P1", "0")]) is None


def test_names_do_not_overlap() -> None:
    rows = [row(f"PATIENT{k:02d}", str(day)) for k in range(12) for day in (0, 28)]
    drawn = trajectories.trajectory_figure(rows)
    assert drawn is not None
    check_layout(drawn)


def test_many_courses_are_drawn_without_names() -> None:
    rows = [row(f"P{k}", str(day)) for k in range(40) for day in (0, 28)]
    drawn = trajectories.trajectory_figure(rows)
    assert drawn is not None and not drawn.axes[0].texts
