"""Measure the variant caller, beside every peer that is installed, and write docs/validation.md.

    python benchmarks/calling.py counts --work FOLDER   false calls and power, drawn counts
    python benchmarks/calling.py reads --work FOLDER    peers, simulated reads (art_illumina)
    python benchmarks/calling.py real --work FOLDER --data FOLDER   peers, real mixtures
    python benchmarks/calling.py write --work FOLDER    tables and figures into docs/

FOLDER of ``real`` holds recipient_alone.bam, mixture_05.bam and so on, and fixed_differences.tsv
(columns pos, major, minor). Each part leaves tables in the work folder; ``write`` takes those that
are there.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import callers
import draws
from callers import ROOT, minor_alleles, script

from mitotransfer import calls, errormodel, tracts
from mitotransfer.counts import Counts
from mitotransfer.sitefactor import SiteFactor

ARTEFACTS = tracts.load_artefacts(callers.RESOURCES / "artefacts.tsv")
SETTINGS = calls.CallSettings()
# Error rate of each substitution on each strand: that of simulated HiSeq 2500 reads above Q20.
ERROR_RATE = 1.2e-4
MARKS = "<!-- calling -->", "<!-- /calling -->"


# ---------------------------------------------------------------- drawn counts


def factors(rng: np.random.Generator, family: str, v: float) -> np.ndarray:
    """Site factors that both strands share."""
    shape = (draws.rcrs.LENGTH, 4, 1)
    if family == "gamma":
        return draws.gamma_factors(rng, v, shape)
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, shape))


def tested(counts: Counts, factor: SiteFactor | None = None, truth: np.ndarray | None = None):
    """Minor alleles of drawn counts with p and q value; by the truth where it is given."""
    errors = errormodel.estimate_errors(counts)
    own = errormodel.own_bases(counts)
    predicted = errormodel.background(errors, draws.REFERENCE, None, own=own)
    if truth is not None:
        flat = np.full((draws.rcrs.LENGTH, 4, 2), 1e12)
        rate = np.broadcast_to(truth, flat.shape)
        predicted = errormodel.Background(flat * rate, flat * (1 - rate), 1.0, 0.0, factor)
    return calls.tested_bases(counts, predicted, draws.REFERENCE, ARTEFACTS, SETTINGS)


def called(frame: pd.DataFrame, filters: bool = True) -> set[tuple[int, str]]:
    found = frame[frame["minor"] & (frame["q_value"] <= SETTINGS.max_fdr)]
    if filters:
        found = found[found["filter"] == "PASS"]
    return set(zip(found["pos"], found["alt"], strict=True))


def false_calls(samples: int) -> pd.DataFrame:
    """Pure samples: false calls; and 40 variants at 4,000x: recall."""
    rows = []
    for family in ("gamma", "lognormal"):
        for v in (0.3, 1.0, 3.0):
            for depth in (2000, 4000, 8000, 20000):
                rng = np.random.default_rng([depth, int(10 * v), len(family)])
                false = 0
                for _ in range(samples):
                    rate = draws.rates(rng, ERROR_RATE / 2, ERROR_RATE * 2)
                    counts = draws.draw(rng, depth, rate, factors(rng, family, v))
                    false += len(called(tested(counts)))
                rows.append({"family": family, "v": v, "depth": depth, "false": false})
                print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows).assign(samples=samples)


def power(samples: int) -> pd.DataFrame:
    """Recall against VAF, beside two oracles: one knows the substitutions' true error rates and
    how they scatter over sites, the other each site's own true rate. Both test by the upper tail
    of the count, which orders counts as the likelihood ratio does, at the same FDR, without
    filters."""
    rows = []
    grid = {
        500: (0.005, 0.01, 0.015, 0.02, 0.03, 0.05),
        2000: (0.002, 0.003, 0.004, 0.005, 0.007, 0.01),
        5000: (0.001, 0.0015, 0.002, 0.003, 0.004, 0.005),
        20000: (0.0004, 0.0006, 0.0008, 0.001, 0.0015, 0.002, 0.003),
    }
    v = 0.3
    known = SiteFactor(gamma=(1.0, v))
    point = SiteFactor(gamma=(1.0, 1e-6))
    for depth, vafs in grid.items():
        for vaf in vafs:
            rng = np.random.default_rng([depth, int(vaf * 1e5)])
            wanted, found = 0, np.zeros(4, np.int64)
            for _ in range(samples):
                rate = draws.rates(rng, ERROR_RATE / 2, ERROR_RATE * 2)
                factor = factors(rng, "gamma", v)
                counts = draws.draw(rng, depth, rate, factor)
                counts, truth = draws.spike(rng, counts, draws.some_positions(rng, 40), vaf)
                by_site = np.minimum(rate[draws.CODES] * factor, 0.3)
                frames = (
                    called(tested(counts)),
                    called(tested(counts, known, rate[draws.CODES]), filters=False),
                    called(tested(counts, point, by_site), filters=False),
                )
                wanted += len(truth)
                found[:3] += [len(got & truth) for got in frames]
                found[3] += len(frames[0] - truth)
            recall = found[:3] / wanted
            rows.append(
                {
                    "depth": depth, "vaf": vaf, "recall": recall[0], "oracle": recall[1],
                    "site_oracle": recall[2], "false": found[3], "samples": samples,
                }
            )  # fmt: skip
            print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- reads


def genomes(rng: np.random.Generator) -> tuple[str, str, set[int]]:
    """Two genomes without the placeholder: one with 30 differences from rCRS, the other with 40
    from the first, a third of them back to rCRS; and the positions where they differ."""
    first = list(draws.REFERENCE.sequence)
    positions = np.sort(draws.some_positions(rng, 57) + 1)
    positions = positions[(positions > 150) & (positions < 16_400)]
    swap = dict(zip("ACGT", "GTAC", strict=True))
    shuffled = rng.permutation(positions)
    for p in shuffled[:30]:
        first[p - 1] = swap[first[p - 1]]
    second = list(first)
    different = np.concatenate([shuffled[:13], shuffled[30:]])
    for p in different:
        second[p - 1] = swap[second[p - 1]]
    cut = draws.rcrs.PLACEHOLDER
    texts = ["".join(s[:cut] + s[cut + 1 :]) for s in (first, second)]
    return texts[0], texts[1], {int(p) for p in different}


def art(sequence: str, depth: float, seed: int, prefix: Path) -> list[Path]:
    fasta = prefix.with_suffix(".fa")
    fasta.write_text(f">{prefix.name}\n{sequence}\n")
    subprocess.run(
        ["art_illumina", "-q", "-ss", "HS25", "-p", "-l", "150", "-f", str(depth), "-m", "400",
         "-s", "60", "-na", "-rs", str(seed), "-i", str(fasta), "-o", f"{prefix}."],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return [Path(f"{prefix}.{mate}.fq") for mate in (1, 2)]


def reference_copy(folder: Path) -> Path:
    fasta = folder / "rCRS.fasta"
    fasta.write_text(f">{draws.rcrs.CONTIG}\n{draws.REFERENCE.sequence}\n")
    callers.run(["samtools", "faidx", fasta])
    return fasta


def aligned(source: list[object], fasta: Path, folder: Path) -> Path:
    index = folder.parent / "index" / "circle"
    if not Path(f"{index}.0123").exists():
        script("index_reference.py", "--reference", fasta, "--output", index)
    bam = folder / "sample.bam"
    script(
        "align_reads.py", "--sample", "S", "--index", index, "--reference", fasta, *source,
        "--output", bam,
    )  # fmt: skip
    return bam


def measured(
    kind: str, bam: Path, fasta: Path, level: float, truth: set[int], able: list[str]
) -> list[dict[str, object]]:
    """One row per caller and threshold; unmixed samples (level 0) at several thresholds."""
    rows = []
    thresholds = [level / 2] if level else UNMIXED[kind]
    for name in able:
        folder = bam.parent / name.replace(" ", "_")
        folder.mkdir(exist_ok=True)
        start = time.perf_counter()
        try:
            found = callers.CALLERS[name](bam, fasta, min(thresholds), folder)
        except (RuntimeError, OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        seconds = time.perf_counter() - start
        for threshold in thresholds:
            minor = minor_alleles(found, threshold)
            hits = {key: vaf for key, vaf in minor.items() if level and key[0] in truth}
            vafs = list(hits.values())
            rows.append(
                {
                    "kind": kind, "caller": name, "level": level, "threshold": threshold,
                    "truth": len(truth) if level else 0, "found": len({p for p, _ in hits}),
                    "false": len(minor) - len(hits), "seconds": seconds,
                    "vaf_error": np.median(np.abs(np.array(vafs) - level)) if vafs else np.nan,
                }
            )  # fmt: skip
            print(rows[-1], file=sys.stderr)
    return rows


UNMIXED = {"simulated": [0.0015, 0.0025, 0.005], "real": [0.005, 0.025, 0.05]}


def on_reads(work: Path, replicates: int, depth: int = 4000) -> pd.DataFrame:
    able, rows = callers.installed(), []
    for replicate in range(replicates):
        rng = np.random.default_rng(replicate)
        first, second, truth = genomes(rng)
        folder = work / f"reads_{replicate}"
        folder.mkdir(parents=True, exist_ok=True)
        fasta = reference_copy(folder)
        base = art(first, depth, 10 * replicate + 1, folder / "first")
        for level in (0.0, 0.003, 0.005, 0.01):
            at = folder / f"{level:g}"
            at.mkdir(exist_ok=True)
            files = [base]
            if level:
                share = depth * level / (1 - level)
                files.append(art(second, share, 10 * replicate + 2, at / "second"))
            lanes = [word for pair in files for word in ("--fastq", *pair)]
            bam = aligned(lanes, fasta, at)
            rows += measured("simulated", bam, fasta, level, truth, able)
    return pd.DataFrame(rows)


def on_real(work: Path, data: Path) -> pd.DataFrame:
    truth = set(pd.read_csv(data / "fixed_differences.tsv", sep="\t")["pos"].tolist())
    able, rows = callers.installed(), []
    for name in ("recipient_alone", "mixture_05", "mixture_10", "mixture_20"):
        folder = work / "real" / name
        folder.mkdir(parents=True, exist_ok=True)
        fasta = reference_copy(folder)
        bam = aligned(["--bam", data / f"{name}.bam"], fasta, folder)
        level = 0.01 * float(name[-2:]) if name.startswith("mixture") else 0.0
        rows += measured("real", bam, fasta, level, truth, able)
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- documentation


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(header) + " |",
        "|" + " --- |" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def peers_table(table: pd.DataFrame, heads: dict[str, tuple[float, float]]) -> list[str]:
    """Found / to find, and false, by caller; unmixed samples: heteroplasmies at a threshold."""
    rows = []
    for name in dict.fromkeys(table["caller"]):
        row = [name]
        for level, threshold in heads.values():
            part = table[
                (table["caller"] == name)
                & (table["level"] == level)
                & np.isclose(table["threshold"], threshold)
            ]
            found, truth, false = (int(part[c].sum()) for c in ("found", "truth", "false"))
            row.append(f"{found}/{truth} · {false}" if level else f"{false}")
        rows.append(row)
    return markdown(["caller", *heads], rows)


def vaf_errors(table: pd.DataFrame) -> list[str]:
    """Median absolute error of the VAF by level and caller, over that of a binomial count."""
    part = table[table["level"] > 0]
    errors = part.pivot_table(index="level", columns="caller", values="vaf_error", sort=False)
    rng = np.random.default_rng(1)
    rows = []
    for level, row in errors.iterrows():
        n = 3430  # mean depth that counts, of 4,000x
        limit = np.median(np.abs(rng.binomial(n, level, 100_000) / n - level))
        each = [f"{error:.5f} ({error / limit:.2f})" for error in row]
        rows.append([f"{100 * level:g} %", f"{limit:.5f}", *each])
    return markdown(["level", "binomial limit", *errors.columns], rows)


def power_figure(table: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
    for colour, (depth, part) in zip(colours, table.groupby("depth"), strict=True):
        axis.plot(100 * part["vaf"], part["recall"], "o-", color=colour, label=f"{depth:,}x")
        axis.plot(100 * part["vaf"], part["oracle"], "--", color=colour)
        axis.plot(100 * part["vaf"], part["site_oracle"], ":", color=colour)
    axis.plot([], [], "--", color="#555555", label="knows the error rates")
    axis.plot([], [], ":", color="#555555", label="knows every site's rate")
    axis.set(xscale="log", xlabel="VAF (%)", ylabel="Recall", ylim=(0, 1.02))
    ticks = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def peers_figure(table: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    sums = table[table["level"] > 0].groupby(["caller", "level"], sort=False).sum()
    names = list(dict.fromkeys(table["caller"]))
    levels = sorted(set(table["level"]) - {0.0})
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for i, name in enumerate(names):
        at = np.arange(len(levels)) + 0.8 * (i + 0.5) / len(names) - 0.4
        rows = sums.loc[name].reindex(levels)
        colour = "#0072b2" if name == callers.OURS else plt.get_cmap("Greys")(0.25 + 0.12 * i)
        axes[0].bar(at, rows["found"] / rows["truth"], 0.75 / len(names), color=colour, label=name)
        axes[1].bar(at, rows["false"], 0.75 / len(names), color=colour)
    for axis, what in zip(axes, ("Recall", "False calls"), strict=True):
        axis.set(ylabel=what, xlabel="Level")
        axis.set_xticks(range(len(levels)), [f"{100 * level:g} %" for level in levels])
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(names), frameon=False, fontsize=9)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def section(work: Path) -> list[str]:
    """The lines between the marks of docs/validation.md."""
    images = ROOT / "docs" / "images"
    lines = ["## Variant calls", "", "Made by `benchmarks/calling.py`.", ""]
    if (path := work / "reads.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        heads = {"0.3 %": (0.003, 0.0015), "0.5 %": (0.005, 0.0025), "1 %": (0.01, 0.005)}
        alone = {f"unmixed, {100 * t:g} %": (0.0, t) for _, t in heads.values()}
        peers_figure(table, images / "calling_peers.png")
        lines += [
            "**Simulated Illumina reads**, 4,000x of ART HiSeq 2500 pairs, two genomes that differ "
            "at some 40 positions, a third of them where the minor allele is the reference base. "
            "Found of those to find · false calls, summed over replicates; the threshold is half "
            "the level. Unmixed: calls at the same threshold.",
            "",
            *peers_table(table, heads | alone),
            "![Recall and false calls of each caller](images/calling_peers.png)",
            "",
            "Median absolute error of the VAFs found (and its ratio to that of a binomial count at "
            "the depth that remains above the base quality floor and off the read ends). All "
            "callers see the same reads:",
            "",
            *vaf_errors(table),
        ]
    if (path := work / "real.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        heads = {"5 %": (0.05, 0.025), "10 %": (0.1, 0.05), "20 %": (0.2, 0.1)}
        alone = {f"unmixed, {100 * t:g} %": (0.0, t) for t in UNMIXED["real"]}
        lines += [
            "**Real reads** of two people at 200x (1000 Genomes), 51 fixed differences. What is "
            "called beside them, and in the unmixed recipient, is its own heteroplasmies or "
            "artefacts; no one knows which.",
            "",
            *peers_table(table, heads | alone),
        ]
    if (path := work / "false.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        wide = table.pivot_table(index=["family", "v"], columns="depth", values="false")
        rows = [
            [f"{family}, {v:g}", *(f"{x:.0f}" for x in row)] for (family, v), row in wide.iterrows()
        ]
        total, samples = int(table["false"].sum()), int(table["samples"].sum())
        each = int(table["samples"].iloc[0])
        lines += [
            f"**Pure samples**, drawn counts: false calls in {each} samples each, by the "
            "distribution of the sites' error-proneness (both strands share it; squared "
            f"coefficient of variation) and depth. In all {total} in {samples} samples; nominal is "
            "at most one sample with a call in a hundred.",
            "",
            *markdown(["sites", *(f"{d:,}x" for d in wide.columns)], rows),
        ]
    if (path := work / "power.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        power_figure(table, images / "calling_power.png")
        gap = table["oracle"] - table["recall"]
        most, likely = 100 * gap.max(), 100 * gap[table["oracle"] >= 0.7].max()
        site = 100 * (table["site_oracle"] - table["recall"]).max()
        drawn = 40 * int(table["samples"].iloc[0])
        lines += [
            "**Power**, drawn counts (errors of 0.6 to 2.4 in 10,000 per substitution and strand, "
            f"squared coefficient of variation between sites 0.3; {drawn} variants a point): "
            "beside an oracle that knows the true rates and how they scatter over sites (dashed), "
            f"recall is at most {likely:.0f} points lower where the oracle finds 70 % or more, and "
            f"up to {most:.0f} points lower where it finds fewer: shallow counts do not tell how "
            "heavy the tail of the errors is, and the heavier ones have a say. One that knows "
            f"every site's own rate (dotted) is up to {site:.0f} points better: that is what other "
            "samples can add.",
            "",
            "![Recall against VAF by depth](images/calling_power.png)",
            "",
        ]
    return lines


def write(work: Path) -> None:
    path = ROOT / "docs" / "validation.md"
    text = path.read_text() if path.exists() else f"# Validation\n\n{MARKS[0]}\n{MARKS[1]}\n"
    if MARKS[0] not in text:
        text = f"{text.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    before, rest = text.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    body = "\n".join(section(work)).rstrip()
    path.write_text(f"{before}{MARKS[0]}\n\n{body}\n\n{MARKS[1]}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["counts", "reads", "real", "write"])
    parser.add_argument("--work", type=Path, required=True, help="folder to work in")
    parser.add_argument("--data", type=Path, help="folder with real mixtures")
    parser.add_argument("--samples", type=int, default=20, help="drawn samples per cell (20)")
    parser.add_argument("--replicates", type=int, default=3, help="pairs of genomes (3)")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    tables = {}
    if args.part == "counts":
        tables["false"] = false_calls(args.samples)
        tables["power"] = power(max(args.samples // 3, 1))
    elif args.part == "reads":
        if not shutil.which("art_illumina"):
            sys.exit("art_illumina: not installed, nothing to call")
        tables["reads"] = on_reads(args.work, args.replicates)
    elif args.part == "real":
        if args.data is None:
            parser.error("real needs --data")
        tables["real"] = on_real(args.work, args.data)
    else:
        write(args.work)
    for name, table in tables.items():
        table.to_csv(args.work / f"{name}.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
