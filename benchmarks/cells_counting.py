"""Speed, memory and equality of the counts per cell.

    python benchmarks/cells_counting.py --output FOLDER [--bam BAM [--umi-tag UB]] [--cells 10000]

Without ``--bam`` a library of 10,000 cells at 40x over part of the mitogenome is made, with empty
droplets and copies, and counted at six positions. With ``--bam`` the counts at every seventh
position are compared with those by brute force (``tests/support/cell_reads.py``). Where
``cellsnp-lite`` is on the path it counts the same positions, for its time.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]

import cell_reads  # noqa: E402
from places import RCRS  # noqa: E402

from mitotransfer.cells import counting  # noqa: E402
from mitotransfer.cells.counting import Library, count_cells  # noqa: E402
from mitotransfer.genome.circle import Circle  # noqa: E402
from mitotransfer.inputs.settings import Counting  # noqa: E402
from mitotransfer.reads.bam_header import Header  # noqa: E402
from mitotransfer.reads.sorted_bam import BamWriter  # noqa: E402

LENGTH = 50  # of a read
REGION = (2000, 3000)  # reads of the made library
POSITIONS = np.array([2300, 2400, 2500, 2600, 2700, 9000])
NIBBLES = np.array([1, 2, 4, 8, 15], np.uint8)
NAME = 20


def field(records: np.ndarray, at: int, values: np.ndarray, kind: str) -> None:
    """Set a field of all records."""
    raw = np.ascontiguousarray(values.astype(kind)).view(np.uint8).reshape(len(records), -1)
    records[:, at : at + raw.shape[1]] = raw


def write_library(path: Path, cells: int, depth: float, rng: np.random.Generator) -> list[str]:
    """A sorted BAM of pairs of 2 x 50 bases; two fifths of them copies. Gives the barcodes."""
    low, high = REGION
    droplets = cells
    barcodes = ["".join(row) + "-1" for row in rng.choice(list("ACGT"), (cells + droplets, 16))]
    number = int(cells * depth * (high - low) / 230)
    cell = np.where(rng.random(number) < 0.95, rng.integers(0, cells, number),
                    rng.integers(cells, cells + droplets, number))  # fmt: skip
    start, size = rng.integers(low, high, number), rng.integers(60, 400, number)
    copies = np.sort(rng.integers(0, number, int(number / 1.5)))
    cell, start, size = (np.concatenate([part, part[copies]]) for part in (cell, start, size))
    n = len(cell)
    position = np.concatenate([start, start + size - LENGTH])
    order = np.argsort(position, kind="stable")
    tags = [f"CRZ{b[:16]}\0CYZ{'F' * 16}\0CBZ{b}\0".encode() for b in barcodes]
    tag = np.frombuffer(b"".join(tags), np.uint8).reshape(len(barcodes), -1)
    body = 36 + NAME + 4 + LENGTH // 2 + LENGTH + tag.shape[1]
    bases = NIBBLES[RCRS.codes]
    packed = (bases[:-1] << 4) | bases[1:]
    header = Header("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chrM\tLN:16569\n", (("chrM", 16569),))
    with BamWriter(path, header) as out:
        for begin in range(0, 2 * n, 200_000):
            rows = order[begin : begin + 200_000]
            f, second = rows % n, rows >= n
            records = np.zeros((len(rows), body), np.uint8)
            field(records, 0, np.full(len(rows), body - 4), "<i4")
            field(records, 8, position[rows], "<i4")
            records[:, 12], records[:, 13], records[:, 16] = NAME, 60, 1
            field(records, 18, np.where(second, 147, 99), "<u2")
            field(records, 20, np.full(len(rows), LENGTH), "<i4")
            mate = np.where(second, start[f], start[f] + size[f] - LENGTH)
            field(records, 28, mate, "<i4")
            field(records, 32, np.where(second, -size[f], size[f]), "<i4")
            digits = (f[:, None] // 10 ** np.arange(NAME - 2, -1, -1, dtype=np.int64)) % 10
            records[:, 36 : 36 + NAME - 1] = 48 + digits
            at = 36 + NAME
            field(records, at, np.full(len(rows), LENGTH << 4), "<u4")
            steps = np.arange(0, LENGTH, 2)
            records[:, at + 4 : at + 4 + LENGTH // 2] = packed[position[rows][:, None] + steps]
            at += 4 + LENGTH // 2
            records[:, at : at + LENGTH] = 37
            records[:, at + LENGTH :] = tag[cell[f]]
            out.write(records.tobytes())
    return barcodes


def measure(path: Path, barcodes: list[str]) -> None:
    """Time and memory of the counts at six positions."""
    library = Library(path, barcodes=barcodes)
    begin = time.process_time()
    counts = count_cells(library, POSITIONS, RCRS, Counting())
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    reads = counts.meta["records"]
    print(
        f"{len(barcodes):,} barcodes, {reads:,} reads: {seconds:.1f} CPU s, "
        f"{reads / seconds / 1e6:.2f} M reads a second, at most {memory:.0f} MiB"
    )


def compare(path: Path, umi_tag: str) -> None:
    """Counts at every seventh position against those by brute force."""
    positions = np.setdiff1d(np.arange(0, 16569, 7), [*range(295, 320), 3106])
    probes = np.arange(counting.PROBE_STEP // 2, 16568, counting.PROBE_STEP)
    probes = np.asarray(Circle.of(RCRS).to_reference(probes))
    found = count_cells(Library(path, umi_tag=umi_tag), positions, RCRS, Counting())
    counts, depth, fragments, _ = cell_reads.brute_force(
        path, Counting(), positions, probes, umi_tag=umi_tag
    )
    row = {barcode: k for k, barcode in enumerate(found.barcodes)}
    column = {position: k for k, position in enumerate(positions.tolist())}
    expected = np.zeros_like(found.counts)
    for (cell, position, base), number in counts.items():
        expected[row[cell], column[int(position)], "ACGT".index(base)] = number
    same = [fragments[cell] for cell in found.barcodes] == found.mtdna_fragments.tolist()
    deep = np.array([depth.get(cell, 0) for cell in found.barcodes]) / len(probes)
    print(
        f"{path.name}: {len(row)} barcodes, {expected.sum():,} bases; "
        f"{int((expected != found.counts).sum())} counts differ, fragments "
        f"{'equal' if same else 'differ'}, depth differs by {np.abs(deep - found.depth).max():.3g}"
    )


def time_cellsnp(path: Path, barcodes: list[str], folder: Path) -> None:
    """CPU time of cellsnp-lite at the same positions."""
    program = shutil.which("cellsnp-lite")
    if program is None:
        print("cellsnp-lite is not installed here")
        return
    sites = folder / "sites.vcf"
    lines = [f"chrM\t{at + 1}\t.\t{RCRS.sequence[at]}\t.\n" for at in POSITIONS.tolist()]
    sites.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n" + "".join(lines))
    listed = folder / "barcodes.txt"
    listed.write_text("".join(f"{barcode}\n" for barcode in barcodes))
    words = [program, "-s", path, "-b", listed, "-R", sites, "-O", folder / "cellsnp",
             "--UMItag", "None", "--cellTAG", "CB"]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([str(word) for word in words], check=True)
    print(f"cellsnp-lite: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder for the made library")
    parser.add_argument("--bam", type=Path, help="of cells, sorted: compare by brute force")
    parser.add_argument("--umi-tag", default="")
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--depth", type=float, default=40)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    if args.bam:
        compare(args.bam, args.umi_tag)
        return
    small, large = args.output / "small.bam", args.output / "library.bam"
    rng = np.random.default_rng(1)
    count_cells(Library(small, barcodes=write_library(small, 10, 5, rng)), POSITIONS, RCRS,
                Counting())  # fmt: skip  # compiles
    barcodes = write_library(large, args.cells, args.depth, rng)
    measure(large, barcodes)
    time_cellsnp(large, barcodes, args.output)


if __name__ == "__main__":
    main()
