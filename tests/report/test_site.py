"""The site: its figures, the same bytes at every run."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import yaml
from report_cohort import CONFIG, render_cohort, write_cohort

from mitotransfer.report.figures import style


def test_every_figure_has_three_formats(small: Path) -> None:
    stems = {path.name.rsplit(".", 1)[0] for path in (small / "figures").iterdir()}
    assert {"P0001.circle", "P0001.coverage", "P0001_TIL.fraction", "P0001_TIL.vaf"} < stems
    pileups = {stem for stem in stems if ".reads." in stem}
    assert pileups == {f"P0001_TIL.reads.{pos}A" for pos in (100, 371)}
    for stem in stems - pileups:
        for kind in style.FORMATS:
            assert (small / "figures" / f"{stem}.{kind}").stat().st_size > 500
        ET.parse(small / "figures" / f"{stem}.svg")


def test_large_cohorts_have_the_patients_figures_as_svg_alone(site: Path) -> None:
    cohort = {f"cohort-{name}"
              for name in ("fractions", "covariates", "null", "identity")}  # fmt: skip
    found: dict[str, set[str]] = {}
    for path in (site / "figures").iterdir():
        kind = "reads" if ".reads." in path.name else path.stem.rsplit(".", 1)[-1]
        found.setdefault(kind, set()).add(path.suffix)
    assert found.keys() == {"circle", "coverage", "fraction", "vaf", "reads", *cohort}
    assert all(found[kind] == ({".svg", ".png", ".pdf"} if kind in cohort else {".svg"})
               for kind in found)  # fmt: skip
    page = (site / "patients" / "P0001.html").read_text()
    assert "P0001.coverage.svg" in page and ".png" not in page and ".pdf" not in page


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_input_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    one, two = _bytes(small), _bytes(render_cohort(write_cohort(tmp_path, 1, 3), threads=2))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_configuration_of_the_made_up_cohort_has_the_real_keys(repository: Path) -> None:
    real = yaml.safe_load((repository / "config" / "config.yaml").read_text())
    for section, keys in CONFIG.items():
        assert set(keys) <= set(real[section]), section
