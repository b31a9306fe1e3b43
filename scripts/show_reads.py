"""Pick some fragments at each informative variant of a patient, and write a session of IGV.

In:  evidence of the patient, BAM of its samples
Out: reads.tsv for the report; {patient}.igv.xml with the samples' BAM and VCF
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pysam

from mitotransfer import command
from mitotransfer.genome import reference
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.inputs.columns import ROLES
from mitotransfer.inputs.settings import Counting
from mitotransfer.patient import junction_reads, shown_reads
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.reads_table import READS

NAMES = ("min_base_quality", "min_mapping_quality", "read_end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--patient", required=True)
    add("--sample", nargs=2, metavar=("NAME", "ROLE"), action="append", default=[])
    add("--evidence", required=True, type=Path, metavar="TSV")
    add("--samples-folder", required=True, type=Path, help="folder with a folder per sample")
    reference.add_bundle_option(parser)
    add("--fasta", required=True, type=Path, help="the genome, for IGV")
    command.add_settings(parser, Counting, *NAMES)
    add("--reads", required=True, type=Path, help="output .tsv")
    add("--session", required=True, type=Path, help="output .xml")
    options = parser.parse_args()
    filters = command.settings(Counting, options, *NAMES)
    circle = reference.load(options.bundle)
    evidence = EVIDENCE.read_rows(options.evidence)
    snvs = shown_reads.shown_variants(evidence)
    junctions = shown_reads.shown_variants(evidence, JUNCTION)
    found, files = [], {}
    asked = [(name, role) for name, role in options.sample if role in ROLES]
    for name, role in sorted(asked, key=lambda one: (ROLES.index(one[1]), one[0])):
        own = options.samples_folder / name
        here = {"patient": options.patient, "sample": name, "role": role}
        with pysam.AlignmentFile(str(own / f"{name}.bam"), check_sq=False) as bam:
            rows = shown_reads.rows(bam, snvs, filters)
            rows += junction_reads.rows(bam, junctions, circle, filters)
            found += [here | row for row in rows]
        for ending in ("bam", "vcf.gz"):
            path = _from(options.session, own / f"{name}.{ending}")
            files[path] = f"{name} ({role}) {ending}"
    READS.write_rows(([row[name] for name in READS.names] for row in found), options.reads)
    genome = _from(options.session, options.fasta)
    session = shown_reads.igv_session(options.patient, genome, files, sorted(snvs + junctions))
    options.session.write_text(session, encoding="utf-8", newline="\n")


def _from(session: Path, path: Path) -> str:
    """The path of a file as the session names it: the results may be moved as a whole."""
    return Path(os.path.relpath(path, session.parent)).as_posix()


if __name__ == "__main__":
    command.run(main)
