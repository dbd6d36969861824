"""One module per `factory` command."""
