"""Measure the variant caller, beside every peer that is installed, and write docs/validation.md.

    python benchmarks/calling.py counts --work FOLDER   false calls and power, drawn counts
    python benchmarks/calling.py reads --work FOLDER    peers, simulated reads (art_illumina)
    python benchmarks/calling.py real --work FOLDER --data FOLDER   peers, real mixtures
    python benchmarks/calling.py write --work FOLDER    tables and figures into docs/

FOLDER of ``real`` holds recipient_alone.bam, donor.bam, mixture_05.bam and so on, and
fixed_differences.tsv (columns pos, major, minor). Each part leaves tables in the work folder;
``write`` takes those that are there.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import callers
import draws
import pages
from callers import ROOT, minor_alleles, script
from places import LENGTH

from mitotransfer.calls import call, read_bias
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.errors.site_factor import SiteFactors

SETTINGS = call.CallSettings()
# Error rate of each substitution on each strand: that of simulated HiSeq 2500 reads above Q20.
ERROR_RATE = 1.2e-4
# Share of transitions among mutations of mtDNA.
TRANSITIONS = 0.93
# Distributions of the site factors.
FAMILIES = ("gamma", "lognormal", "transitions lognormal", "transversions lognormal")


# ---------------------------------------------------------------- drawn counts


def factors(rng: np.random.Generator, family: str, v: float) -> np.ndarray:
    """Site factors that both strands share; of one kind of substitution alone: others are gamma."""
    shape = (draws.LENGTH, 4, 1)
    if family.startswith("trans"):
        transitions = np.arange(4) == draws.CODES[:, None] ^ 2
        heavy = transitions if family.startswith("transitions") else ~transitions
        gamma, lognormal = (factors(rng, one, v) for one in ("gamma", "lognormal"))
        return np.where(heavy[..., None], lognormal, gamma)
    if family == "gamma":
        return draws.gamma_factors(rng, v, shape)
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, shape))


def tested(
    counts: Counts,
    factor: SiteFactors | None = None,
    truth: np.ndarray | None = None,
    family: bool = False,
):
    """Minor alleles of drawn counts with p and q value; by the truth where it is given, or with all
    estimated but the family of the distribution of site factors."""
    errors = sample_errors.estimate_errors(counts)
    own = own_bases(counts)
    if family:
        gamma = dataclasses.replace(errors.site_factors, heavy=np.zeros((4, 4)))
        errors = dataclasses.replace(errors, site_factors=gamma)
    predicted = background.background(errors, draws.REFERENCE, None, own=own)
    if truth is not None:
        flat = np.full((draws.LENGTH, 4, 2), 1e12)
        rate = np.broadcast_to(truth, flat.shape)
        factors = factor.at_sites(own) if factor else None
        predicted = background.Background(flat * rate, flat * (1 - rate), 1.0, 0.0, factors)
    return draws.alleles_of(counts, predicted).bases


def called(frame: pd.DataFrame, filters: bool = True) -> set[tuple[int, str]]:
    found = frame[frame["minor"] & (frame["q_value"] <= SETTINGS.max_fdr)]
    if filters:
        found = found[found["filter"] == "PASS"]
    return set(zip(found["pos"], found["alt"], strict=True))


def false_calls(samples: int) -> pd.DataFrame:
    """Pure samples: false calls; and 40 variants at 4,000x: recall."""
    rows = []
    for family in FAMILIES:
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


def hot_sites(samples: int) -> pd.DataFrame:
    """Pure samples in which single sites err far more often than others of their kind, on both
    strands and in all samples alike: false calls of one sample alone, and with other samples."""
    rows, others = [], 10
    for share, factor in ((0.001, 10.0), (0.0005, 30.0)):
        for depth in (4000, 20000):
            rng = np.random.default_rng([depth, int(factor)])
            false = {"alone": 0, "flagged": 0, "panel": 0}
            for _ in range(samples):
                rate = draws.rates(rng, ERROR_RATE / 2, ERROR_RATE * 2)
                site = factors(rng, "gamma", 0.3)
                site = np.where(rng.random(site.shape) < share, factor, site)
                own, *panel = (draws.draw(rng, depth, rate, site) for _ in range(1 + others))
                table = tested(own)
                flagged = called(table[table["no_panel"]])
                sites = sum(map(site_sums.site_contribution, panel), site_sums.empty_sites(LENGTH))
                known = draws.alleles_of(own, draws.prediction(own, sites)).bases
                for name, found in (("alone", called(table)), ("flagged", flagged),
                                    ("panel", called(known))):  # fmt: skip
                    false[name] += len(found)
            rows.append({"share": share, "factor": factor, "depth": depth} | false)
            print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows).assign(samples=samples, others=others)


def power(samples: int) -> pd.DataFrame:
    """Recall against VAF, beside three oracles: one knows that error rates scatter over sites by a
    gamma distribution, and estimates all else from the same counts; one knows the substitutions'
    true rates and how they scatter; one each site's own true rate. All test by the upper tail of
    the count, which orders counts as the likelihood ratio does, at the same FDR, without
    filters."""
    rows = []
    grid = {
        500: (0.005, 0.01, 0.015, 0.02, 0.03, 0.05),
        2000: (0.002, 0.003, 0.004, 0.005, 0.007, 0.01),
        5000: (0.001, 0.0015, 0.002, 0.003, 0.004, 0.005),
        20000: (0.0004, 0.0006, 0.0008, 0.001, 0.0015, 0.002, 0.003),
    }
    v = 0.3
    known, point = (SiteFactors(*np.full((2, 4, 4), x), np.zeros((4, 4))) for x in (v, 1e-6))
    for depth, vafs in grid.items():
        for vaf in vafs:
            rng = np.random.default_rng([depth, int(vaf * 1e5)])
            wanted, found = 0, np.zeros(5, np.int64)
            for _ in range(samples):
                rate = draws.rates(rng, ERROR_RATE / 2, ERROR_RATE * 2)
                factor = factors(rng, "gamma", v)
                counts = draws.draw(rng, depth, rate, factor)
                counts, truth = draws.spike(
                    rng, counts, draws.some_positions(rng, 40), vaf, transitions=TRANSITIONS
                )
                by_site = np.minimum(rate[draws.CODES] * factor, 0.3)
                frames = (
                    called(tested(counts)),
                    called(tested(counts, family=True), filters=False),
                    called(tested(counts, known, rate[draws.CODES]), filters=False),
                    called(tested(counts, point, by_site), filters=False),
                )
                wanted += len(truth)
                found[:4] += [len(got & truth) for got in frames]
                found[4] += len(frames[0] - truth)
            recall = found[:4] / wanted
            rows.append(
                {
                    "depth": depth, "vaf": vaf, "recall": recall[0], "attainable": recall[1],
                    "oracle": recall[2], "site_oracle": recall[3], "false": found[4],
                    "samples": samples,
                }
            )  # fmt: skip
            print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows)


def amplicons(samples: int) -> pd.DataFrame:
    """Single-end amplicon reads as an Ion Torrent gives them: 6,700x, 27 variants at 1 %, two
    thirds of the sites covered by one strand alone; errors of 1 to 10 in 10,000, which scatter
    over sites and strands apart, and hot spots of one strand. Beside: all alleles of at least
    0.5 %, and those that both strands have at that level."""
    rows, length = [], draws.LENGTH
    region = np.arange(length) // 200 % 3  # both strands, forward, reverse
    depth = np.full((length, 2), 6700.0)
    depth[region == 1] = [13_400.0, 0.0]
    depth[region == 2] = [0.0, 13_400.0]
    for seed in range(samples):
        rng = np.random.default_rng([27, seed])
        rate = draws.rates(rng, 1e-4, 1e-3)
        factor = draws.gamma_factors(rng, 1.0)
        hot = rng.random(factor.shape) < 5e-4
        counts = draws.draw(rng, depth, rate, np.where(hot, 8.0 * factor, factor))
        places = draws.some_positions(rng, 2000)
        chosen = np.concatenate([places[region[places] == i][:9] for i in range(3)])
        counts, truth = draws.spike(rng, counts, chosen, 0.01, transitions=TRANSITIONS)
        k, n = counts.bases.astype(np.int64), counts.depth
        minor = np.arange(4) != draws.CODES[:, None]
        any_strand = minor & (k.sum(axis=2) >= 0.005 * np.maximum(n.sum(axis=1), 1)[:, None])
        both = minor & np.all(k >= 0.005 * np.maximum(n, 1)[:, None, :], axis=2)
        for name, got in (
            (callers.OURS, called(tested(counts))),
            ("0.5 % of both strands together", by_mask(any_strand)),
            ("0.5 % of each strand", by_mask(both)),
        ):
            hits = [region[pos - 1] for pos, _ in got & truth]
            rows.append(
                {
                    "caller": name, "both": hits.count(0), "one": len(hits) - hits.count(0),
                    "false": len(got - truth),
                }
            )  # fmt: skip
        print(rows[-3:], file=sys.stderr)
    return pd.DataFrame(rows)


def by_mask(mask: np.ndarray) -> set[tuple[int, str]]:
    return {(int(pos) + 1, "ACGT"[allele]) for pos, allele in zip(*np.nonzero(mask), strict=True)}


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
    cut = draws.PLACEHOLDER
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
    fasta.write_text(f">chrM\n{draws.REFERENCE.sequence}\n")
    callers.run(["samtools", "faidx", fasta])
    return fasta


def aligned(source: list[object], folder: Path) -> Path:
    index = folder.parent / "index" / "circle"
    if not Path(f"{index}.0123").exists():
        script("index_reference.py", "--bundle", callers.BUNDLE, "--output", index)
    bam = folder / "sample.bam"
    script(
        "count_alleles.py", "--sample", "S", "--index", index, "--bundle", callers.BUNDLE, *source,
        "--counts", folder / "counts.npz", "--qc", folder / "qc.json", "--output-bam", bam,
        "--stop-on-bad-file",
    )  # fmt: skip
    return bam


def measured(
    bam: Path, fasta: Path, level: float, *, lowest: float, truth: set[int], able: list[str]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """One row per caller that ran, and one per minor allele that it called."""
    runs, found = [], []
    for name in able:
        folder = bam.parent / name.replace(" ", "_")
        folder.mkdir(exist_ok=True)
        start = time.perf_counter()
        try:
            frame = callers.CALLERS[name](bam, fasta, lowest, folder)
        except (RuntimeError, OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        seconds = time.perf_counter() - start
        base = {"sample": str(bam.parent), "caller": name, "level": level}
        runs.append(base | {"truth": len(truth) if level else 0, "seconds": round(seconds, 1)})
        minor = minor_alleles(frame, lowest)
        found += [
            base | {"pos": pos, "allele": allele, "vaf": vaf, "true": bool(level) and pos in truth}
            for (pos, allele), vaf in sorted(minor.items())
        ]
        print(runs[-1], len(minor), file=sys.stderr)
    return runs, found


def marked(folder: Path, level: float, truth: set[int]) -> dict[str, object]:
    """Minor alleles of four fragments or more: how many the filters of base quality and read
    position mark."""
    table = pd.read_csv(folder / callers.OURS.replace(" ", "_") / "tested.tsv.gz", sep="\t")
    snv = (table["ref"].str.len() == 1) & (table["allele"].str.len() == 1)
    seen = table[snv & (table["vaf"] < 0.5) & (table["forward"] + table["reverse"] >= 4)]
    doubted = seen["reason"].fillna("").str.contains("base_quality|read_position")
    true = seen["pos"].isin(truth) if level else pd.Series(False, seen.index)
    return {
        "sample": str(folder), "level": level, "true": true.sum(),
        "true_marked": (true & doubted).sum(), "other": (~true).sum(),
        "other_marked": (~true & doubted).sum(),
    }  # fmt: skip


UNMIXED = {"simulated": [0.0015, 0.0025, 0.005], "real": [0.005, 0.025, 0.05]}


def on_reads(work: Path, replicates: int, peers: int, depth: int = 4000) -> dict[str, pd.DataFrame]:
    """Pairs of genomes mixed at three levels; peers see the first of them."""
    installed = callers.installed()
    runs: list[dict[str, object]] = []
    found: list[dict[str, object]] = []
    marks = []
    for replicate in range(replicates):
        able = installed if replicate < peers else [callers.OURS]
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
            bam = aligned(lanes, at)
            lowest = level / 2 or min(UNMIXED["simulated"])
            more = measured(bam, fasta, level, lowest=lowest, truth=truth, able=able)
            runs += more[0]
            found += more[1]
            marks.append(marked(at, level, truth))
    return {
        "reads_runs": pd.DataFrame(runs),
        "reads_found": pd.DataFrame(found),
        "reads_marks": pd.DataFrame(marks),
    }


def on_real(work: Path, data: Path) -> dict[str, pd.DataFrame]:
    truth = set(pd.read_csv(data / "fixed_differences.tsv", sep="\t")["pos"].tolist())
    able = callers.installed()
    runs: list[dict[str, object]] = []
    found: list[dict[str, object]] = []
    for name in ("donor", "recipient_alone", "mixture_05", "mixture_10", "mixture_20"):
        folder = work / "real" / name
        folder.mkdir(parents=True, exist_ok=True)
        fasta = reference_copy(folder)
        bam = aligned(["--bam", data / f"{name}.bam"], folder)
        if name == "donor":
            callers.mitotransfer(bam, fasta, 0.0, folder)
            continue
        level = 0.01 * float(name[-2:]) if name.startswith("mixture") else 0.0
        lowest = level / 2 or min(UNMIXED["real"])
        more = measured(bam, fasta, level, lowest=lowest, truth=truth, able=able)
        runs += more[0]
        found += more[1]
    table = pd.DataFrame(found)
    donor = allele_counts.load(work / "real" / "donor" / "counts.npz").alleles
    carried = donor >= 0.1 * np.maximum(donor.sum(axis=1), 1)[:, None]
    donors = [
        carried[p - 1, "ACGT".index(a)] for p, a in zip(table["pos"], table["allele"], strict=True)
    ]
    alone = table[table["level"] == 0]
    own = set(zip(alone["caller"], alone["pos"], alone["allele"], strict=True))
    keys = zip(table["caller"], table["pos"], table["allele"], strict=True)
    # What the donor has, or the caller found in the unmixed recipient, is not false in a mixture.
    table["known"] = (table["level"] > 0) & (np.array(donors) | [key in own for key in keys])
    return {
        "real_runs": pd.DataFrame(runs),
        "real_found": table,
        "real_evidence": evidence(work / "real" / "recipient_alone", alone),
    }


def evidence(folder: Path, alone: pd.DataFrame) -> pd.DataFrame:
    """Reads of each minor allele that a caller finds above 2.5 % in one sample."""
    counts = allele_counts.load(folder / "counts.npz", sums=True)
    why = pd.read_csv(
        folder / callers.OURS.replace(" ", "_") / "tested.tsv.gz", sep="\t", dtype={"reason": str}
    )
    reasons = {(pos, allele): text for pos, allele, text in why[["pos", "allele", "reason"]].values}
    high = alone[alone["vaf"] >= 0.025]
    rows = []
    for (pos, allele), part in high.groupby(["pos", "allele"]):
        code = np.array(["ACGT".index(allele)])
        at = np.array([pos - 1])
        bias = read_bias.compare(counts, draws.REFERENCE.codes, at, code, SETTINGS.confidence)
        forward, reverse = counts.bases[at[0], code[0]]
        rows.append(
            {
                "pos": pos, "allele": allele, "forward": forward, "reverse": reverse,
                "depth": counts.depth[at[0]].sum(), "quality": bias.quality[0],
                "position": bias.distance[0], "linked": bias.linked[0],
                "reason": reasons[pos, allele],
                "callers": ", ".join(sorted(set(part["caller"]) - {callers.OURS})),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- documentation


def peers_table(
    runs: pd.DataFrame, found: pd.DataFrame, heads: dict[str, tuple[float, float]]
) -> list[str]:
    """Found / to find, and false, by caller; unmixed samples: heteroplasmies at a threshold."""
    rows = []
    for name in dict.fromkeys(runs["caller"]):
        row = [name]
        for level, threshold in heads.values():
            hits, false = scores(found, name, level, threshold)
            ran = runs[(runs["caller"] == name) & (runs["level"] == level)]
            row.append(f"{hits}/{ran['truth'].sum()} · {false}" if level else f"{false}")
        rows.append(row)
    return [pages.markdown(["caller", *heads], rows), ""]


def scores(found: pd.DataFrame, name: str, level: float, threshold: float) -> tuple[int, int]:
    """True positions found, and false alleles."""
    part = found[
        (found["caller"] == name) & (found["level"] == level) & (found["vaf"] >= threshold)
    ]
    hits = part[part["true"]].drop_duplicates(["sample", "pos"])
    known = part["known"].astype(bool) if "known" in part else False
    return len(hits), int((~part["true"] & ~known).sum())


def vaf_errors(found: pd.DataFrame) -> list[str]:
    """Median absolute error of the VAF by level and caller, over that of a binomial count, with
    its standard error (bootstrap over the variants)."""
    rng = np.random.default_rng(1)
    names = list(dict.fromkeys(found["caller"]))
    rows = []
    for level, part in found[found["true"]].groupby("level"):
        n = 3430  # mean depth that counts, of 4,000x
        limit = np.median(np.abs(rng.binomial(n, level, 100_000) / n - level))
        row = [f"{100 * level:g} %", f"{limit:.5f}"]
        for name in names:
            error = (part.loc[part["caller"] == name, "vaf"] - level).abs().to_numpy()
            if not error.size:
                row.append("")
                continue
            again = np.median(rng.choice(error, (500, error.size)), axis=1).std()
            ratio = np.median(error) / limit
            row.append(f"{np.median(error):.5f} ({ratio:.2f} ± {again / limit:.2f})")
        rows.append(row)
    return [pages.markdown(["level", "binomial limit", *names], rows), ""]


def marks_line(table: pd.DataFrame) -> list[str]:
    true, true_marked, other, other_marked = table[
        ["true", "true_marked", "other", "other_marked"]
    ].sum()
    return [
        f"The filters of base quality and read position mark {true_marked} of {true} variants with "
        f"four fragments or more, and {other_marked} of {other} other alleles.",
        "",
    ]


def power_figure(table: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
    colours = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
    for colour, (depth, part) in zip(colours, table.groupby("depth"), strict=True):
        axis.plot(100 * part["vaf"], part["recall"], "o-", color=colour, label=f"{depth:,}x")
        axis.plot(100 * part["vaf"], part["attainable"], "-", color=colour, lw=0.8, alpha=0.6)
        axis.plot(100 * part["vaf"], part["oracle"], "--", color=colour)
        axis.plot(100 * part["vaf"], part["site_oracle"], ":", color=colour)
    axis.plot([], [], "-", color="#555555", lw=0.8, label="knows how rates scatter")
    axis.plot([], [], "--", color="#555555", label="knows the error rates")
    axis.plot([], [], ":", color="#555555", label="knows every site's rate")
    axis.set(xscale="log", xlabel="VAF (%)", ylabel="Recall", ylim=(0, 1.02))
    ticks = (0.05, 0.1, 0.2, 0.5, 1, 2, 5)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def peers_figure(runs: pd.DataFrame, found: pd.DataFrame, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(runs["caller"]))
    levels = sorted(set(runs["level"]) - {0.0})
    truth = runs.groupby(["caller", "level"])["truth"].sum()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    for i, name in enumerate(names):
        at = np.arange(len(levels)) + 0.8 * (i + 0.5) / len(names) - 0.4
        score = np.array([scores(found, name, level, level / 2) for level in levels])
        recall = score[:, 0] / [truth[name, level] for level in levels]
        colour = "#0072b2" if name == callers.OURS else plt.get_cmap("Greys")(0.25 + 0.12 * i)
        axes[0].bar(at, recall, 0.75 / len(names), color=colour, label=name)
        axes[1].bar(at, score[:, 1], 0.75 / len(names), color=colour)
    for axis, what in zip(axes, ("Recall", "False calls"), strict=True):
        axis.set(ylabel=what, xlabel="Level")
        axis.set_xticks(range(len(levels)), [f"{100 * level:g} %" for level in levels])
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(names), frameon=False, fontsize=9)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def absent(runs: pd.DataFrame) -> list[str]:
    return [name for name in callers.CALLERS if name not in set(runs["caller"])] or ["none"]


def evidence_table(table: pd.DataFrame) -> list[str]:
    rows = [
        [
            f"{row.pos} {row.allele}", f"{row.forward} + {row.reverse} of {row.depth:,}",
            *("" if np.isnan(x) else f"{x:.2f}" for x in (row.quality, row.position, row.linked)),
            str(row.reason).replace(";", "; "), "" if pd.isna(row.callers) else row.callers,
        ]
        for row in table.itertuples(index=False)
    ]  # fmt: skip
    heads = [
        "allele",
        "fragments",
        "quality",
        "position",
        "mismatches",
        "this pipeline",
        "called by",
    ]
    return [pages.markdown(heads, rows), ""]


def section(work: Path) -> list[str]:
    """The lines between the marks of docs/validation.md."""
    images = ROOT / "docs" / "images"
    lines = [
        "## Variant calls",
        "",
        "Made by `benchmarks/calling.py`, whose parts `counts`, `reads` and `real` leave tables "
        "that `write` puts here.",
        "",
    ]
    if (path := work / "reads_runs.tsv").exists():
        runs, found = (pd.read_csv(work / f"reads_{x}.tsv", sep="\t") for x in ("runs", "found"))
        heads = {"0.3 %": (0.003, 0.0015), "0.5 %": (0.005, 0.0025), "1 %": (0.01, 0.005)}
        alone = {f"unmixed, {100 * t:g} %": (0.0, t) for _, t in heads.values()}
        peers_figure(runs, found, images / "calling_peers.png")
        lines += [
            "**Simulated Illumina reads**, 4,000x of ART HiSeq 2500 pairs, two genomes that differ "
            "at some 40 positions, a third of them where the minor allele is the reference base. "
            "Found of those to find · false calls, summed over pairs of genomes, of which peers "
            "see the first; the threshold is half the level. Unmixed: calls at the same threshold.",
            "",
            *peers_table(runs, found, heads | alone),
            f"Not installed, so not compared: {', '.join(absent(runs))}.",
            "",
            "![Recall and false calls of each caller](images/calling_peers.png)",
            "",
            "Median absolute error of the VAFs found (and its ratio, with standard error, to "
            "that of a binomial count at the depth that remains above the base quality floor "
            "and off the read ends). Peers see the first pair of genomes:",
            "",
            *vaf_errors(found),
            *marks_line(pd.read_csv(work / "reads_marks.tsv", sep="\t")),
        ]
    if (path := work / "real_runs.tsv").exists():
        runs, found = (pd.read_csv(work / f"real_{x}.tsv", sep="\t") for x in ("runs", "found"))
        evidence = pd.read_csv(work / "real_evidence.tsv", sep="\t")
        passing = evidence[evidence["reason"] == "PASS"]
        heads = {"5 %": (0.05, 0.025), "10 %": (0.1, 0.05), "20 %": (0.2, 0.1)}
        alone = {f"unmixed, {100 * t:g} %": (0.0, t) for t in UNMIXED["real"]}
        lines += [
            "**Real reads** of two people at 200x (1000 Genomes), 51 fixed differences; the "
            "threshold is half the level: calls of lower VAF count as missed, though a difference "
            "can have fewer of the reads; what is not called at all is listed further down. False "
            "is what neither the donor has nor the caller finds in the unmixed recipient.",
            "",
            *peers_table(runs, found, heads | alone),
            "What is called in the unmixed recipient at 2.5 % or more, by anyone, and what its "
            "reads say: fragments by strand, base quality and distance from the read's end over "
            "those of the sample's own base, further mismatches per read, and what this "
            "pipeline makes of it.",
            "",
            *evidence_table(evidence),
            f"Of the {len(passing)} called here, {passing['callers'].notna().sum()} are found by a "
            f"peer too, {int((passing[['forward', 'reverse']] > 0).all(axis=1).sum())} have "
            f"fragments on both strands, {int((passing['linked'] < 1).sum())} bring less than one "
            "further mismatch along: nothing in the reads tells them from heteroplasmies of this "
            "cell line.",
            "",
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
            pages.markdown(["sites", *(f"{d:,}x" for d in wide.columns)], rows),
            "",
        ]
    if (path := work / "hot_sites.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        rows = [
            [
                f"{100 * row.share:g} %, {row.factor:g} times", f"{row.depth:,}x",
                *(f"{number / row.samples:.1f}" for number in (row.alone, row.flagged, row.panel)),
            ]
            for row in table.itertuples()
        ]  # fmt: skip
        lines += [
            "**Sites that err on both strands alike**, far beyond others of their kind and in all "
            "samples, drawn counts of pure samples: false calls per sample. One sample cannot tell "
            "them from heteroplasmies; other samples (`reference.error_panel`, here "
            f"{table['others'].iloc[0]}) can, and the cohort's verdicts always use them.",
            "",
            pages.markdown(["alleles", "depth", "alone", "of these `no_panel`", "panel"], rows),
            "",
        ]
    if (path := work / "amplicons.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        samples = int((table["caller"] == callers.OURS).sum())
        sums = table.groupby("caller", sort=False).sum()
        rows = [
            [
                name,
                f"{row['both']}/{9 * samples}",
                f"{row['one']}/{18 * samples}",
                f"{row['false']}",
            ]
            for name, row in sums.iterrows()
        ]
        lines += [
            "**Amplicons**, drawn counts of single-end reads as an Ion Torrent gives them "
            f"({samples} samples of 6,700x, errors of 1 to 10 in 10,000 with hot spots of one "
            "strand, 27 variants at 1 %, two thirds of them where one strand alone covers):",
            "",
            pages.markdown(["rule", "both strands", "one strand", "false"], rows),
            "",
        ]
    if (path := work / "power.tsv").exists():
        table = pd.read_csv(path, sep="\t")
        power_figure(table, images / "calling_power.png")
        clear = table["oracle"] >= 0.7
        gaps = {
            name: 100 * (table[name] - table["recall"])
            for name in ("attainable", "oracle", "site_oracle")
        }
        drawn = 40 * int(table["samples"].iloc[0])
        lines += [
            "**Power**, drawn counts (errors of 0.6 to 2.4 in 10,000 per substitution and "
            f"strand, squared coefficient of variation between sites 0.3; {drawn} variants a "
            "point). Beside an oracle that knows the true rates and how they scatter over sites "
            f"(dashed), recall is at most {gaps['oracle'][clear].max():.0f} points lower where "
            f"the oracle finds 70 % or more, and up to {gaps['oracle'].max():.0f} points lower "
            "where it finds fewer. One that has to estimate all rates from the same counts, and is "
            "told only that they scatter by a gamma distribution (thin), bounds what can be "
            f"attained: it is {gaps['attainable'].max():.0f} points better at most, as counts do "
            "not show how heavy the tail of the errors is. One that knows every site's own rate "
            "(dotted) is up to "
            f"{gaps['site_oracle'].max():.0f} points better: that is what other samples can add.",
            "",
            "![Recall against VAF by depth](images/calling_power.png)",
            "",
        ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["counts", "reads", "real", "write"])
    parser.add_argument("--work", type=Path, required=True, help="folder to work in")
    parser.add_argument("--data", type=Path, help="folder with real mixtures")
    parser.add_argument("--samples", type=int, default=20, help="drawn samples per cell (20)")
    parser.add_argument("--replicates", type=int, default=3, help="pairs of genomes (3)")
    parser.add_argument("--peers", type=int, default=1, help="pairs of genomes for peers (1)")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    tables = {}
    if args.part == "counts":
        tables["false"] = false_calls(args.samples)
        tables["hot_sites"] = hot_sites(max(args.samples // 3, 1))
        tables["power"] = power(max(args.samples // 3, 1))
        tables["amplicons"] = amplicons(args.samples)
    elif args.part == "reads":
        if not shutil.which("art_illumina"):
            sys.exit("art_illumina: not installed, nothing to call")
        tables |= on_reads(args.work, args.replicates, args.peers)
    elif args.part == "real":
        if args.data is None:
            parser.error("real needs --data")
        tables |= on_real(args.work, args.data)
    else:
        page = ROOT / "docs" / "validation.md"
        pages.replace_block(page, "calling", "\n".join(section(args.work)))
    for name, table in tables.items():
        table.to_csv(args.work / f"{name}.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
