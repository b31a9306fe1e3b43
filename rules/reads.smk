# Reads stage.
# In:     the files of a sample's rows (FASTQ, BAM or CRAM)
# Out:    {results}/samples/{sample}/{sample}.bam, .bai: rCRS coordinates, sorted; .checksums.tsv
# Config: reads.extension, reads.batch_size, reference.cram_fasta


# Without a BAM file the counts stage aligns (count_alleles).
if config["reads"]["keep_bam"]:

    rule align_reads:
        """Align a sample's reads to the circular genome."""
        input:
            reads=lambda wildcards: COHORT.samples[wildcards.sample].read_files,
            index=rules.index_reference.output[0],
            fasta=REFERENCE,
            cram_fasta=config["reference"]["cram_fasta"] or [],
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
        threads: lambda wildcards: 4 if COHORT.samples[wildcards.sample].megabytes > 200 else 1
        resources:
            mem_mb=lambda wildcards, attempt: 2000 * attempt,
            runtime=lambda wildcards, attempt: (
                attempt * (20 + int(COHORT.samples[wildcards.sample].megabytes / 20))
            ),
        params:
            script=script("align_reads"),
            code=code("align_reads"),
            reads=lambda wildcards: setup.read_words(COHORT, wildcards.sample),
            index=lambda wildcards, input: input.index.removesuffix(".0123"),
            cram=lambda wildcards, input: (
                ["--cram-reference", input.cram_fasta] if input.cram_fasta else []
            ),
            options=setup.options(config["reads"], "extension", "batch_size"),
            kind=lambda wildcards: setup.align_words(COHORT, wildcards.sample),
        shell:
            "python {params.script:q} --sample {wildcards.sample:q} {params.reads:q}"
            " --index {params.index:q} --reference {input.fasta:q} {params.cram:q} {params.options:q}"
            " {params.kind:q} --threads {threads} --output {output.bam:q}"
            " --checksums {output.checksums:q} 2> {log:q}"
