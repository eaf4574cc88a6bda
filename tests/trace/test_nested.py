"""Operators on nested tensors cost what they would on each of their parts."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from versions import since  # noqa: E402

from mfprofile.trace.trace import trace  # noqa: E402

JAGGED = since(2, 9, "a jagged tensor has no layer norm in inference mode")

pytestmark = pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")

LENGTHS = (4, 2, 5)


class Words(nn.Module):
    """Attention among the words of sentences of different lengths."""

    def __init__(self, layout: Any) -> None:
        super().__init__()
        self.layout = layout
        self.query, self.key, self.value = (nn.Linear(8, 16) for _ in range(3))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(16, 3)

    def sentences(self, words: Tensor) -> list[Tensor]:
        """Return the sentences, which have the first words."""
        return [words[0, :length] for length in LENGTHS]

    def forward(self, words: Tensor) -> Any:
        """Return the classes of each word."""
        if self.layout is None:
            return [self.classes(each[None]) for each in self.sentences(words)]
        return self.classes(torch.nested.nested_tensor(self.sentences(words), layout=self.layout))

    def classes(self, words: Tensor) -> Tensor:
        """Return the classes of the words of sentences."""
        words, size = self.norm(words), len(words) if self.layout is None else len(LENGTHS)
        heads = [self.heads(layer(words).relu(), size) for layer in (self.query, self.key, self.value)]
        mixed = functional.scaled_dot_product_attention(*heads).transpose(1, 2)
        return self.head(mixed.flatten(-2) if self.layout is torch.jagged else mixed.reshape(size, -1, 16))

    def heads(self, vectors: Tensor, size: int) -> Tensor:
        """Return the vectors by head."""
        if self.layout is torch.jagged:
            return vectors.unflatten(-1, [2, 8]).transpose(1, 2)
        return vectors.view(size, -1, 2, 8).transpose(1, 2).contiguous()


@pytest.mark.parametrize("layout", [pytest.param(torch.jagged, marks=JAGGED), torch.strided], ids=str)
def test_the_cost_is_the_sum_over_the_parts(layout: Any) -> None:
    """The same network on each sentence by itself is the judge, for each kind of op."""
    words = torch.randn(1, 6, 8)
    nested, alone = (trace(Words(each), words, device="cpu") for each in (layout, None))
    assert nested.uncovered == ()
    for kind in ("linear", "matmul", "softmax", "layer-norm", "relu"):
        sums = [
            tuple(
                sum(getattr(row, what) for row in traced.rows if row.kind == kind)
                for what in ("madds", "elements", "params")
            )
            for traced in (nested, alone)
        ]
        assert (kind, sums[0]) == (kind, sums[1])
    assert nested.bill().madds == 11 * 8 * 16 * 3 + 2 * (16 + 4 + 25) * 2 * 8 + 11 * 16 * 3
    assert nested.bill().params == sum(each.numel() for each in Words(None).parameters())


class Rows(nn.Module):
    """A Linear layer on sentences of different lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 3)

    def forward(self, words: Tensor) -> Any:
        """Return the values of all words."""
        sentences = torch.nested.nested_tensor([words[0, :4], words[0, :2]], layout=torch.jagged)
        return functional.gelu(self.layer(sentences)).values()


def test_rows_of_a_jagged_tensor_are_counted_on_meta_tensors_too() -> None:
    """Their number is known, although their lengths are not."""
    traced = trace(Rows(), (6, 8), device="meta")
    assert [(row.kind, row.madds, row.elements) for row in traced.rows if row.name != "cumulate"] == [
        ("linear", 6 * 8 * 3, 18),
        ("gelu", 0, 18),
    ]
    assert (traced.uncovered, traced.bill().params) == ((), 27)


class Summed(Rows):
    """A network that reduces sentences of different lengths, which has no rule."""

    def forward(self, words: Tensor) -> Any:
        """Return the softmax over each sentence."""
        sentences = torch.nested.nested_tensor([words[0, :4], words[0, :2]], layout=torch.jagged)
        return self.layer(sentences).sum(1)


@since(2, 6, "a jagged tensor has no sum over its ragged dimension")
def test_what_is_not_computed_by_parts_is_named() -> None:
    """A sum along the words needs more than the rows."""
    traced = trace(Summed(), (6, 8), device="cpu")
    assert [each.operator for each in traced.uncovered] == ["sum"]
