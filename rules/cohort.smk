# Cohort stage.
# In:     the sheets, counts of all samples, evidence of all patients
# Out:    {results}/transfer.tsv, shared_variants.tsv, explanations.tsv, cohort/*
# Config: identity, crosstalk, qc, fraction.confidence, informative.max_normal_vaf,
#         contamination, screening, verdict, cohort.covariates, haplogroup.tree


rule write_sheets:
    """Write the sheets for the cohort's steps: a row per sample, checked and sorted."""
    output:
        samples="<results>/cohort/samples.tsv",
        patients="<results>/cohort/patients.tsv",
    log:
        "<results>/logs/write_sheets.log",
    localrule: True
    conda:
        "../envs/cohort.yaml"
    params:
        script=script("write_sheets"),
        code=code("write_sheets"),
        # Depends on the sheets' content, not on their path, order or layout.
        digest=COHORT.digest,
        sheets=lambda wildcards, input: words.sheet_words(config),
    shell:
        "python {params.script:q} {params.sheets:q}"
        " --output-samples {output.samples:q} --output-patients {output.patients:q} 2> {log:q}"


rule cohort_background:
    """Estimate from all samples: site-specific errors, identity and index cross-talk."""
    input:
        samples=rules.write_sheets.output.samples,
        patients=rules.write_sheets.output.patients,
        counts=of_all_samples(rules.count_alleles.output.counts),
        errors=of_all_samples(rules.call_variants.output.errors),
        checksums=of_all_samples("<results>/samples/{sample}/{sample}.checksums.tsv"),
        bundle=BUNDLE,
    output:
        **({"species": "<results>/cohort/species.tsv"} if HOST else {}),
        background="<results>/cohort/background.npz",
        identity=report(
            "<results>/cohort/identity.tsv",
            caption="captions/identity.rst",
            category="Quality",
            labels={"table": "Who is who"},
        ),
        crosstalk=report(
            "<results>/cohort/crosstalk.tsv",
            caption="captions/crosstalk.rst",
            category="Quality",
            labels={"table": "Index cross-talk"},
        ),
    log:
        "<results>/logs/cohort_background.log",
    benchmark:
        "<results>/benchmarks/cohort_background.tsv"
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * (1000 + len(input.counts) // 4),
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input.counts) // 100),
    params:
        script=script("cohort_background"),
        code=code("cohort_background"),
        samples_folder=folder_of("counts"),
        species=lambda wildcards, output: ["--species", output.species] if HOST else [],
        options=words.options(config["identity"])
        + words.options(config["crosstalk"])
        + words.options(config["qc"])
        + words.options(config["fraction"], "confidence"),
    shell:
        "python {params.script:q} --samples {input.samples:q} --patients {input.patients:q}"
        " --samples-folder {params.samples_folder:q} --bundle {input.bundle:q}"
        " {params.options} --background {output.background:q} --identity {output.identity:q}"
        " --crosstalk {output.crosstalk:q} {params.species:q} 2> {log:q}"


