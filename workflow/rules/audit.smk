"""What is noted when a run begins and ends, and the summary of one that ended well."""

from histopress.cli.audit.close import note_run
from snakemake import __version__ as snakemake_version


def note(event):
    """Append to the ledger of runs; a touch makes nothing, so there is nothing to note."""
    if not workflow.touch:
        note_run(event, Path.cwd(), values=config, snakemake=snakemake_version)


onstart:
    note("start")


# Of several handlers of one event Snakemake calls the last alone.
onsuccess:
    note("success")
    shell("python -m histopress summary --config={workflow.configfiles[0]:q}")


onerror:
    note("error")
