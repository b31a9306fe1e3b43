"""Lines of Snakemake's log stay short, whatever the number of files."""

from __future__ import annotations

import logging

import pytest
from snakemake_run import copy_workflow

from mitotransfer.workflow.log_lines import SHOWN, shorten


def test_long_lists_are_cut_and_short_ones_are_not(caplog):
    logger = logging.getLogger("lists")
    for _ in range(2):
        shorten(logger)
    assert len(logger.filters) == 1
    files = [f"{k}.npz" for k in range(2000)]
    with caplog.at_level(logging.INFO, "lists"):
        logger.info("job", extra={"input": files, "output": files[:SHOWN], "log": ["a.log"]})
        logger.info("no job")
    job, other = caplog.records
    assert job.input == [*files[:SHOWN], "and 1,994 more"] and len(files) == 2000
    assert job.output == files[:SHOWN] and job.log == ["a.log"]
    assert not hasattr(other, "input")


@pytest.mark.slow
def test_the_plan_of_a_large_cohort_has_short_lines(tmp_path):
    """With Snakemake's own logger, not that of the documentation."""
    made = copy_workflow(tmp_path)
    (made.folder / "reads").mkdir()
    rows = ["sample\tpatient\trole\tfastq_1"]
    for k in range(60):
        for role in ("tumor", "immune", "normal"):
            name = f"P{k}-{role}"
            (made.folder / "reads" / f"{name}.fastq").write_text("@r\nACGT\n+\nIIII\n")
            rows.append(f"{name}\tP{k}\t{role}\treads/{name}.fastq")
    (made.folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    told = made.run("-n", "--config", "samples=samples.tsv").stdout
    assert "more" in told and "rule assess_cohort" in told
    assert max(map(len, told.splitlines())) < 1200
