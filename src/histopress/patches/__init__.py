"""Tables of labelled patches."""
