"""Who is trained on, validated with and tested: protocols, and the split that only grows."""
