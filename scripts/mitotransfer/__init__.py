"""Tumour-derived mitochondrial DNA in tumour-infiltrating immune cells.

A package for each stage, in the order in which data flows: ``stats``, ``genome``, ``inputs``,
``reads``, ``counts``, ``errors`` and ``fraction``, ``calls``, ``patient``, ``cohort``,
``verdicts``, ``associations``, ``report``. A module imports only from its own stage and from
those before it; the modules at the root import nothing of the stages. ``workflow`` serves the
Snakefile, ``simulate`` makes cohorts with known truth.
"""

import os

# Before numpy is imported: no step multiplies matrices large enough for several threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
