"""The PyTorch model of a `Network`, and the released checkpoints' layout.

It shares the resolved structure with the rest of the project and none of its arithmetic, so that what a counter
measures here is independent evidence. Importing this needs torch.
"""

from mfprofile.nn.checkpoint import load_checkpoint, released_state, save_checkpoint
from mfprofile.nn.model import Features, MobileFormer, build

__all__ = ["Features", "MobileFormer", "build", "load_checkpoint", "released_state", "save_checkpoint"]
