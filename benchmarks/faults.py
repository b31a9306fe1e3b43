"""Read a folder of faulty inputs, and print what was found beside what is right.

python benchmarks/faults.py --folder FOLDER --index PREFIX [--only NAME ...]

The inputs are files that laboratories have and programs read wrongly: read groups numbered alike,
interleaved FASTQ, stale indexes, Phred+64 and others. PREFIX is the index of index_reference.py.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

from mitotransfer.counts.allele_counts import Counted  # noqa: E402
from mitotransfer.counts.count_sample import count_sample  # noqa: E402
from mitotransfer.counts.quality import summarise  # noqa: E402
from mitotransfer.genome import reference  # noqa: E402
from mitotransfer.inputs.settings import Counting  # noqa: E402
from mitotransfer.reads.align import Settings  # noqa: E402
from mitotransfer.reads.lanes import Lane, SampleReads  # noqa: E402


@dataclass(frozen=True)
class Case:
    """An input: its name, its files, what is right, and where its UMIs are."""

    name: str
    files: tuple[str, ...]
    right: str
    umi: str = ""


def lanes(*stems: str) -> tuple[str, ...]:
    return tuple(f"{stem}_R{mate}.fastq.gz" for stem in stems for mate in (1, 2))


CASES = (
    Case("b_clash", ("b_clash.bam",), "6,000 fragments"),
    Case("amp_clash", ("amp_clash.bam",), "1,000 fragments, 5000G at 0.50, none discordant"),
    Case("both", ("both.bam",), "2,000 reads"),
    Case("amp_l1+amp_l2", lanes("amp_l1", "amp_l2"), "none discordant"),
    Case("inter2", ("inter2.fastq.gz",), "202 fragments"),
    Case("inter2p", lanes("inter2p"), "202 fragments"),
    Case("st", ("st.bam",), "1,000 fragments"),
    Case("sra_dot", lanes("sra_dot"), "3,000 pairs"),
    Case("under12", lanes("under12"), "3,000 pairs"),
    Case("colon12", lanes("colon12"), "1,000 pairs"),
    Case("q33", lanes("q33"), "error rate 0"),
    Case("q64", lanes("q64"), "error rate 0, or refused"),
    Case("b_twosm", ("b_twosm.bam",), "refused, TUMOUR and BLOOD named"),
    Case("casavaY", lanes("casavaY"), "0 counted, 2,000 failed"),
    Case("umi", ("umi.bam",), "5000G once in some 47 to 61", "RX"),
    Case("mmg", lanes("mmg"), "read"),
    Case("short36", lanes("short36"), "short reads filtered"),
    Case("adapt5", ("adapt5_R1.fastq.gz",), "clipped reads filtered"),
    Case("zero", ("zero.bam",), "refused"),
    Case("mouse", ("mouse.bam",), "refused: mouse"),
)
_SHOWN = 4999  # the position of the inputs' variant, 0-based


def lanes_of(folder: Path, files: tuple[str, ...]) -> tuple[list[Lane], list[Path]]:
    paths = [folder / name for name in files]
    if paths[0].suffix == ".bam":
        return [], paths
    if len(paths) == 1:
        return [Lane(paths[0])], []
    return [Lane(*paths[k : k + 2]) for k in range(0, len(paths), 2)], []


def words(result: Counted, circle: reference.Reference) -> str:
    summary = summarise(result, circle)
    at = result.bases[_SHOWN].sum(axis=1)
    shown = [f"{summary[key]} {key}" for key in ("reads", "fragments", "used_reads")]
    shown += [
        f"{summary['discordant_bases']} discordant",
        f"error {summary['error_rate'] or 0:.4f}",
    ]
    shown += [f"{key} {value:.2f}" for key, value in summary["filtered_share"].items() if value]
    keys = ("failed_reads", "molecules", "copies")
    shown += [f"{key} {summary[key]}" for key in keys if summary.get(key)]
    return ", ".join(shown) + f"; 5000: {'/'.join(map(str, at))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--index", required=True, type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    args = parser.parse_args()
    circle = reference.load(reference.bundled())
    for case in CASES:
        if args.only and case.name not in args.only:
            continue
        given, alignments = lanes_of(args.folder, case.files)
        more = {"umi": case.umi} if case.umi and "umi" in SampleReads.__dataclass_fields__ else {}
        sample = SampleReads("S", given, alignments, **more)
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                result, _ = count_sample(sample, args.index, circle, Counting(), Settings())
            found = words(result, circle)
        except ValueError as error:
            found = f"refused: {error}"
        print(f"{case.name}\n    right: {case.right}\n    found: {found}")
        for line in said.getvalue().splitlines():
            print(f"    said:  {line}")


if __name__ == "__main__":
    main()
