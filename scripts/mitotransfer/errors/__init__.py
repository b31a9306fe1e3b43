"""Error rates: of one sample by substitution, and of each site across samples.

In: Allele counts.
Out: The Beta distribution of the error rate of each allele.
May import the stages up to `counts`.
"""
