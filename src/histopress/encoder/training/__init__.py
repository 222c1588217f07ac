"""Training encoders: one loop, one objective a kind of encoder."""
