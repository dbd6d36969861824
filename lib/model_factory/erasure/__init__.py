"""What must be forgotten is: a document erased from every store, and what saw it marked."""
