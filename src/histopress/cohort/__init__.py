"""The manifest, patients, folds and leak guards."""
