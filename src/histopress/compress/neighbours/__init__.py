"""Features of other tools: CLAM, TRIDENT, AtlasPatch, STAMP and NIC's first code."""
