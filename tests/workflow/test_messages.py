"""The message at the end of a run."""

from __future__ import annotations

from mitotransfer.workflow.messages import failed_jobs, failure_text, success_text

LOG = """Error in rule count_alleles:
    message: None
    jobid: 7
    log: {log} (check log file(s) for error details)
    shell:
        python scripts/count_alleles.py
"""


def test_a_failure_ends_with_the_log_of_the_failed_job(tmp_path):
    log, run = tmp_path / "A-TIL.log", tmp_path / "run.log"
    log.write_text("\n".join([*map(str, range(20)), "reads.fq: truncated", ""]))
    run.write_text(LOG.format(log=log) + LOG.format(log=log))
    text = failure_text("results", [str(run)], ["s.tsv:1: note: unknown column is ignored"])
    assert "Warnings of the sheets:\n  s.tsv:1: note: unknown column is ignored\n" in text
    assert text.count("count_alleles failed") == 1
    assert f"the end of {log}:\n  17\n  18\n  19\n  reads.fq: truncated\n" in text


def test_a_success_names_samples_without_an_answer_and_why(tmp_path):
    rows = [f"S{i}\tfailed_qc\tNot judged: too shallow." for i in range(12)]
    table = ["sample\tverdict\tevidence", "A\tnot_detected\tNone seen.", *rows]
    (tmp_path / "transfer.tsv").write_text("\n".join(table) + "\n")
    text = success_text(str(tmp_path))
    assert "Verdicts of 13 immune samples:" in text and "   12  failed_qc" in text
    assert "  S0: Not judged: too shallow." in text and "  and 2 more, see the table" in text
    assert "  A:" not in text


def test_a_success_names_samples_whose_files_cannot_be_used_and_repeats_the_warnings(tmp_path):
    (tmp_path / "transfer.tsv").write_text("sample\tverdict\tevidence\nA\tnot_detected\tNone.\n")
    (tmp_path / "cohort").mkdir()
    rows = "sample\tstatus\treason\nA\tok\tno differences\nT\tfailed\tt.bam: cut\n"
    (tmp_path / "cohort/identity.tsv").write_text(rows)
    text = success_text(str(tmp_path), ["s.tsv:1: note: unknown column is ignored"])
    assert "Samples whose files cannot be used:\n  T: t.bam: cut\nWarnings of the sheets:\n" in text
    assert "  s.tsv:1: note: unknown column is ignored\nTable:" in text


def test_a_job_that_failed_twice_is_reported_once():
    text = LOG.format(log="a.log") + LOG.replace("count_alleles", "call").format(log="b.log")
    assert failed_jobs("Building DAG\n" + 2 * text) == [
        ("count_alleles", "a.log"), ("call", "b.log"),
    ]  # fmt: skip
    assert failed_jobs("Error in rule local:\n    jobid: 1\n") == []  # a rule without a log


def test_a_full_disk_is_reported(tmp_path):
    log, run = tmp_path / "a.log", tmp_path / "run.log"
    log.write_text("OSError: [Errno 28] No space left on device\n")
    run.write_text(LOG.format(log=log))
    assert "out: no space is left on its disk" in failure_text("out", [str(run), "none.log"])


def test_without_results_nothing_is_said(tmp_path):
    assert success_text(str(tmp_path)) == ""
