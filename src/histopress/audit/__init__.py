"""What makes a result traceable: digests, code digests, job records."""
