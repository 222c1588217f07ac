"""Results with their history as a Workflow Run RO-Crate."""
