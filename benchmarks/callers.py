"""Variant callers on one BAM: this pipeline's, and every peer that is installed.

Each takes a BAM on rCRS, a FASTA, the lowest VAF of interest and a folder to work in, and gives
SNVs with columns ``pos ref alt vaf heteroplasmic``. Peers are told to call down to that VAF,
without limits on depth, and bases below quality 20 do not count; otherwise their defaults hold.
bcftools and lofreq have no such option: bcftools calls a diploid genome's variants, so it cannot be
expected to see low heteroplasmies. Those that are not on the PATH are skipped by name. The options
of lofreq, mutserve, varscan and vardict-java are those of their documentation; no package of theirs
was to be had where this was written.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pysam

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS, BUNDLE = ROOT / "scripts", ROOT / "resources" / "human_rCRS"
CONTIG, LENGTH = "chrM", 16_569
COLUMNS = ["pos", "ref", "alt", "vaf", "heteroplasmic"]


def run(command: list[object] | str, output: Path | None = None) -> None:
    """Run a command, or a pipe of commands given as text; its output goes to a file."""
    pipe = isinstance(command, str)
    # Without pipefail a caller whose input failed would be scored for finding nothing.
    words = ["bash", "-o", "pipefail", "-c", command] if pipe else [str(w) for w in command]
    with open(output or "/dev/null", "wb") as handle:
        done = subprocess.run(words, stdout=handle, stderr=subprocess.PIPE)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"{command if pipe else words[0]} failed: {' '.join(last)}")


def script(name: str, *options: object) -> None:
    run([sys.executable, SCRIPTS / name, *options])


def mitotransfer(bam: Path, fasta: Path, _lowest: float, folder: Path) -> pd.DataFrame:
    # Counted while the reads were aligned.
    counts, calls = bam.with_name("counts.npz"), folder / "calls.tsv"
    script(
        "call_variants.py", "--sample", "S", "--counts", counts, "--bundle", BUNDLE,
        "--errors", folder / "errors.json", "--calls", calls,
        "--vcf", folder / "calls.vcf.gz", "--tested", folder / "tested.tsv.gz",
    )  # fmt: skip
    found = pd.read_csv(calls, sep="\t", keep_default_na=False)
    found = found[(found["filter"] == "PASS") & (found["type"] == "SNV")]
    found["heteroplasmic"] = found["state"] == "heteroplasmic"
    return found[COLUMNS]


def from_vcf(
    path: Path, vaf: Callable[[pysam.VariantRecord, int], float], diploid: bool = False
) -> pd.DataFrame:
    """SNVs of a VCF. A diploid caller says by its genotype what is heteroplasmic."""
    rows = []
    with pysam.VariantFile(str(path)) as handle:
        for record in handle:
            if set(record.filter.keys()) - {"PASS"}:
                continue
            mixed = not diploid or len(set(record.samples[0]["GT"])) > 1
            for i, alt in enumerate(record.alts or ()):
                # A substitution within a longer allele counts base by base.
                if len(alt) != len(record.ref) or not set(alt) <= set("ACGT"):
                    continue
                for j, (old, new) in enumerate(zip(record.ref, alt, strict=True)):
                    if old != new:
                        rows.append((record.pos + j, old, new, vaf(record, i), mixed))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.groupby(["pos", "ref", "alt"], as_index=False).agg(
        {"vaf": "sum", "heteroplasmic": "max"}
    )


def by_depth(record: pysam.VariantRecord, index: int) -> float:
    """VAF from FORMAT/AD."""
    depths = [x or 0 for x in record.samples[0]["AD"]]
    return depths[index + 1] / max(sum(depths), 1)


def freebayes(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "freebayes.vcf"
    run(
        ["freebayes", "-f", fasta, "-p", 1, "--pooled-continuous", "-F", lowest, "-C", 2, "-q", 20,
         "-m", 20, bam],
        out,
    )  # fmt: skip
    return from_vcf(out, by_depth)


def bcftools(bam: Path, fasta: Path, _lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "bcftools.vcf"
    run(
        f"bcftools mpileup -d 1000000 -Q 20 -q 20 -a AD -f '{fasta}' '{bam}' 2> /dev/null"
        " | bcftools call -mv",
        out,
    )
    return from_vcf(out, by_depth, diploid=True)


def ivar(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    run(
        f"samtools mpileup -aa -A -d 0 -B -Q 0 -f '{fasta}' '{bam}' 2> /dev/null"
        f" | ivar variants -p '{folder / 'ivar'}' -q 20 -t {lowest} -r '{fasta}'"
    )
    found = pd.read_csv(folder / "ivar.tsv", sep="\t")
    found = found[found["PASS"] & (found["ALT"].str.len() == 1)].drop_duplicates(["POS", "ALT"])
    names = {"POS": "pos", "REF": "ref", "ALT": "alt", "ALT_FREQ": "vaf"}
    return found.rename(columns=names).assign(heteroplasmic=True)[COLUMNS]


def lofreq(bam: Path, fasta: Path, _lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "lofreq.vcf"
    out.unlink(missing_ok=True)
    run(["lofreq", "call", "-d", 1000000, "-q", 20, "-Q", 20, "-f", fasta, "-o", out, bam])
    return from_vcf(out, lambda record, _: float(record.info["AF"]))


def mutserve(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "mutserve.txt"
    run(["mutserve", "call", "--level", lowest, "--reference", fasta, "--output", out, bam])
    found = pd.read_csv(folder / "mutserve.txt", sep="\t")
    names = {"Pos": "pos", "Ref": "ref", "Variant": "alt", "VariantLevel": "vaf"}
    return found.rename(columns=names).assign(heteroplasmic=True)[COLUMNS]


def mity(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    """mity sorts with gsort; bcftools stands in where that is missing."""
    if not shutil.which("gsort"):
        shim = folder / "gsort"
        shim.write_text('#!/bin/sh\nexec bcftools sort "$1"\n')
        shim.chmod(0o755)
    genome = folder / "chrM.genome"
    genome.write_text(f"{CONTIG}\t{LENGTH}\n")
    run(
        f"PATH='{folder}':$PATH mity call --custom-reference-fasta '{fasta}'"
        f" --custom-reference-genome '{genome}' --prefix mity --output-dir '{folder}'"
        f" --min-alternate-fraction {lowest} --min-mapping-quality 20 --min-base-quality 20"
        f" --normalise '{bam}'"
    )
    (out,) = folder.glob("*.normalise.vcf.gz")
    return from_vcf(out, lambda record, _: float(first(record.samples[0]["VAF"])))


def first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def varscan(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "varscan.vcf"
    run(
        f"samtools mpileup -B -d 0 -q 20 -Q 20 -f '{fasta}' '{bam}' 2> /dev/null"
        f" | varscan mpileup2snp --min-var-freq {lowest} --min-avg-qual 20 --output-vcf 1",
        out,
    )
    return from_vcf(out, lambda record, _: 0.01 * float(record.samples[0]["FREQ"].rstrip("%")))


def vardict(bam: Path, fasta: Path, lowest: float, folder: Path) -> pd.DataFrame:
    out = folder / "vardict.vcf"
    run(
        f"vardict-java -G '{fasta}' -f {lowest} -N S -b '{bam}' -q 20 -Q 20"
        f" -R {CONTIG}:1-{LENGTH} | teststrandbias.R | var2vcf_valid.pl -N S -E -f {lowest}",
        out,
    )
    return from_vcf(out, lambda record, _: float(first(record.samples[0]["AF"])))


OURS = "this pipeline"
CALLERS: dict[str, Callable[[Path, Path, float, Path], pd.DataFrame]] = {
    OURS: mitotransfer,
    "freebayes": freebayes,
    "bcftools": bcftools,
    "ivar": ivar,
    "mity": mity,
    "lofreq": lofreq,
    "mutserve": mutserve,
    "varscan": varscan,
    "vardict-java": vardict,
}


def installed() -> list[str]:
    """Callers that can be run; says on stderr which cannot."""
    able = [name for name in CALLERS if name == OURS or shutil.which(name)]
    for name in CALLERS:
        if name not in able:
            print(f"{name}: not installed, skipped", file=sys.stderr)
    return able


def minor_alleles(found: pd.DataFrame, lowest: float) -> dict[tuple[int, str], float]:
    """Heteroplasmies as (position, minor allele): VAF; where an alternative allele is the major
    one, the reference allele is the minor one."""
    minor: dict[tuple[int, str], float] = {}
    for row in found.itertuples(index=False):
        level, allele = (row.vaf, row.alt) if row.vaf <= 0.5 else (1.0 - row.vaf, row.ref)
        if row.heteroplasmic and level >= lowest:
            minor[int(row.pos), allele] = level
    return minor
