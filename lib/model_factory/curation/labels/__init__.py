"""Labels that are probably wrong: found by execution, by a classifier that never saw them, or by contradiction."""
