"""Run the demo cohort through a real Slurm, kill a job under way, compare with a local run.

    python tests/workflow/slurm/run_demo.py [--local demo/results] [--keep FOLDER]

Needs the demo cohort and the results of a local run on it (``make demo``). Exit code 0 and a
line that says why where no Slurm can be started here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path[:0] = [
    str(REPOSITORY / "tests" / "support"),
    str(REPOSITORY / "scripts"),
    str(Path(__file__).parent),
]

import cluster  # noqa: E402
from comparison import differences  # noqa: E402
from snakemake_run import copy_workflow, numba_cache  # noqa: E402

#: Whose job is killed, once it runs.
VICTIM = "P01-tumor"


def kill_when_running(sample: str, run: subprocess.Popen[bytes]) -> cluster.Job:
    """Kill all processes of a sample's first job as soon as one of its steps runs."""
    while run.poll() is None:
        for job in cluster.jobs():
            processes = cluster.processes_of(job) if job.state == "RUNNING" else []
            if any(f"--sample\0{sample}\0" in command_line(pid) for pid in processes):
                for pid in processes:
                    os.kill(pid, signal.SIGKILL)
                return job
        time.sleep(0.2)
    sys.exit(f"the run ended before a job of {sample} was seen at work")


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def check(condition: bool, message: str) -> None:
    print(("ok      " if condition else "FAILED  ") + message, flush=True)
    if not condition:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--local", default=REPOSITORY / "demo" / "results", type=Path)
    parser.add_argument("--cpus", default=4, type=int, help="of the node, as Slurm is told")
    parser.add_argument("--keep", type=Path, help="work here, and leave it")
    arguments = parser.parse_args()
    if reason := cluster.why_not():
        print(f"skipped: no Slurm here: {reason}")
        return
    if not (arguments.local / "transfer.tsv").is_file():
        sys.exit(f"{arguments.local}: no local results to compare with: run `make demo` first")
    cluster.in_own_mounts()

    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="slurm-"))
    folder.mkdir(parents=True, exist_ok=True)
    workflow = copy_workflow(folder / "workflow").folder
    (workflow / "demo").symlink_to(arguments.local.parent)
    began = time.monotonic()
    with cluster.cluster(folder / "slurm", arguments.cpus):
        command = [
            sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm",
            # This node has neither accounts nor an accounting data base.
            "--slurm-no-account", "--slurm-status-command", "squeue",
            "--slurm-init-seconds-before-status-checks", "3", "--seconds-between-status-checks",
            "3", "--latency-wait", "10",
            "--config", "samples=demo/samples.tsv", "patients=demo/patients.tsv",
            "results=results",
        ]  # fmt: skip
        with open(folder / "snakemake.log", "wb") as log:
            environment = os.environ | {"NUMBA_CACHE_DIR": str(numba_cache()), "TERM": "dumb"}
            run = subprocess.Popen(command, cwd=workflow, stdout=log, stderr=log, env=environment)
            killed = kill_when_running(VICTIM, run)
            code = run.wait()
        finished = cluster.jobs()
    seconds = time.monotonic() - began
    if code:
        print((folder / "snakemake.log").read_text()[-8000:])
    check(code == 0, f"the demo cohort ran through Slurm: {len(finished)} jobs, {seconds:.0f} s")
    failed = [job.number for job in finished if job.state != "COMPLETED"]
    check(failed == [killed.number], f"only the job that was killed ({killed.number}) failed")
    twice = 2 * killed.memory
    retried = [job for job in finished if job.comment == killed.comment and job.memory == twice]
    check(
        len(retried) == 1,
        f"it was submitted again with more memory: {killed.memory} MB, then {twice} MB",
    )
    found = differences(arguments.local, workflow / "results")
    check(not found, f"results equal the local ones byte for byte{''.join(found[:20])}")
    if not arguments.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped")
