"""Small models trained here that judge documents: a linear classifier and a byte n-gram model."""
