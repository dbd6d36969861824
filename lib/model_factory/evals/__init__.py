"""What a checkpoint can do, and whether it can do more than the one before."""
