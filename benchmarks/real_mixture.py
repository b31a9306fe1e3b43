"""Run the pipeline on real reads of two people mixed at known shares, and compare.

python benchmarks/real_mixture.py --data FOLDER --output FOLDER

FOLDER holds donor.bam (the tumour's part), recipient_alone.bam (the normal's) and
mixture_*.bam (immune samples), with a README.md whose table states each mixture's share of
donor bases. The data are not part of the repository.

Mixtures that are made of the two people's own reads, not of their cells, hold those reads a second
time: the pipeline finds that and judges none of the samples. So the fraction is estimated here from
the patient's evidence.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

from mitotransfer import fraction, informative  # noqa: E402
from mitotransfer.assessment import variant_counts  # noqa: E402

PATIENT = "PAIR"


def known_shares(data: Path) -> dict[str, float]:
    """Share of donor bases by mixture, from the table in the data's README."""
    text = (data / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (mixture_\w+)\.bam \|.*\| ([0-9.]+) \|$", text, re.MULTILINE)
    return {name: float(share) for name, share in rows}


def write_sheets(data: Path, output: Path, mixtures: list[str]) -> None:
    roles = {"donor": "tumor", "recipient_alone": "normal"} | dict.fromkeys(mixtures, "immune")
    lines = ["sample\tpatient\trole\tbam\tassay\tplatform"]
    for name, role in roles.items():
        lines.append(f"{name}\t{PATIENT}\t{role}\t{data / name}.bam\twes\tillumina")
    (output / "samples.tsv").write_text("\n".join(lines) + "\n")
    (output / "patients.tsv").write_text(f"patient\tdesign\n{PATIENT}\tallogeneic\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    args = parser.parse_args()
    shares = known_shares(args.data)
    output = args.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    write_sheets(args.data.resolve(), output, sorted(shares))
    sheets = [f"{key}={output / key}.tsv" for key in ("samples", "patients")]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--config"]
    subprocess.run([*command, *sheets, f"results={output / 'results'}"], cwd=REPOSITORY, check=True)

    folder = output / "results" / "patients" / PATIENT
    evidence = informative.read_evidence(folder / "evidence.tsv")
    evidence = evidence[evidence["usable"]]
    print("mixture\tknown\tfraction\tlow\thigh\tinformative\tinside")
    inside = 0
    for name, share in sorted(shares.items()):
        rows = evidence[evidence["sample"] == name]
        found = fraction.estimate(variant_counts(rows))
        held = found.low <= share <= found.high
        inside += held
        numbers = f"{found.fraction:.4f}\t{found.low:.4f}\t{found.high:.4f}"
        print(f"{name}\t{share}\t{numbers}\t{len(rows)}\t{'yes' if held else 'no'}")
    sys.exit(0 if inside == len(shares) else 1)


if __name__ == "__main__":
    main()
