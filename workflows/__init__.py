"""What is run: straight-line composition, one page each."""
