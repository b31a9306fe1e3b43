"""A real Slurm of one node on this machine, for the time of a test.

Needs root and Debian's ``slurm-wlm`` and ``munge``. The configuration is bound over
``/etc/slurm`` in a mount namespace of its own, so nothing of the machine is changed: start the
process under ``unshare -m`` (``in_own_mounts``).
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("unshare", "mount", "munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
OWN_MOUNTS = "MITOTRANSFER_OWN_MOUNTS"

CONFIGURATION = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=50000
# Ended jobs stay in the queue's list: the test reads what each of them had asked for.
MinJobAge=3600
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=64000
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Job:
    """A line of the queue's list; memory in MB."""

    number: str
    state: str
    memory: int
    cpus: int
    comment: str


def why_not() -> str:
    """Why no cluster can be started here; empty where one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can start one"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)} (Debian: slurm-wlm, munge)"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        return "mount namespaces are not allowed here"
    return ""


def in_own_mounts() -> None:
    """Start this program anew in a mount namespace of its own, unless it is in one."""
    if os.environ.get(OWN_MOUNTS):
        return
    os.environ[OWN_MOUNTS] = "yes"
    command = ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv]
    os.execvp(command[0], command)


def _wait(what: str, ready, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not ready after {seconds:.0f} s")
        time.sleep(0.2)


def _idle() -> bool:
    done = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "idle"


def _cancel_jobs() -> None:
    """End what still runs: jobs outlive their cluster."""
    command = ["scancel", "--signal=KILL", "--full", "--me"]
    subprocess.run(command, capture_output=True, check=False)
    end = time.monotonic() + 20
    command = ["squeue", "--noheader"]
    while subprocess.run(command, capture_output=True, check=False).stdout:
        if time.monotonic() > end:
            break
        time.sleep(0.5)


@contextmanager
def cluster(folder: Path, cpus: int) -> Iterator[None]:
    """Slurm while the block runs; its files and logs are in ``folder``."""
    for name in ("state", "spool", "etc"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "etc" / "slurm.conf").write_text(CONFIGURATION.format(folder=folder, cpus=cpus))
    Path("/etc/slurm").mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", folder / "etc", "/etc/slurm"], check=True)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    socket = folder / "munge.socket"
    daemons = []

    def start(*command: str) -> None:
        log = open(folder / f"{command[0]}.out", "wb")  # noqa: SIM115
        # In a session of its own: what interrupts the test must not end the cluster first.
        daemons.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    try:
        start(
            "munged", "--force", "--foreground", f"--key-file={key}", f"--socket={socket}",
            f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
            f"--seed-file={folder}/munged.seed",
        )  # fmt: skip
        _wait("munged", socket.exists)
        start("slurmctld", "-D", "-c")
        start("slurmd", "-D", "-N", "localhost")
        _wait("the node", _idle)
        yield
    finally:
        _cancel_jobs()
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        subprocess.run(["umount", "/etc/slurm"], check=False)


def jobs() -> list[Job]:
    """All jobs, ended ones too, in the order of their submission."""
    command = ["squeue", "--states=all", "--noheader", "--sort=i", "-o", "%i|%T|%m|%C|%k"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        number, state, memory, cpus, comment = line.split("|", 4)
        scale = {"M": 1, "G": 1024}[memory[-1]]
        found.append(Job(number, state, int(float(memory[:-1]) * scale), int(cpus), comment))
    return found


def processes_of(job: Job) -> list[int]:
    """Processes that run for a job on this machine, by its number in their environment."""
    mark = f"SLURM_JOB_ID={job.number}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended
    return found
