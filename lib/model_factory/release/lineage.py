"""Lineage both ways: from an artifact to the raw files, and from a file to the scores."""

from model_factory.release.story import as_story
from model_factory.release.trace import trace
from model_factory.release.walk import Node, as_tree, walk

__all__ = ["Node", "as_story", "as_tree", "trace", "walk"]
