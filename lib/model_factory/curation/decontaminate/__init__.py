"""Documents that hold what the model will be asked: found, and recorded with the benchmark and the item."""
