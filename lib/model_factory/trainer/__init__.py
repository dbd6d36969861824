"""Supervised training: the processes of a mesh, one exact step, recovery, meters, and the stations."""
