"""The PyTorch model of a `Network`, and the layout of the released checkpoints.

It shares the resolved structure with the rest of the project, but no arithmetic. So counters that run on it give
independent evidence. Importing this needs torch.
"""

try:
    from mfprofile.nn.checkpoint import load_checkpoint, released_state, save_checkpoint
    from mfprofile.nn.model import Features, MobileFormer, build
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError(
        "mfprofile.nn needs torch; install it with pip install '.[torch]'", name="torch"
    ) from None

__all__ = ["Features", "MobileFormer", "build", "load_checkpoint", "released_state", "save_checkpoint"]