rule assess_cohort:
    """Infer fractions, detection limits and verdicts of all immune samples."""
    input:
        samples=rules.write_sheets.output.samples,
        patients=rules.write_sheets.output.patients,
        counts=of_all_samples(rules.count_alleles.output.counts),
        errors=of_all_samples(rules.call_variants.output.errors),
        evidence=of_all_patients(rules.compare_samples.output.evidence),
        contamination=of_all_patients(rules.compare_samples.output.contamination),
        cells=of_all_patients(rules.compare_samples.output.cells),
        pooled=of_all_patients(rules.compare_samples.output.pooled),
        molecules=of_all_patients(rules.compare_samples.output.molecules),
        background=rules.cohort_background.output.background,
        identity=rules.cohort_background.output.identity,
        crosstalk=rules.cohort_background.output.crosstalk,
        bundle=BUNDLE,
    output:
        transfer=report(
            "<results>/transfer.tsv",
            caption="captions/transfer.rst",
            category="Answers",
            labels={"table": "Verdict on every immune sample"},
        ),
        shared_variants=report(
            "<results>/shared_variants.tsv",
            caption="captions/shared_variants.rst",
            category="Evidence",
            labels={"table": "Informative variants"},
        ),
        explanations=report(
            "<results>/explanations.tsv",
            caption="captions/explanations.rst",
            category="Evidence",
            labels={"table": "Alternative explanations"},
        ),
        prevalence=report(
            "<results>/cohort/prevalence.tsv",
            caption="captions/prevalence.rst",
            category="Answers",
            labels={"table": "Prevalence"},
        ),
        screening=report(
            "<results>/cohort/screening.tsv",
            caption="captions/screening.rst",
            category="Answers",
            labels={"table": "Screening of products"},
        ),
        preparations="<results>/cohort/preparations.tsv",
        foreign="<results>/cohort/foreign.hsd",
        null="<results>/cohort/null.tsv",
        null_summary=report(
            "<results>/cohort/null_summary.tsv",
            caption="captions/null_summary.rst",
            category="Quality",
            labels={"table": "False positives on swapped pairs"},
        ),
    log:
        "<results>/logs/assess_cohort.log",
    benchmark:
        "<results>/benchmarks/assess_cohort.tsv"
    conda:
        "../envs/cohort.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, input, threads, attempt: (
            attempt * (1000 + 300 * threads + len(input.counts) // 4)
        ),
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input.counts) // 100),
    params:
        script=script("assess_cohort"),
        code=code("assess_cohort"),
        samples_folder=folder_of("counts"),
        patients_folder=folder_of("contamination"),
        options=words.options(config["verdict"])
        + words.options(config["qc"], "min_mean_depth")
        + words.options(config["fraction"], "confidence", "amplicon_molecules")
        + words.options(config["informative"], "max_normal_vaf")
        + words.options(config["contamination"])
        + words.options(config["screening"]),
    shell:
        "python {params.script:q} --samples {input.samples:q} --patients {input.patients:q}"
        " --samples-folder {params.samples_folder:q} --patients-folder {params.patients_folder:q}"
        " --background {input.background:q} --identity {input.identity:q}"
        " --crosstalk {input.crosstalk:q} --bundle {input.bundle:q}"
        " {params.options} --transfer {output.transfer:q}"
        " --shared-variants {output.shared_variants:q} --explanations {output.explanations:q}"
        " --prevalence {output.prevalence:q} --screening {output.screening:q}"
        " --preparations {output.preparations:q}"
        " --foreign {output.foreign:q} --null {output.null:q}"
        " --null-summary {output.null_summary:q} --threads {threads} 2> {log:q}"


rule classify_foreign:
    """Name the haplogroups of people outside the cohort; without the tool there are no rows."""
    input:
        hsd=rules.assess_cohort.output.foreign,
    output:
        "<results>/cohort/foreign_haplogroups.tsv",
    log:
        "<results>/logs/classify_foreign.log",
    conda:
        "../envs/haplogroup.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        tree=config["haplogroup"]["tree"],
    shell:
        CLASSIFY


rule associate_cohort:
    """Associate the fraction with covariates, cell types, time and survival."""
    input:
        transfer=rules.assess_cohort.output.transfer,
        shared_variants=rules.assess_cohort.output.shared_variants,
        preparations=rules.assess_cohort.output.preparations,
        samples=rules.write_sheets.output.samples,
        patients=rules.write_sheets.output.patients,
    output:
        associations=report(
            "<results>/cohort/associations.tsv",
            caption="captions/associations.rst",
            category="Answers",
            labels={"table": "Associations of the tumour fraction"},
        ),
        survival=report(
            "<results>/cohort/survival.tsv",
            caption="captions/survival.rst",
            category="Answers",
            labels={"table": "Survival curves"},
        ),
    log:
        "<results>/logs/associate_cohort.log",
    benchmark:
        "<results>/benchmarks/associate_cohort.tsv"
    conda:
        "../envs/cohort.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        script=script("associate_cohort"),
        code=code("associate_cohort"),
        options=words.options(config["fraction"], "confidence"),
        covariates=words.options(config["cohort"], "covariates"),
    shell:
        "python {params.script:q} --transfer {input.transfer:q}"
        " --shared-variants {input.shared_variants:q} --preparations {input.preparations:q}"
        " --samples {input.samples:q} --patients {input.patients:q}"
        " {params.options} {params.covariates}"
        " --associations {output.associations:q} --survival {output.survival:q} 2> {log:q}"
