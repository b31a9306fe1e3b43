# Cells stage: libraries of single cells.
# In:     reads with cell barcodes; annotation of the cells
# Out:    {library}.bam (rCRS coordinates, tags CB and UB); the counts of each role's cells as those of
#         a sample, {library}.{role}.counts.npz, .qc.json, .checksums.tsv;
#         {library}.cells.npz (counts per cell where the tumour has alleles of its own);
#         with cells.all_positions {library}.mgatk (counts of all cells at all positions, for Signac);
#         {library}.cells.tsv.gz (a verdict per cell), {library}.cell_shares.tsv,
#         {library}.cell_variants.tsv, {library}.cell_fractions.tsv, {library}.cells.h5ad (for scanpy);
#         {results}/cell_shares.tsv, cohort/cell_associations.tsv
# Config: reads, counting, informative, cells, fraction.confidence, reference.cram_fasta


wildcard_constraints:
    library="|".join(map(re.escape, COHORT.libraries)) or "(?!)",
    group="|".join(libraries.GROUPS),


rule align_cells:
    """Align the reads of a library of cells, with barcodes and UMIs as tags."""
    input:
        reads=lambda wildcards: STORED.inputs(COHORT.libraries[wildcards.library].files),
        index=rules.index_reference.output[0],
        kernels=ancient(rules.compile_kernels.output),
        bundle=BUNDLE,
        cram_fasta=CRAM_FASTA,
    output:
        bam="<results>/samples/{library}/{library}.bam",
        bai="<results>/samples/{library}/{library}.bam.bai",
        checksums="<results>/samples/{library}/{library}.checksums.tsv",
    log:
        "<results>/logs/align_cells/{library}.log",
    benchmark:
        "<results>/benchmarks/align_cells/{library}.tsv"
    conda:
        "../envs/reads.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, threads, attempt: (
            attempt * (2000 + 300 * threads + 10 * DECOY_MEGABYTES)
        ),
        runtime=lambda wildcards, input, attempt: attempt * (30 + input.size_mb // 20),
    params:
        script=script("align_cells"),
        code=code("align_cells"),
        tags=lambda wildcards: words.cell_words(COHORT.libraries[wildcards.library]),
        cram=CRAM_WORDS,
        options=words.options(config["reads"], "extension", "batch_size"),
        stop=stop_words,
    shell:
        "python {params.script:q} --library {wildcards.library:q} --bam {input.reads:q} {params.tags:q}"
        " --index {input.index:q} --bundle {input.bundle:q} {params.cram:q} {params.options}"
        " {params.stop} --threads {threads} --output-bam {output.bam:q} --checksums {output.checksums:q} 2> {log:q}"


rule count_group:
    """Count the cells of one role as a sample."""
    input:
        counted=lambda wildcards: words.counted_file(COHORT, wildcards.library, config["results"]),
        checksums=lambda wildcards: (
            []
            if COHORT.libraries[wildcards.library].fields["cell_counts"]
            else rules.align_cells.output.checksums
        ),
        annotation=annotation,
        bundle=BUNDLE,
    output:
        counts="<results>/samples/{library}.{group}/{library}.{group}.counts.npz",
        qc="<results>/samples/{library}.{group}/{library}.{group}.qc.json",
        checksums="<results>/samples/{library}.{group}/{library}.{group}.checksums.tsv",
    log:
        "<results>/logs/count_group/{library}.{group}.log",
    benchmark:
        "<results>/benchmarks/count_group/{library}.{group}.tsv"
    conda:
        "../envs/cells.yaml"
    resources:
        mem_mb=counting_memory,
        runtime=lambda wildcards, input, attempt: attempt * (10 + input.size_mb // 100),
    params:
        script=script("count_group"),
        code=code("count_group"),
        kind=lambda wildcards, input: words.counted_words(
            COHORT.libraries[wildcards.library], input.counted, rna=True
        ),
        checksums=lambda wildcards, input: (
            ["--library-checksums", input.checksums] if input.checksums else []
        ),
        options=words.options(config["counting"]),
    shell:
        "python {params.script:q} --sample {wildcards.library:q}.{wildcards.group} --role {wildcards.group}"
        " {params.kind:q} --annotation {input.annotation:q}"
        " --bundle {input.bundle:q} {params.options} --counts {output.counts:q} --qc {output.qc:q}"
        " {params.checksums:q} --checksums {output.checksums:q} 2> {log:q}"


rule count_cells:
    """Count the fragments of each cell where the patient's tumour has alleles of its own."""
    input:
        counted=lambda wildcards: words.counted_file(COHORT, wildcards.library, config["results"]),
        annotation=annotation,
        barcodes=lambda wildcards: COHORT.libraries[wildcards.library].fields["barcodes"] or [],
        files=lambda wildcards: expand(
            [
                "<results>/samples/{sample}/{sample}.counts.npz",
                "<results>/samples/{sample}/{sample}.calls.tsv",
            ],
            sample=words.samples_beside(COHORT, wildcards.library),
        ),
        bundle=BUNDLE,
    output:
        "<results>/samples/{library}/{library}.cells.npz",
    log:
        "<results>/logs/count_cells/{library}.log",
    benchmark:
        "<results>/benchmarks/count_cells/{library}.tsv"
    conda:
        "../envs/cells.yaml"
    resources:
        mem_mb=counting_memory,
        runtime=lambda wildcards, input, attempt: attempt * (10 + input.size_mb // 100),
    params:
        script=script("count_cells"),
        code=code("count_cells"),
        assay=lambda wildcards: COHORT.libraries[wildcards.library].fields["assay"],
        kind=lambda wildcards, input: words.counted_words(
            COHORT.libraries[wildcards.library], input.counted
        ),
        barcodes=lambda wildcards, input: ["--barcodes", input.barcodes] if input.barcodes else [],
        samples=lambda wildcards: words.sample_words(COHORT, wildcards.library),
        samples_folder=folder_of("files"),
        options=words.options(config["counting"])
        + words.options(config["informative"], "min_tumor_vaf"),
        stop=stop_words,
    shell:
        "python {params.script:q} --library {wildcards.library:q} --assay {params.assay:q}"
        " {params.kind:q} --annotation {input.annotation:q} {params.barcodes:q} {params.samples:q}"
        " --samples-folder {params.samples_folder:q} --bundle {input.bundle:q} {params.options}"
        " {params.stop} --output {output:q} 2> {log:q}"


rule export_cells:
    """Write the counts of cells at all positions in mgatk's format, for Signac."""
    input:
        bam=rules.align_cells.output.bam,
        annotation=annotation,
        bundle=BUNDLE,
    output:
        directory("<results>/samples/{library}/{library}.mgatk"),
    log:
        "<results>/logs/export_cells/{library}.log",
    benchmark:
        "<results>/benchmarks/export_cells/{library}.tsv"
    conda:
        "../envs/cells.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (30 + input.size_mb // 20),
    params:
        script=script("export_cells"),
        code=code("export_cells"),
        kind=lambda wildcards: words.molecule_words(COHORT.libraries[wildcards.library]),
        options=words.options(config["counting"]),
    shell:
        "python {params.script:q} --bam {input.bam:q} {params.kind:q} --annotation {input.annotation:q}"
        " --bundle {input.bundle:q} {params.options} --output {output:q} 2> {log:q}"


rule assess_cells:
    """Judge the immune cells of a library, and the share of receivers by kind of cell."""
    input:
        counts=rules.count_cells.output[0],
        annotation=annotation,
        normals=lambda wildcards: expand(
            "<results>/samples/{sample}/{sample}.counts.npz",
            sample=words.bulk_normals(COHORT, wildcards.library),
        ),
        tumors=lambda wildcards: expand(
            "<results>/samples/{sample}/{sample}.counts.npz",
            sample=words.dna_tumors(COHORT, wildcards.library),
        ),
        bundle=BUNDLE,
    output:
        cells="<results>/samples/{library}/{library}.cells.tsv.gz",
        shares="<results>/samples/{library}/{library}.cell_shares.tsv",
        variants="<results>/samples/{library}/{library}.cell_variants.tsv",
        fractions="<results>/samples/{library}/{library}.cell_fractions.tsv",
        h5ad="<results>/samples/{library}/{library}.cells.h5ad",
    log:
        "<results>/logs/assess_cells/{library}.log",
    benchmark:
        "<results>/benchmarks/assess_cells/{library}.tsv"
    conda:
        "../envs/cells.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 20 * attempt,
    params:
        script=script("assess_cells"),
        code=code("assess_cells"),
        patient=lambda wildcards: COHORT.libraries[wildcards.library].patient,
        assay=lambda wildcards: COHORT.libraries[wildcards.library].fields["assay"],
        options=words.options({k: v for k, v in config["cells"].items() if k != "all_positions"})
        + words.options(config["informative"], "max_normal_vaf")
        + words.options(config["fraction"], "confidence"),
    shell:
        "python {params.script:q} --sample {wildcards.library:q} --patient {params.patient:q}"
        " --assay {params.assay:q} --counts {input.counts:q} --annotation {input.annotation:q}"
        " --normals {input.normals:q} --tumors {input.tumors:q} --bundle {input.bundle:q}"
        " {params.options} --cells {output.cells:q} --shares {output.shares:q}"
        " --variants {output.variants:q} --fractions {output.fractions:q}"
        " --h5ad {output.h5ad:q} 2> {log:q}"


rule associate_cells:
    """Gather the shares of receivers of all libraries, and associate them within patients."""
    input:
        shares=of_all_libraries(rules.assess_cells.output.shares),
        cells=of_all_libraries(rules.assess_cells.output.cells),
        annotations=[one.fields["cell_annotation"] for one in COHORT.libraries.values()],
    output:
        shares="<results>/cell_shares.tsv",
        associations="<results>/cohort/cell_associations.tsv",
    log:
        "<results>/logs/associate_cells.log",
    benchmark:
        "<results>/benchmarks/associate_cells.tsv"
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        script=script("associate_cells"),
        code=code("associate_cells"),
        samples_folder=folder_of("shares"),
        libraries=words.library_words(COHORT),
        options=words.options(config["fraction"], "confidence"),
    shell:
        "python {params.script:q} {params.libraries:q} --samples-folder {params.samples_folder:q}"
        " {params.options} --shares {output.shares:q} --associations {output.associations:q} 2> {log:q}"
