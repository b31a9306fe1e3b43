# Patient stage.
# In:     counts, calls and error rates of a patient's samples; nuclear counts, mtDNA copies
# Out:    {results}/patients/{patient}/evidence.tsv, contamination.tsv, tumor_cells.tsv,
#         pooled.tsv, molecules.tsv; of long reads {sample}.molecules.tsv.gz
# Config: informative, fraction, contamination


rule compare_samples:
    """Gather a patient's evidence: informative variants, and tumour cells in the preparation."""
    input:
        # One function: Snakemake takes longer over a call than over a file.
        files=of_patient(
            rules.count_alleles.output.counts,
            rules.call_variants.output.calls,
            rules.call_variants.output.errors,
        ),
        bundle=BUNDLE,
    output:
        evidence="<results>/patients/{patient}/evidence.tsv",
        contamination="<results>/patients/{patient}/contamination.tsv",
        cells="<results>/patients/{patient}/tumor_cells.tsv",
        pooled="<results>/patients/{patient}/pooled.tsv",
        molecules="<results>/patients/{patient}/molecules.tsv",
    log:
        "<results>/logs/compare_samples/{patient}.log",
    benchmark:
        "<results>/benchmarks/compare_samples/{patient}.tsv"
    conda:
        "../envs/patient.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        script=script("compare_samples"),
        code=code("compare_samples"),
        samples_folder=folder_of("files"),
        samples=lambda wildcards: words.patient_words(COHORT, wildcards.patient, config["results"]),
        options=words.options(config["informative"])
        + words.options(config["fraction"])
        + words.options(config["contamination"]),
        stop=stop_words,
    shell:
        "python {params.script:q} --patient {wildcards.patient:q} {params.samples:q}"
        " --samples-folder {params.samples_folder:q} --bundle {input.bundle:q}"
        " {params.options} {params.stop}"
        " --evidence {output.evidence:q} --contamination {output.contamination:q}"
        " --tumor-cells {output.cells:q} --pooled {output.pooled:q}"
        " --molecules {output.molecules:q} 2> {log:q}"


rule trace_molecules:
    """Tell where each molecule of an immune sample of long reads comes from."""
    input:
        counts=rules.count_alleles.output.counts,
        evidence=of_patient_of_sample(rules.compare_samples.output.evidence),
        patterns=of_patient_of_sample(rules.compare_samples.output.molecules),
        bundle=BUNDLE,
    output:
        molecules="<results>/samples/{sample}/{sample}.molecules.tsv.gz",
    log:
        "<results>/logs/trace_molecules/{sample}.log",
    benchmark:
        "<results>/benchmarks/trace_molecules/{sample}.tsv"
    conda:
        "../envs/patient.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 1000,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        script=script("trace_molecules"),
        code=code("trace_molecules"),
        patient=lambda wildcards: COHORT.samples[wildcards.sample].patient,
    shell:
        "python {params.script:q} --patient {params.patient:q} --sample {wildcards.sample:q}"
        " --counts {input.counts:q} --evidence {input.evidence:q} --patterns {input.patterns:q}"
        " --bundle {input.bundle:q} --molecules {output.molecules:q} 2> {log:q}"
