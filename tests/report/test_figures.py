"""The report's figures: no two labels overlap, none is cut off, marks stand where they should."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from mitotransfer.associations import survival
from mitotransfer.report import likelihood_curve, tables
from mitotransfer.report.figures import circle, cohort, patient, scale, style
from mitotransfer.verdicts.verdict import VERDICTS

NAN = float("nan")


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


def boxes(drawn: Figure) -> tuple[list[Text], np.ndarray, np.ndarray]:
    """Visible texts, their corners, shape (n, 4, 2), and their bounds (n, 4): x0, y0, x1, y1."""
    renderer = drawn.canvas.get_renderer()  # type: ignore[attr-defined]
    drawn.draw(renderer)
    axes = [axis for axes in drawn.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {id(tick) for axis in axes if axis.axes.axison for tick in axis._update_ticks()}
    idle = {
        id(label)
        for axis in axes
        for tick in (*axis.majorTicks, *axis.minorTicks)
        if id(tick) not in ticks
        for label in (tick.label1, tick.label2)
    }  # kept by matplotlib for later, not drawn
    shown, corners = [], []
    for text in drawn.findobj(Text):
        if not text.get_visible() or not text.get_text().strip() or id(text) in idle:
            continue
        around = text.get_window_extent(renderer)
        turn = text.get_rotation()
        text.set_rotation(0)
        flat = text.get_window_extent(renderer)
        text.set_rotation(turn)
        middle = np.array([(around.x0 + around.x1) / 2, (around.y0 + around.y1) / 2])
        half = np.array([flat.width, flat.height]) / 2
        angle = math.radians(turn)
        spin = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        shown.append(text)
        corners.append(middle + (signs * half) @ spin.T)
    found = np.array(corners)
    bounds = np.concatenate([found.min(axis=1), found.max(axis=1)], axis=1)
    return shown, found, bounds


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Depth in pixels by which two rectangles overlap (separating axes); below 0 if apart."""
    depth = math.inf
    for shape in (a, b):
        for edge in (shape[1] - shape[0], shape[2] - shape[1]):
            axis = edge / (np.linalg.norm(edge) or 1.0)
            one, two = a @ axis, b @ axis
            depth = min(depth, one.max() - two.min(), two.max() - one.min())
    return float(depth)


def check_layout(drawn: Figure, slack: float = 0.6) -> None:
    """No two texts overlap by more than ``slack`` pixels (at 100 dpi), and all are on the page."""
    shown, corners, bounds = boxes(drawn)
    page = drawn.bbox
    for text, (x0, y0, x1, y1) in zip(shown, bounds, strict=True):
        inside = x0 >= -0.5 and y0 >= -0.5 and x1 <= page.x1 + 0.5 and y1 <= page.y1 + 0.5
        assert inside, f"cut off: {text.get_text()!r}"
    low, high = bounds[:, :2], bounds[:, 2:]
    near = ((low[:, None] < high) & (high[:, None] > low)).all(axis=2)
    for i, j in zip(*np.nonzero(np.triu(near, 1)), strict=True):
        words = shown[i].get_text(), shown[j].get_text()
        assert overlap(corners[i], corners[j]) <= slack, words


def test_the_check_sees_overlaps_and_cuts() -> None:
    drawn = style.figure(3, 1)
    drawn.text(0.1, 0.5, "one label")
    drawn.text(0.6, 0.5, "another")
    check_layout(drawn)
    drawn.text(0.25, 0.55, "between", rotation=20)
    with pytest.raises(AssertionError, match="between"):
        check_layout(drawn)
    cut = style.figure(1, 1)
    cut.text(0.5, 0.5, "far too long for this figure")
    with pytest.raises(AssertionError, match="cut off"):
        check_layout(cut)


def _genes(repository: Path) -> list[tables.Gene]:
    return tables.read_genes(repository / "resources" / "genes.tsv")


def _variants(n: int, close: bool = False) -> list[tables.Row]:
    """Variants spread over the mitogenome, or all in one gene."""
    rng = np.random.default_rng(2)
    kinds = ("missense", "synonymous", "tRNA", "rRNA", "frameshift", "control_region")
    return [
        {
            "pos": (16000 + k * 3 if close else 1 + k * 271 % 16500), "ref": "G", "alt": "A",
            "gene": "MT-ND4L,MT-ND4", "usable": "false" if k % 4 == 3 else "true",
            "hgvs_m": f"m.{16000 + k * 3 if close else 1 + k * 271 % 16500}G>A",
            "consequence": kinds[k % 6], "background_rate": 4e-4,
            **{f"{role}_vaf{end}": value for role in tables.ROLES
               for end, value in (("", rng.random()), ("_low", 0.0), ("_high", 1.0))},
        }
        for k in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 5, 60, 150])
