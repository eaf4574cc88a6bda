"""The PyTorch model of a `Network`.

It shares the resolved structure with the rest of the project and none of its arithmetic, so that what a counter
measures here is independent evidence. Importing this needs torch.
"""

from mfprofile.nn.model import Features, MobileFormer, build

__all__ = ["Features", "MobileFormer", "build"]
