"""Ways to make a document from another, one file each."""
