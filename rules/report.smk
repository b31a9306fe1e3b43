# Report stage.
# In:     the cohort's tables, contamination of all patients, counts and QC of all samples; BAM files;
#         the tables of libraries of single cells
# Out:    {results}/report/ (index.html, a page per patient and per library of single cells); with reads.keep_bam
#         patients/{patient}/reads.tsv and {patient}.igv.xml
# Config: report; every other key is shown under methods


rule write_config:
    """Write the parameters that the report shows under methods."""
    output:
        "<results>/cohort/config.json",
    log:
        "<results>/logs/write_config.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        settings=setup.settings_text(config),
    shell:
        "printf '%s\\n' {params.settings:q} > {output:q} 2> {log:q}"


rule show_reads:
    """Pick some fragments at each informative variant, and write a session of IGV."""
    input:
        evidence=rules.compare_samples.output.evidence,
        files=lambda wildcards: expand(
            [*BAM.values(), rules.call_variants.output.vcf],
            sample=[s.name for s in words.own_samples(COHORT, wildcards.patient)],
        ),
        bundle=BUNDLE,
        fasta=rules.index_reference.output.fasta,
    output:
        reads="<results>/patients/{patient}/reads.tsv",
        session="<results>/patients/{patient}/{patient}.igv.xml",
    log:
        "<results>/logs/show_reads/{patient}.log",
    benchmark:
        "<results>/benchmarks/show_reads/{patient}.tsv"
    conda:
        "../envs/calls.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: attempt * 10,
    params:
        script=script("show_reads"),
        code=code("show_reads"),
        samples_folder=lambda wildcards, input: str(Path(input.evidence).parents[2] / "samples"),
        samples=lambda wildcards: words.own_sample_words(COHORT, wildcards.patient),
        options=words.options(
            config["counting"], "min_base_quality", "min_mapping_quality", "read_end"
        ),
    shell:
        "python {params.script:q} --patient {wildcards.patient:q} {params.samples:q}"
        " --evidence {input.evidence:q} --samples-folder {params.samples_folder:q}"
        " --bundle {input.bundle:q} --fasta {input.fasta:q} {params.options}"
        " --reads {output.reads:q} --session {output.session:q} 2> {log:q}"


rule render_report:
    """Render the report as a site."""
    input:
        samples=rules.write_sheets.output.samples,
        patients=rules.write_sheets.output.patients,
        transfer=rules.assess_cohort.output.transfer,
        shared_variants=rules.assess_cohort.output.shared_variants,
        explanations=rules.assess_cohort.output.explanations,
        prevalence=rules.assess_cohort.output.prevalence,
        null=rules.assess_cohort.output.null,
        null_summary=rules.assess_cohort.output.null_summary,
        associations=rules.associate_cohort.output.associations,
        survival=rules.associate_cohort.output.survival,
        screening=rules.assess_cohort.output.screening,
        identity=rules.cohort_background.output.identity,
        crosstalk=rules.cohort_background.output.crosstalk,
        evidence=of_all_patients(rules.compare_samples.output.evidence),
        contamination=of_all_patients(rules.compare_samples.output.contamination),
        molecules=of_all_patients(rules.compare_samples.output.molecules),
        reads=of_all_patients(rules.show_reads.output.reads) if BAM else [],
        cells=of_all_libraries(rules.assess_cells.output),
        counts=of_all_samples(rules.count_alleles.output.counts),
        qc=of_all_samples(rules.count_alleles.output.qc),
        haplogroups=(
            of_all_samples(rules.classify_haplogroup.output)
            if config["haplogroup"]["tree"]
            else []
        ),
        config=rules.write_config.output,
        multiqc=rules.summarise_qc.output.html,
        bundle=BUNDLE,
        templates=setup.template_files(SCRIPTS),
    output:
        report(
            directory("<results>/report"),
            caption="captions/report.rst",
            htmlindex="index.html",
            category="Report",
            labels={"page": "The whole report"},
        ),
    log:
        "<results>/logs/render_report.log",
    benchmark:
        "<results>/benchmarks/render_report.tsv"
    conda:
        "../envs/report.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, input, threads, attempt: (
            attempt * (1000 + 300 * threads + len(input.counts) // 4)
        ),
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input.counts) // 20),
    params:
        script=script("render_report"),
        code=code("render_report"),
        samples_folder=folder_of("counts"),
        patients_folder=folder_of("contamination"),
        title=config["report"]["title"],
        libraries=(["--libraries", *sorted(COHORT.libraries)] if COHORT.libraries else []),
        version=__version__,
    shell:
        "python {params.script:q} --samples {input.samples:q} --patients {input.patients:q}"
        " --transfer {input.transfer:q} --shared-variants {input.shared_variants:q}"
        " --explanations {input.explanations:q} --prevalence {input.prevalence:q}"
        " --null {input.null:q} --null-summary {input.null_summary:q}"
        " --associations {input.associations:q} --survival {input.survival:q}"
        " --screening {input.screening:q}"
        " --identity {input.identity:q} --crosstalk {input.crosstalk:q}"
        " --contamination-folder {params.patients_folder:q}"
        " --samples-folder {params.samples_folder:q} {params.libraries:q} --title {params.title:q}"
        " --bundle {input.bundle:q} --version {params.version:q} --config-json {input.config:q}"
        " --multiqc {input.multiqc:q} --threads {threads} --output {output:q} 2> {log:q}"
