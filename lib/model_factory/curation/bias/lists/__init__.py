"""Bundled word lists: groups of people and topics, each with where it comes from."""
