"""Results made anew from their records, and compared with those that are there."""