def test_variants(n: int) -> None:
    check_layout(patient.vaf_figure(_variants(n), 0.0035))


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("n", [1, 5, 60, 150])
def test_circle(n: int, close: bool, repository: Path) -> None:
    check_layout(circle.circle_figure(_variants(n, close), _genes(repository)))


def _records(n: int) -> list[tables.Row]:
    return [
        {
            "patient": f"P{k}", "sample": f"PATIENT{k:04d}_TIL", "verdict": VERDICTS[k % 5],
            "tumor_fraction": k / 400, "tumor_fraction_low": 0.0, "tumor_fraction_high": 1.0,
            "detection_limit": 0.01,
        }
        for k in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 3, 30, 300])
def test_cohort(n: int) -> None:
    drawn = patient.cohort_figure(_records(n))
    assert drawn is not None and drawn.get_size_inches()[1] < 14
    check_layout(drawn)


@pytest.mark.parametrize("n", [3, 30, 300])
def test_covariates(n: int) -> None:
    rng = np.random.default_rng(5)
    index = [f"P{k}" for k in range(n)]
    fractions = pd.Series(np.where(rng.random(n) < 0.4, 0.0, rng.random(n) ** 4), index)
    groups = [f"carcinoma of the unlikely organ {k}" for k in range(30)]
    covariates = [
        ("age_at_first_diagnosis", pd.Series(rng.integers(20, 90, n).astype(float), index), True),
        ("stage", pd.Series(rng.choice(["I", "II", "III", "IV"], n), index), False),
        ("cancer_type", pd.Series(rng.choice(groups, n), index), False),
        ("x" * 90, pd.Series(rng.choice(["yes", "no"], n), index), False),
    ]
    drawn = cohort.covariate_figure(fractions, covariates)
    assert drawn is not None
    check_layout(drawn)


def test_no_covariate_is_no_figure() -> None:
    assert cohort.covariate_figure(pd.Series({"A": 0.1}), []) is None
    other = [("stage", pd.Series({"B": "I"}), False)]
    assert cohort.covariate_figure(pd.Series({"A": 0.1}), other) is None


@pytest.mark.parametrize("n", [3, 30, 300])
def test_survival(n: int) -> None:
    rng = np.random.default_rng(6)
    index = [f"P{k}" for k in range(n)]
    times = pd.DataFrame(
        {"months": rng.exponential(30, n).round(1), "death": rng.random(n) < 0.6}, index
    )
    status = pd.Series(np.arange(n) % 2 == 0, index)
    groups = ("protein-changing or RNA mutation", "the rest")
    table = survival.curves(survival.Contrast("f", "v", status, groups), times, 0.95)
    title = "hazard ratio 12.41 (10.52 to 1.23e+03), q 1.2e-15"
    check_layout(cohort.survival_figure([(title, table)] * 3))


@pytest.mark.parametrize("n", [3, 300, 30000])
def test_null(n: int) -> None:
    p = np.random.default_rng(7).random(n)
    check_layout(cohort.null_figure(p, 0.01))


