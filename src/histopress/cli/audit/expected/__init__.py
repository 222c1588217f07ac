"""What each job would be given today, without Snakemake: files, settings, code, pins."""
