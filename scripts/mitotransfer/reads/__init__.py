"""From FASTQ, BAM or CRAM to records aligned to the circle.

In: Read files of one sample.
Out: Sorted records in rCRS coordinates, one per read.
May import the stages up to `inputs`.
"""
