"""Frozen encoders judged by what simple classifiers read off their embeddings."""
