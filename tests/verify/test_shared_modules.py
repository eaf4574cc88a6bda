"""A module that several modules share: thop adds a rule for each path, and adds the results up at each path."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from running import need  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from mfprofile.trace.modules import other_paths  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.explain import Explanation  # noqa: E402
from mfprofile.verify.verify import verified  # noqa: E402


class Block(nn.Module):
    """A layer of its own, and a module that others have too; here it has two names."""

    def __init__(self, shared: nn.Module) -> None:
        super().__init__()
        self.own, self.shared, self.again = nn.Linear(4, 4), shared, shared

    def forward(self, rows: Tensor) -> Tensor:
        """Run the layer, then the shared module."""
        return self.shared(self.own(rows))


class Net(nn.Module):
    """Two blocks that share a module; the network itself may have it too."""

    def __init__(self, shared: nn.Module, *, has_it: bool = False) -> None:
        super().__init__()
        if has_it:
            self.first = shared
        self.blocks = nn.Sequential(Block(shared), Block(shared))

    def forward(self, rows: Tensor) -> Tensor:
        """Run the blocks."""
        return self.blocks(rows)


def by_thop(model: nn.Module) -> Explanation:
    """Return the explanation of what thop, really run, counts for one row."""
    need("thop")
    rows = torch.ones(1, 4)
    (each,) = verified(trace(model, rows).bill(), model.eval(), ["thop"], lambda _: None, (rows,)).explanations
    return each


def test_a_shared_layer_counts_for_each_pair_of_paths() -> None:
    """It has 16 products a call and two calls: 2 · 32 at each of two paths; each block's own layer has 16."""
    each = by_thop(Net(nn.Linear(4, 4)))
    assert (each.holds, each.predicted, each.predicted_params) == (True, 2 * 16 + 4 * 32, 2 * 20 + 2 * 20)
    assert each.adds == {"linear": 3 * 32}


def test_a_layer_at_three_paths_counts_nine_times() -> None:
    """The network is a further parent."""
    each = by_thop(Net(nn.Linear(4, 4), has_it=True))
    assert (each.holds, each.predicted, each.predicted_params) == (True, 2 * 16 + 9 * 32, 2 * 20 + 3 * 20)


def test_layers_inside_of_a_shared_module_count_as_it_does() -> None:
    """The paths of a module are those of the modules inside."""
    each = by_thop(Net(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.LayerNorm(4)), has_it=True))
    assert (each.holds, each.predicted) == (True, 2 * 16 + 9 * 2 * (16 + 16))
    each = by_thop(Net(Net(nn.Linear(4, 4))))
    assert each.holds
    assert each.predicted == 2 * 16 + 4 * 2 * (2 * 16) + 16 * 2 * (2 * 16)


def test_a_shared_layer_that_thop_does_not_know_adds_nothing() -> None:
    """Neither products nor parameters."""

    class Own(nn.Linear):
        pass

    each = by_thop(Net(Own(4, 4)))
    assert (each.holds, each.predicted, each.predicted_params) == (True, 2 * 16, 2 * 20)


def test_a_network_without_operators_is_explained() -> None:
    """It has no rows."""
    each = by_thop(nn.Sequential(nn.Identity()))
    assert (each.holds, each.predicted, each.predicted_params) == (True, 0, 0)


def test_further_paths_are_those_of_other_parents() -> None:
    """A parent has a child once, whatever names it gives it."""
    shared = nn.Sequential(nn.Linear(4, 4))
    assert other_paths(Net(shared)) == {
        "blocks.0.shared": ["blocks.1.shared"],
        "blocks.0.shared.0": ["blocks.1.shared.0"],
    }
    assert other_paths(Net(shared, has_it=True))["first.0"] == ["blocks.0.shared.0", "blocks.1.shared.0"]
    assert other_paths(nn.Sequential(nn.ReLU(), nn.ReLU())) == {}


def test_a_module_inside_of_itself_has_no_endless_path() -> None:
    """Torch allows it, although no counter can run such a network."""
    model = nn.Sequential(nn.ReLU())
    model.add_module("itself", model)
    assert other_paths(model) == {}
