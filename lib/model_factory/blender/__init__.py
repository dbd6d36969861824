"""Text to sequences of tokens, and the order in which a run sees them."""

from model_factory.blender.log import BlendLog, Entry, Supply, amended, constant
from model_factory.blender.order import Draw, Order, batch
from model_factory.blender.segments import Exhausted

__all__ = ["BlendLog", "Draw", "Entry", "Exhausted", "Order", "Supply", "amended", "batch", "constant"]
