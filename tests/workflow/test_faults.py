"""Real faults: bad reads, killed processes, full disks, odd names."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tiny_cohort
from comparison import differences
from snakemake_run import Workflow, copy_workflow
from tsv import read_rows, write_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.exhaustive]

#: A folder that a shell would run, split or expand if it were not quoted.
ODD = "odd $(touch INJECTED) 'quoted' ;touch INJECTED& `touch INJECTED`"

STAGES = {
    "index_reference": "reference/circle.*",
    "count_alleles": "samples/*/*.counts.npz",
    "call_variants": "samples/*/*.vcf.gz",
    "compare_samples": "patients/*/evidence.tsv",
    "cohort_background": "cohort/background.npz",
    "assess_cohort": "transfer.tsv",
    "associate_cohort": "cohort/associations.tsv",
    "render_report": "report/*",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Workflow:
    """The workflow and the tiny cohort; one sample's reads lie in a folder of an odd name."""
    workflow = copy_workflow(tmp_path_factory.mktemp("faults") / "workflow")
    cohort = workflow.folder / "cohort"
    tiny_cohort.make(cohort)
    rows = read_rows(cohort / "samples.tsv")
    (cohort / ODD).mkdir()
    for column in ("fastq_1", "fastq_2", "nuclear_counts"):
        given = workflow.folder / rows[0][column]
        given.rename(cohort / ODD / given.name)
        rows[0][column] = f"cohort/{ODD}/{given.name}"
    write_rows(cohort / "samples.tsv", rows)
    return workflow


@pytest.fixture(scope="module")
def straight(home: Workflow) -> Path:
    """Results of an undisturbed run on two cores, in a folder of an odd name."""
    before = files_of(home)
    tiny_cohort.run(home, ODD, cores=2)
    assert {path for path in files_of(home) - before if path.parts[0] != ODD} == set()
    return home.folder / ODD


def files_of(workflow: Workflow) -> set[Path]:
    """All files but those that Snakemake and Python keep for themselves."""
    return {
        path.relative_to(workflow.folder)
        for path in workflow.folder.rglob("*")
        if not {".snakemake", "__pycache__"} & set(path.parts)
    }


def start(workflow: Workflow, results: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "snakemake", *tiny_cohort.arguments(results, *more)]
    log = open(workflow.folder / "started.log", "a")  # noqa: SIM115
    return subprocess.Popen(
        command,
        cwd=workflow.folder,
        stdout=log,
        stderr=log,
        text=True,
    )


def job_of(workflow: Workflow, stage: str) -> int:
    """Process of a job of a stage that runs now, 0 where there is none."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                here = (entry / "cwd").resolve() == workflow.folder.resolve()
            except OSError:
                continue  # it has ended
            if here and len(words) > 1 and words[1] == f"scripts/{stage}.py".encode():
                return int(entry.name)
    return 0


def wait_for_job(
    workflow: Workflow, stage: str, run: subprocess.Popen[str], but: int = 0, seconds: float = 900
) -> int:
    """Process of the next job of a stage; 0 where the run ends without one."""
    end = time.monotonic() + seconds
    while run.poll() is None and time.monotonic() < end:
        if (job := job_of(workflow, stage)) and job != but:
            return job
        time.sleep(0.01)
    assert run.poll() is not None, f"no job of {stage} in {seconds} s"
    return 0


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc"
)


# --- killed ------------------------------------------------------------------------------------


@needs_proc
def test_killed_at_every_stage_and_run_again_gives_the_same_bytes(home, straight):
    folder = home.folder / "killed"
    locked = False
    for stage, outputs in STAGES.items():
        # Jobs that do not depend on a killed one go on, and may have ended.
        for path in folder.glob(outputs):
            path.unlink() if path.is_file() else shutil.rmtree(path)
        run = start(home, "killed", "--nolock")
        job = wait_for_job(home, stage, run)
        assert job, f"{stage} was not run again"
        os.kill(job, signal.SIGKILL)
        # Where the stage has other samples they go on: then Snakemake dies in the same run.
        if not wait_for_job(home, stage, run, but=job):
            assert run.wait() != 0
            assert not list(folder.glob(outputs)), f"{stage}: left what a killed job had begun"
            run = start(home, "killed", *(() if not locked else ("--nolock",)))
            job = wait_for_job(home, stage, run)
            assert job, f"{stage} was not run again"
        # Half of the time something has been written by now.
        end = time.monotonic() + 0.5
        while not list(folder.glob(outputs)) and time.monotonic() < end:
            time.sleep(0.01)
        run.kill()
        run.wait()
        if not locked:
            locked = True
            done = home.run(*tiny_cohort.arguments("killed"), check=False)
            assert done.returncode != 0
            assert "--unlock" in done.stdout
            home.run(*tiny_cohort.arguments("killed", "--unlock"))
    tiny_cohort.run(home, "killed", "--nolock")
    # One core against two, too: neither number nor order of jobs shows in a byte.
    assert not differences(straight, folder)


@needs_proc
def test_a_second_run_in_the_same_folder_is_refused_and_harms_nothing(home, straight):
    again = home.folder / "twice"
    shutil.copytree(straight, again)
    (again / "transfer.tsv").unlink()
    run = start(home, "twice")
    assert wait_for_job(home, "assess_cohort", run)
    second = home.run(*tiny_cohort.arguments("twice"), check=False)
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout
    assert run.wait() == 0
    assert not differences(straight, again)


# --- disks and folders -------------------------------------------------------------------------


@contextmanager
def mounted(point: Path, *words: str) -> Iterator[None]:
    point.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *words, str(point)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(point)], check=True)


def test_a_full_disk_is_reported_and_the_run_goes_on_when_there_is_room(home, straight):
    results = home.folder / "full"
    with mounted(results, "-t", "tmpfs", "-o", "size=1500k", "tmpfs"):
        done = home.run(*tiny_cohort.arguments("full"), check=False)
        assert done.returncode != 0
        assert "full: no space is left on its disk" in done.stdout
        subprocess.run(["mount", "-o", "remount,size=200m", str(results)], check=True)
        tiny_cohort.run(home, "full")
        assert not differences(straight, results)


def test_a_results_folder_that_cannot_be_written_is_reported_before_anything_runs(home, tmp_path):
    with mounted(home.folder / "readonly", "-t", "tmpfs", "-o", "ro", "tmpfs"):
        done = home.run(*tiny_cohort.arguments("readonly"), check=False)
        assert done.returncode != 0
        assert "readonly: results: cannot be written" in done.stdout
        assert "nothing was run" in done.stdout


# --- configurations ----------------------------------------------------------------------------


def test_a_configuration_that_multiplies_is_refused_at_once(home):
    levels = ["a0: &a0 [x, x]"]
    levels += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    bomb = home.folder / "bomb.yaml"
    bomb.write_text("\n".join([*levels, "verdict: {power: *a59}"]) + "\n")
    done = home.run("-n", "--configfile", str(bomb), check=False)
    assert done.returncode != 0
    (line,) = [line for line in done.stdout.splitlines() if "its aliases (&, *)" in line]
    assert "bomb.yaml" in line
