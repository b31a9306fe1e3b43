"""The mitochondrial genome and the facts about it.

In: A FASTA file and tables under `resources/`.
Out: Positions, sequences, genes, consequences and names of changes.
May import the root modules and `stats`.
"""
