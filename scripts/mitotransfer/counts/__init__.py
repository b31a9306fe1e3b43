"""From aligned records to allele counts.

In: Records of one sample.
Out: Fragments per position, allele and strand; quality; nuclear SNVs; mtDNA copies.
May import the stages up to `reads`.
"""
