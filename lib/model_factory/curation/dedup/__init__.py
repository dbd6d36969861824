"""Documents that say the same thing twice: equal up to white space, or nearly equal."""
