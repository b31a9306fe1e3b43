"""The share of mtDNA that comes from the tumour: estimate, interval, test and detection limit.

In: Counts at informative variants of tumour, immune sample and normal.
Out: The fraction, with its likelihood.
May import the stages up to `counts`.
"""
