"""From a file's bytes to the documents in it: one module per format."""
