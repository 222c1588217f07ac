"""What decided a result, held against another recipe or against today."""
