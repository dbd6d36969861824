"""Everything that computes; never imports flytekit. One room per subpackage, see ARCHITECTURE.md."""
