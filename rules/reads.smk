# Reads stage.
# In:     the files of a sample's rows (FASTQ, BAM or CRAM)
# Out:    {results}/samples/{sample}/{sample}.bam, .bai: rCRS coordinates, sorted; .checksums.tsv
# Config: reads.extension, reads.batch_size, reference.cram_fasta


# Without a BAM file the counts stage aligns (count_alleles).
if config["reads"]["keep_bam"]:

    rule align_reads:
        """Align a sample's reads to the circular genome."""
        input:
            reads=reads,
            index=rules.index_reference.output[0],
            fasta=REFERENCE,
            cram_fasta=CRAM_FASTA,
        output:
            bam="<results>/samples/{sample}/{sample}.bam",
            bai="<results>/samples/{sample}/{sample}.bam.bai",
            checksums="<results>/samples/{sample}/{sample}.checksums.tsv",
        log:
            "<results>/logs/align_reads/{sample}.log",
        benchmark:
            "<results>/benchmarks/align_reads/{sample}.tsv"
        conda:
            "../envs/reads.yaml"
        threads: lambda wildcards: 4 if megabytes(wildcards) > 200 else 1
        resources:
            mem_mb=lambda wildcards, threads, attempt: (
                attempt * (1000 + 300 * threads + megabytes(wildcards) // 5 + 10 * DECOY_MEGABYTES)
            ),
            runtime=lambda wildcards, attempt: attempt * (20 + megabytes(wildcards) // 20),
        params:
            script=script("align_reads"),
            code=code("align_reads"),
            reads=lambda wildcards: words.align_words(COHORT, wildcards.sample),
            cram=CRAM_WORDS,
            options=words.options(config["reads"], "extension", "batch_size"),
        shell:
            "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q}"
            " --index {input.index:q} --reference {input.fasta:q} {params.cram:q} {params.options}"
            " --threads {threads} --output {output.bam:q}"
            " --checksums {output.checksums:q} 2> {log:q}"
