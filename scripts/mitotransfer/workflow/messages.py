"""The message at the end of a run: its verdicts, or the jobs that failed and why."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

#: Verdicts without an answer; the message gives the reason for each.
EXCLUDED = ("failed_qc", "uninformative")
MAX_LISTED = 10
LAST_LINES = 4


def success_text(results: str, warnings: Iterable[object] = ()) -> str:
    """Verdicts, samples without an answer and the reason, warnings, and paths of the results."""
    transfer = Path(results) / "transfer.tsv"
    identity = Path(results) / "cohort" / "identity.tsv"
    report = Path(results) / "report" / "index.html"
    lines = []
    if transfer.exists():
        rows = _rows(transfer)
        verdicts = Counter(row["verdict"] for row in rows)
        lines.append(f"Verdicts of {len(rows)} immune sample{'' if len(rows) == 1 else 's'}:")
        lines += [f"  {count:5d}  {verdict}" for verdict, count in sorted(verdicts.items())]
        excluded = [row for row in rows if row["verdict"] in EXCLUDED]
        lines += _listed(
            "Without an answer:", [f"{row['sample']}: {row['evidence']}" for row in excluded]
        )
        failed = [row for row in _rows(identity) if row["status"] == "failed"]
        lines += _listed(
            "Samples whose files cannot be used:",
            [f"{row['sample']}: {row['reason']}" for row in failed],
        )
        lines += _listed("Warnings of the sheets:", [str(warning) for warning in warnings])
        lines.append(f"Table:  {transfer}")
    if report.exists():
        lines.append(f"Report: {report}")
    return "\n".join(lines)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def _listed(title: str, items: list[str]) -> list[str]:
    """A title and the first items below it; nothing without items."""
    if not items:
        return []
    more = len(items) - MAX_LISTED
    rest = [f"  and {more} more, see the table"] if more > 0 else []
    return [title, *(f"  {item}" for item in items[:MAX_LISTED]), *rest]


def failed_jobs(run_log: str) -> list[tuple[str, str]]:
    """Rules and log files of the jobs that failed, from the text of a run's log."""
    found = {}
    for block in re.split(r"^Error in rule ", run_log, flags=re.MULTILINE)[1:]:
        name = block.split(":", 1)[0]
        log = re.search(r"^    log: (.+?)(?: \(check log file.*)?$", block, re.MULTILINE)
        if log:
            found[log[1]] = name
    return [(name, log) for log, name in found.items()]


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""


def failure_text(results: str, run_logs: Iterable[str], warnings: Iterable[object] = ()) -> str:
    """The failed jobs, the last lines of their logs, warnings, and what to do."""
    jobs = failed_jobs("".join(_read(path) for path in run_logs))
    lines = ["The run stopped."]
    for rule, log in jobs[:MAX_LISTED]:
        lines.append(f"{rule} failed; the end of {log}:")
        lines += [f"  {line}" for line in _read(log).splitlines() if line.strip()][-LAST_LINES:]
    if len(jobs) > MAX_LISTED:
        lines.append(f"and {len(jobs) - MAX_LISTED} more failed jobs.")
    if any("No space left on device" in line for line in lines):
        lines.append(f"{results}: no space is left on its disk: make room first.")
    lines += _listed("Warnings of the sheets:", [str(warning) for warning in warnings])
    lines.append(
        f"All logs: {Path(results) / 'logs'}. Put the cause right and run the same command "
        "again: what is done is kept."
    )
    return "\n".join(lines)
