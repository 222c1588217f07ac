"""What is learnt, one module a kind of target: fit, batches, loss, and what outputs mean."""
