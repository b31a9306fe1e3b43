"""Write docs/plans.md and its figure: what common designs of a study can show.

python docs/generate_plans.py
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))
from mitotransfer.inputs.settings import Settings  # noqa: E402
from mitotransfer.planning import figure  # noqa: E402
from mitotransfer.planning.design import Design  # noqa: E402
from mitotransfer.planning.outcome import Outcome, plan  # noqa: E402
from mitotransfer.planning.tumors import Answered, answered, draw  # noqa: E402
from mitotransfer.planning.words import paragraph  # noqa: E402
from mitotransfer.report.figures import style  # noqa: E402
from mitotransfer.wording import percent  # noqa: E402

PAGE, IMAGES = HERE / "plans.md", HERE / "images"
TUMORS = 60

BULK = Design(purity=0.5, purity_stated=False, copy_ratio_sd=0.0, nuclear_loci=0)
EXOME = replace(BULK, nuclear_loci=100, nuclear_depth=100.0, purity_stated=True)
COPIES = replace(EXOME, copy_ratio_sd=0.2)
SORTED = replace(COPIES, purity=1.0)
GENOME = replace(SORTED, nuclear_loci=3000, nuclear_depth=60.0)
DEEP = replace(GENOME, immune_depth=10_000.0, normal_depth=10_000.0, tumor_depth=5000.0)
DESIGNS = {
    "mtDNA of bulk tumour, TILs and blood alone": BULK,
    "the same, with exomes (100 somatic SNVs at 100x) and stated purity": EXOME,
    "the same, with mtDNA copies measured": COPIES,
    "the same, with sorted tumour cells": SORTED,
    "the same, with whole genomes (3,000 SNVs at 60x)": GENOME,
    "the same, five times as deep": DEEP,
    "the same, with five variants in the tumour": replace(
        DEEP, tumor_vafs=(0.95, 0.8, 0.6, 0.4, 0.2)
    ),
    "the same, with 1,000 cells a library": replace(
        DEEP, tumor_vafs=(0.95, 0.8, 0.6, 0.4, 0.2), cells=1000
    ),
}
DRAWN = ("the same, with mtDNA copies measured", "the same, with whole genomes (3,000 SNVs at 60x)")
LABELS = ("exomes, copies measured, bulk tumour", "genomes, copies measured, sorted tumour")


def plans() -> dict[str, tuple[Outcome, Answered]]:
    """The plan of every design."""
    settings = Settings()
    tumors = draw(TUMORS, settings)
    return {
        name: (plan(design, settings), answered(design, settings, tumors))
        for name, design in DESIGNS.items()
    }


def share(value: float) -> str:
    return "none" if math.isnan(value) else percent(value)


def page(found: dict[str, tuple[Outcome, Answered]]) -> str:
    """The page's text."""
    lines = [
        "# What designs can show",
        "",
        "Made by `docs/generate_plans.py` from the functions that judge samples. Unless a row says",
        "otherwise: two informative variants (VAF 60 % and 30 % in the tumour), immune sample and",
        "normal at 2,000x, tumour at 1,000x, purity 50 %, three times the mtDNA copies per cell in",
        "the tumour sample, 20,000 cells a library, no tumour cell left, 20 immune samples in the",
        "cohort. Your own numbers: `scripts/plan_study.py --help`, and",
        "[Design a study](design_a_study.md) in words.",
        "",
        "| design | detected from | supported from | absence said in | helps most |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, (outcome, patients) in found.items():
        best, reached = next(iter(outcome.gains.items()), ("", math.nan))
        helps = f"{best} ({percent(reached)})" if best else "–"
        lines.append(
            f"| {name} | {percent(outcome.detection_limit)} | {share(outcome.smallest_supported)} "
            f"| {percent(patients.negative)} of patients | {helps} |"
        )
    lines += [
        "",
        "*Detected from*: the smallest fraction that a sample shows with a probability of 95 %.",
        "*Supported from*: the smallest that four of five samples would show as transfer.",
        "*Absence said in*: share of patients whose detection limit is at most 2 %, if tumours",
        "have 2.9 mtDNA substitutions of VAF 1 % or more each. That is an assumption.",
        "",
        "![Smallest fraction supported over depth](images/plan.svg)",
        "",
        "## One design in words",
        "",
        paragraph(*found[DRAWN[1]]),
        "",
    ]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def main() -> None:
    PAGE.write_text(page(plans()), encoding="utf-8")
    settings = Settings()
    curves = [
        (label, figure.over_depth(DESIGNS[name], settings))
        for label, name in zip(LABELS, DRAWN, strict=True)
    ]
    with style.settings():
        style.save(figure.plan_figure(curves, 0.02), IMAGES, "plan", ("svg",))


if __name__ == "__main__":
    main()
