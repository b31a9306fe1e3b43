"""Where things are in the repository, and the genome that most tests need."""

from __future__ import annotations

from pathlib import Path

from mitotransfer.genome import bundle

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS, RESOURCES = REPOSITORY / "scripts", REPOSITORY / "resources"
BUNDLE = RESOURCES / "human_rCRS"
FASTA = BUNDLE / "genome.fasta"
GENOME = bundle.load(BUNDLE)
RCRS = GENOME.reference
LENGTH, PLACEHOLDER = RCRS.length, RCRS.placeholder
