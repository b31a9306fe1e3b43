# Tumour mtDNA in immune cells: from a sheet of samples to a verdict per immune sample.
# The stages in the order of the data: reference, counts, calls, patient, cells, cohort, qc, report, provenance.


from pathlib import Path

# Every key has a default: a working directory needs no configuration.
if Path("config/config.yaml").exists():

    configfile: "config/config.yaml"


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/reference.smk"
include: "rules/counts.smk"
include: "rules/calls.smk"
include: "rules/patient.smk"
include: "rules/cells.smk"
include: "rules/cohort.smk"
include: "rules/qc.smk"
include: "rules/report.smk"
include: "rules/provenance.smk"


rule all:
    default_target: True
    input:
        rules.assess_cohort.output,
        rules.render_report.output,
        rules.summarise_qc.output,
        of_all_samples(rules.call_variants.output.vcf),
        of_all_samples(rules.classify_haplogroup.output) if config["haplogroup"]["tree"] else [],
        of_long_reads(rules.trace_molecules.output.molecules),
        rules.classify_foreign.output if config["haplogroup"]["tree"] else [],
        of_all_libraries(rules.assess_cells.output),
        rules.associate_cells.output if COHORT.libraries else [],
        expand(rules.export_cells.output, library=words.with_reads(COHORT))
        if config["cells"]["all_positions"]
        else [],
        rules.write_provenance.output,


onsuccess:
    logger.info(messages.success_text(config["results"], COHORT.warnings))


onerror:
    logger.error(messages.failure_text(config["results"], log, COHORT.warnings))
