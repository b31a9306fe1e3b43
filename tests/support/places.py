"""Where things are in the repository, and the genome that most tests need."""

from __future__ import annotations

from pathlib import Path

from mitotransfer.genome import bundle

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS, RESOURCES = REPOSITORY / "scripts", REPOSITORY / "resources"
FASTA = RESOURCES / "rCRS.fasta"
GENOME = bundle.load(FASTA, RESOURCES)
RCRS = GENOME.reference
