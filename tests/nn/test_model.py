"""The model builds and runs under every switch, at any size and precision, and returns its maps."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.nn import MobileFormer, build  # noqa: E402
from mfprofile.spec import resolve  # noqa: E402


def images(count: int, height: int = 32, width: int = 32, seed: int = 0) -> Any:
    """Return random images, the same each time."""
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def test_it_runs_under_every_switch(switched: Any) -> None:
    """Every switch builds, and gives finite values of the right shapes. A batch gives the same as its images alone."""
    network = resolve(switched)
    model, batch = build(switched, seed=1).eval(), images(2, network.height, network.width)
    with torch.no_grad():
        answer, single = model(batch), model(batch[1:])
    if network.head is not None:
        answer, single = (answer,), (single,)
        assert answer[0].shape == (2, 10)
    else:
        last = network.last
        assert answer[0].shape == (2, last.channels, last.height, last.width)
        assert (answer[1] is None) == (network.tokens is None)
        assert answer[1] is None or answer[1].shape == (2, network.tokens.count, network.tokens.dim)
    for both, alone in zip(answer, single, strict=True):
        if both is not None:
            torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=1e-5)
            assert both.isfinite().all()


@pytest.mark.parametrize("name", ["mf294m", "mf26m"])
@pytest.mark.parametrize("size", [(193, 193), (225, 321), (224, 224)])
def test_a_shipped_model_takes_images_of_any_size(name: str, size: tuple[int, int]) -> None:
    """Maps of strides 4 to 32 have their sides rounded up, and the shape of the logits does not depend on the size."""
    model = build(name, seed=0).eval()
    with torch.no_grad():
        features, logits = model.features(images(1, *size)), model(images(1, *size))
    assert list(features.maps) == [4, 8, 16, 32]
    for stride, image in features.maps.items():
        assert image.shape[2:] == tuple(-(-side // stride) for side in size)
    assert logits.shape == (1, 1000)


@pytest.mark.parametrize("name", ["mf294m", "mf52m"])
def test_features_are_the_last_blocks_of_the_stages(name: str) -> None:
    """The maps are the outputs of the last block of each stage, and the tokens are the last ones."""
    model, seen = build(name, seed=0).eval(), {}
    for block in model.network.blocks:
        last = all(other.stage != block.stage for other in model.network.blocks[block.number :])
        if last and block.stage >= 2:
            hook = lambda _module, _inputs, out, stage=block.stage: seen.update({2**stage: out[0]})  # noqa: E731
            model.blocks[str(block.number)].register_forward_hook(hook)
    model.final.register_forward_hook(lambda _module, _inputs, out: seen.update(tokens=out[0]))
    with torch.no_grad():
        features = model.features(images(1, 64, 64))
    assert features.attention == {}
    assert features.tokens is seen.pop("tokens")
    assert features.maps.keys() == seen.keys() == {4, 8, 16, 32}
    assert all(features.maps[stride] is seen[stride] for stride in seen)


@pytest.mark.parametrize("final", [True, False])
def test_attention_maps_sum_to_one_over_their_keys(final: bool, small: Any) -> None:
    """Mobile→Former's maps sum to 1 over the positions, Mobile←Former's over the tokens, for each head."""
    spec = small({"bridge": {"final": final, "heads": 4}, "input": "31x45"})
    model, batch = build(spec, seed=2).double().eval(), 20 * images(2, 31, 45).double()
    logits, maps = model(batch, attention=True)
    torch.testing.assert_close(logits, model(batch), rtol=0, atol=0)
    sides = {block.number: (block.inputs, block.outputs) for block in model.network.blocks[1:]}
    names = [f"blocks.{number}.{bridge}" for number in sides for bridge in ("mobile_to_former", "former_to_mobile")]
    assert list(maps) == names + ["final"] * final
    for number, (inputs, outputs) in sides.items():
        gathered, spread = (maps[f"blocks.{number}.{way}"] for way in ("mobile_to_former", "former_to_mobile"))
        assert gathered.shape == (2, 4, 3, inputs.height, inputs.width)
        assert spread.shape == (2, 4, 3, outputs.height, outputs.width)
        torch.testing.assert_close(gathered.sum((3, 4)), torch.ones(2, 4, 3).double())
        torch.testing.assert_close(spread.sum(2), torch.ones(2, 4, outputs.height, outputs.width).double())
    assert model.features(batch, attention=True).attention.keys() == maps.keys()


def test_a_bridge_attends_as_torch_does(small: Any) -> None:
    """Mobile→Former's attention is torch's own scaled dot product, for each head over a slice of channels."""
    bridge = build(small(), seed=3).double().blocks["3"].mobile_to_former
    tokens, image = torch.randn(2, 3, 16).double(), torch.randn(2, 12, 16, 16).double()
    query, keys = bridge.query(tokens), image.flatten(2).transpose(1, 2)
    parts = [
        nn.functional.scaled_dot_product_attention(query[..., part], keys[..., part], keys[..., part])
        for part in (slice(0, 6), slice(6, 12))
    ]
    gate = 2 * nn.functional.relu6(bridge.gate.linear(tokens) + 3) / 6
    expected = bridge.norm(tokens + bridge.output(gate * torch.cat(parts, dim=2)))
    torch.testing.assert_close(bridge(tokens, image)[0], expected)


def test_projections_that_change_nothing_change_nothing(small: Any) -> None:
    """If the projections of the feature map are identity matrices, the network equals one without projections."""
    plain, projected = build(small(), seed=4).eval(), build(small({"bridge": {"projections": True}}), seed=5).eval()
    absent = projected.load_state_dict(plain.state_dict(), strict=False).missing_keys
    ways = {"mobile_to_former": ("key", "value"), "former_to_mobile": ("query", "output")}
    expected = [f"blocks.{n}.{way}.{part}.weight" for n in range(2, 6) for way, parts in ways.items() for part in parts]
    assert sorted(absent) == sorted([*expected, "final.key.weight", "final.value.weight"])
    for name in absent:
        nn.init.dirac_(projected.get_parameter(name))
    torch.testing.assert_close(projected(images(2)), plain(images(2)))


def test_an_mlp_mixes_positions_and_tokens(small: Any) -> None:
    """With `attention: mlp`, each bridge is one Linear over positions, and Former is an MLP over tokens."""
    block = build(small({"attention": "mlp", "bridge": {"gate": False}}), seed=6).double().blocks["3"]
    tokens, image = torch.randn(2, 3, 16).double(), torch.randn(2, 12, 8, 8).double()
    down, up, mixer = block.mobile_to_former, block.former_to_mobile, block.former.attention
    gathered = torch.einsum("bchw,mhw->bmc", image, down.mix.weight.view(3, 8, 8)) + down.mix.bias[None, :, None]
    torch.testing.assert_close(down(tokens, image)[0], down.norm(tokens + down.output(gathered)))
    spread = torch.einsum("bmc,hwm->bchw", up.value(tokens), up.mix.weight.view(8, 8, 3)) + up.mix.bias.view(8, 8)
    torch.testing.assert_close(up(image, tokens)[0], image + spread)
    hidden = nn.functional.gelu(torch.einsum("bmd,nm->bnd", tokens, mixer.expand.weight) + mixer.expand.bias[:, None])
    mixed = torch.einsum("bnd,mn->bmd", hidden, mixer.project.weight) + mixer.project.bias[:, None]
    torch.testing.assert_close(mixer(tokens), mixer.norm(tokens + mixer.output(mixed)))


def test_an_mlp_refuses_images_of_another_size(small: Any) -> None:
    """The message names both sizes."""
    model = build(small({"attention": "mlp", "input": "32x48"})).eval()
    with pytest.raises(InputError, match=r"the image is 48x32, but .* made for 32x48"):
        model(images(1, 48, 32))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (2, 32, 32, 3)])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...], small: Any) -> None:
    """Images need a batch and three channels in the second place. The message has the given shape."""
    with pytest.raises(InputError, match=rf"must be \(batch, 3, height, width\), not {re.escape(str(shape))}"):
        build(small()).eval()(torch.zeros(shape))


@pytest.mark.parametrize("changes", [{"attention": "mlp"}, {"former": "none", "mobile": {"activation": "relu"}}])
def test_a_network_without_attention_has_no_maps_to_show(changes: dict[str, Any], small: Any) -> None:
    """Requesting attention from a network without any is an error, not an empty result."""
    with pytest.raises(InputError, match=r"^spec has no attention maps$"):
        build(small(changes)).eval()(images(1), attention=True)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.2)])
def test_it_runs_in_other_precisions(dtype: Any, tolerance: float, small: Any) -> None:
    """Logits have the precision of weights and images, and are close to those in float64."""
    model = build(small({"groups": 4}), seed=7).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        exact = model(images(2).double())
        logits = model.to(dtype)(images(2).to(dtype))
    assert exact.dtype == torch.float64
    assert logits.dtype == dtype
    assert (logits.double() - exact).norm() < tolerance * exact.norm()


def test_it_runs_under_autocast(small: Any) -> None:
    """Mixed precision gives finite logits."""
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert build(small(), seed=8).eval()(images(2)).isfinite().all()


def test_the_memory_format_does_not_matter(small: Any) -> None:
    """Images with channels last give the same logits."""
    model, batch = build(small({"groups": 4}), seed=9).eval(), images(2)
    torch.testing.assert_close(model(batch.to(memory_format=torch.channels_last)), model(batch))


@pytest.mark.filterwarnings("ignore:You are using `torch.load`:FutureWarning")  # torch 2.4 does so in pickles
def test_copies_and_pickles_give_the_same_logits(small: Any) -> None:
    """A deep copy and an unpickled model give the same logits from their own weights."""
    model = build(small({"groups": 4}), seed=10).eval()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        torch.testing.assert_close(other(images(1)), model(images(1)), rtol=0, atol=0)
        assert not {p.data_ptr() for p in other.parameters()} & {p.data_ptr() for p in model.parameters()}


def test_a_seed_gives_the_same_weights_and_does_not_change_torchs_state(small: Any) -> None:
    """One seed gives equal models, two seeds different ones. Torch's random state stays as it was."""
    before = torch.get_rng_state()
    first, again, other = (build(small(), seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stem.conv.weight"], other["stem.conv.weight"])


def test_a_model_is_built_from_names_mappings_and_networks(small: Any) -> None:
    """Everything that `load` takes, a spec, and a resolved network give a model in train mode."""
    spec = small()
    for source in ("mf26m", spec, resolve(spec)):
        model = build(source)
        assert isinstance(model, MobileFormer)
        assert model.training


def test_dropout_applies_only_in_training(small: Any) -> None:
    """Dropout comes before the last Linear. In training the logits vary, in evaluation they do not."""
    model, batch = build(small(), seed=11, dropout=0.5), images(4)
    assert model.head.dropout.p == 0.5
    assert not torch.equal(model(batch), model(batch))
    model.eval()
    assert torch.equal(model(batch), model(batch))
