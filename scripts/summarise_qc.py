"""Gather the quality of all samples in one MultiQC report."""

from __future__ import annotations

import argparse
import csv
import html
import json
import tempfile
from pathlib import Path
from typing import Any

from mitotransfer import command
from mitotransfer.inputs.settings import Report
from mitotransfer.report.multiqc import sections


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="sheet that write_sheets.py wrote")
    parser.add_argument("--samples-folder", required=True, help="folder with a folder per sample")
    command.add_settings(parser, Report, "title")
    parser.add_argument("--output", required=True, help="report to write (.html)")
    args = parser.parse_args()
    with open(args.samples, encoding="utf-8", newline="") as handle:
        names = [row["sample"] for row in csv.DictReader(handle, delimiter="\t")]
    paths = {name: Path(args.samples_folder) / name / f"{name}.qc.json" for name in names}
    samples = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    write_report(sections(samples), args.title, Path(args.output))


def write_report(content: list[dict[str, Any]], title: str, output: Path) -> None:
    """Run MultiQC on custom content."""
    import multiqc  # takes 2 s; errors in the input are reported first
    from multiqc.core.update_config import ClConfig

    with tempfile.TemporaryDirectory() as folder:
        for section in content:
            text = json.dumps(section, sort_keys=True)
            (Path(folder) / f"{section['id']}_mqc.json").write_text(text, encoding="utf-8")
        result = multiqc.run(
            folder,
            cfg=ClConfig(
                filename=output.name,
                output_dir=str(output.parent),
                title=html.escape(title),
                force=True,
                make_data_dir=False,
                no_version_check=True,
                run_modules=["custom_content"],
                fn_clean_sample_names=False,
                no_ai=True,
                quiet=True,
            ),
        )
    if result.sys_exit_code:
        raise ValueError(result.message or "MultiQC failed")


if __name__ == "__main__":
    command.run(main)
