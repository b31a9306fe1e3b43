"""Simulated cohorts with known truth, as reads or directly as counts.

In: A scenario.
Out: Files of reads, or arrays of counts, and the truth.
May import `genome.reference` alone, so that no mistake is shared with the analysis.
"""
