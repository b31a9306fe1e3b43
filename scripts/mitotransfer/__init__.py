"""Tumour-derived mitochondrial DNA in tumour-infiltrating immune cells.

Modules stand in the order in which data flows: sheets, reference, reads,
counts, error model, calls, annotation, informative variants, fraction,
contamination, crosstalk, identity, explanations, verdict, cohort, report.
A module imports only from modules before it.
"""

import os

# Before numpy is imported: no step multiplies matrices that are worth a thread for each core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