@pytest.mark.parametrize("n", [2, 3, 9, 26, 60])
def test_identity(n: int) -> None:
    rng = np.random.default_rng(8)
    differences = rng.integers(0, 80, (n, n)).astype(float)
    differences[0, 0] = NAN
    names = [f"PATIENT{k // 3:03d}-TIL-CD8-d28"[-20 + k % 7 :] for k in range(n)]
    owners = [str(k // 3) for k in range(n)]
    check_layout(cohort.identity_figure(names, owners, differences))


@pytest.mark.parametrize("n", [1, 3, 12])
def test_coverage(n: int, repository: Path) -> None:
    depth = np.full(16569, 20000, np.int64)
    depths = [tables.Depth(f"S{k}", "tumor", "cell line", depth, {}) for k in range(n)]
    check_layout(patient.coverage_figure(depths, _genes(repository), [5]))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("curve", [True, False])
def test_strip(known: bool, curve: bool) -> None:
    row: tables.Row = {
        "verdict": "not_detected", "tumor_fraction": 0.00123, "tumor_fraction_low": 0.000456,
        "tumor_fraction_high": 0.00234, "detection_limit": 0.0034,
    }  # fmt: skip
    if known:
        row |= {"contamination_high": 0.4, "crosstalk_high": 0.001}
    grid = np.linspace(0, 1, 50)
    shape = (grid, -50 * (grid - 0.4) ** 2) if curve else None
    check_layout(patient.strip_figure(row, {"mtdna_low": 0.1} if known else None, shape))


def test_expected_vaf_at_the_detection_limit_is_where_the_model_puts_it() -> None:
    row = _variants(1)[0] | {"tumor_vaf": 0.8, "normal_vaf": 0.01}
    axes = patient.vaf_figure([row], 0.1).axes[0]
    dashed = [c for c in axes.collections if c.get_linestyle()[0][1] and len(c.get_paths()) == 1]
    x = dashed[-1].get_paths()[0].vertices[0, 0]
    assert float(scale.fraction(x)) == pytest.approx(0.9 * 0.01 + 0.1 * 0.8)


def test_gene_across_the_origin_has_two_parts() -> None:
    assert tables.Gene("MT-CR", 16024, 576, "control").parts() == [(16024, 16569), (1, 576)]


def test_dollar_signs_and_control_characters_are_drawn_as_text() -> None:
    row = _variants(1)[0] | {"hgvs_m": "$x_1$\x07 $"}
    label = patient.vaf_figure([row], NAN).axes[0].get_yticklabels()[0]
    assert label.get_text().startswith("$x_1$ $") and not label.get_parse_math()


# ------------------------------------------------------------------ circle


def test_angles_run_clockwise_from_the_top() -> None:
    assert circle.angle(1) == 90
    assert circle.angle(1 + 16569 / 4) == pytest.approx(0)
    x, y = circle._point(1 + 16569 / 4, 2.0)
    assert (x, y) == (pytest.approx(2.0), pytest.approx(0.0))


@pytest.mark.parametrize(
    ("consequence", "kind"),
    [("missense", "missense"), ("synonymous,frameshift", "truncating"), ("tRNA,rRNA", "tRNA"),
     ("synonymous", "synonymous"), ("control_region", "other"), ("", "other")],
)  # fmt: skip
def test_the_most_severe_consequence_is_drawn(consequence: str, kind: str) -> None:
    assert circle.kind_of(consequence) == kind


def test_labels_are_spread_within_the_range() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 7, 30):
        wanted = np.sort(rng.uniform(-1, 1, n))[::-1]
        places = circle.spread(wanted, 0.06, -1.0, 1.0)
        assert (-np.diff(places) >= 0.06 - 1e-12).all()
        assert places.max() <= 1 + 1e-12 and places.min() >= -1 - 1e-12


# ------------------------------------------------------------------ likelihood


def _counted(tumor: int, immune: int, depth: int) -> tables.Row:
    row: tables.Row = {"usable": "true", "background_rate": 1e-4, "overdispersion": 1e-4,
                     "recurrence": 0.0,
                     "error_alpha": 10.0, "error_beta": 99990.0}  # fmt: skip
    for role, alt in (("tumor", tumor), ("immune", immune), ("normal", 0)):
        for strand in ("forward", "reverse"):
            row |= {f"{role}_alt_{strand}": alt / 2, f"{role}_depth_{strand}": depth / 2}
    return row


def test_likelihood_peaks_at_the_share_of_the_tumours_reads() -> None:
    found = likelihood_curve.curve([_counted(1600, 100, 2000), _counted(1000, 62, 2000)])
    assert found is not None
    grid, height = found
    assert height.max() == pytest.approx(0, abs=0.05)
    assert grid[height.argmax()] == pytest.approx(100 / 1600, rel=0.08)
    inside = grid[height > -1.92]
    spread = 1.96 / math.sqrt(162)  # of the reads that carry the alleles
    assert inside.min() == pytest.approx(100 / 1600 * (1 - spread), rel=0.1)


def test_likelihood_needs_all_counts() -> None:
    assert likelihood_curve.curve([]) is None
    assert likelihood_curve.curve([_counted(9, 3, 20) | {"usable": "false"}]) is None
    assert likelihood_curve.curve([_counted(9, 3, 20) | {"normal_depth_reverse": NAN}]) is None
