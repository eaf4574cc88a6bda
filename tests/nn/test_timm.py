"""The models that are registered with timm do what timm's own tests ask of its models."""

from __future__ import annotations

import fnmatch
import inspect
import math
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from running import ROOT, need  # noqa: E402
from torch import nn  # noqa: E402
from versions import since  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.nn import build, released_state, save_checkpoint  # noqa: E402
from mfprofile.spec import load, resolve  # noqa: E402
from mfprofile.trace.libraries import library  # noqa: E402

SPECS = {f"mobileformer_{size}": f"mf{size}" for size in ("26m", "52m", "96m", "151m", "214m", "294m", "508m")}
SMALLEST = "mobileformer_26m"
EACH = pytest.mark.parametrize("name", one_in(7, SPECS, 3))
"""Each model; by default the smallest."""
FX = since(2, 9, "torch.fx does not trace sizes that are taken from another tensor")
AGAIN = pytest.mark.filterwarnings("ignore:`torch.cpu.amp.autocast:FutureWarning")
"""torch 2.4 warns of its own call when it runs a block again."""


@pytest.fixture(scope="module")
def timm() -> Any:
    """Return timm, with our models registered."""
    need("timm")
    try:
        timm = library("timm")
    except InputError as error:
        pytest.skip(str(error))
    import mfprofile.nn.timm

    assert mfprofile.nn.timm.SPECS == SPECS
    return timm


@pytest.fixture
def create(timm: Any, small: Any) -> Any:
    """Return the function that creates the model of the small spec, by default in evaluation."""
    return lambda changes=None, **options: timm.create_model("mfprofile", spec=small(changes), **options).eval()


def images(count: int = 2, size: int = 32, channels: int = 3) -> Any:
    """Return random images, the same each time."""
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(0))


def on_meta(timm: Any, name: str, **options: Any) -> Any:
    """Return a model without values, which has shapes alone."""
    with torch.device("meta"):
        return timm.create_model(name, device="meta", dtype=torch.float32, **options).eval()


def test_the_seven_networks_and_one_of_any_spec_are_registered(timm: Any) -> None:
    """They are listed in the order of their size, and none has weights that could be downloaded."""
    assert timm.list_models("mobileformer_*") == list(SPECS)
    assert timm.is_model("mfprofile")
    assert not [name for name in timm.list_pretrained() if "mobileformer" in name or "mfprofile" in name]


@EACH
def test_a_registered_model_is_the_model_of_its_spec(name: str, timm: Any) -> None:
    """Names and shapes of all weights are those of `build`, so checkpoints fit both."""
    with torch.device("meta"):
        state = build(SPECS[name]).state_dict()
    ours = on_meta(timm, name).state_dict()
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key, value in state.items()}


@EACH
def test_the_attributes_are_those_that_timms_models_have(name: str, timm: Any) -> None:
    """Sizes, the configuration and the names in it are right: classifier, first convolution, size of the last map."""
    model = on_meta(timm, name)
    config, state = model.default_cfg, model.state_dict()
    assert config is model.pretrained_cfg
    assert config["architecture"] == name
    assert (model.in_chans, model.num_classes) == (config["input_size"][0], config["num_classes"]) == (3, 1000)
    assert state[config["classifier"] + ".weight"].shape == (1000, model.head_hidden_size)
    assert state[config["first_conv"] + ".weight"].shape[1] == 3
    image = torch.randn(1, *config["input_size"], device="meta")
    last, tokens = features = model.forward_features(image)
    assert last.shape[1:] == (model.num_features, *config["pool_size"])
    assert tokens.shape[1:] == model.tokens.weight.shape
    assert model.forward_head(features, pre_logits=True).shape == (1, model.head_hidden_size)
    assert model(image).shape == (1, 1000)


@EACH
def test_the_classifier_is_replaced_and_removed(name: str, timm: Any) -> None:
    """Without a classifier the output is the head's hidden layer, whether it was removed or never there."""
    model, image = on_meta(timm, name), torch.randn(1, 3, 64, 64, device="meta")
    assert inspect.signature(model.reset_classifier).parameters["global_pool"].default is None
    model.reset_classifier(7)
    assert (model.num_classes, model.get_classifier().out_features, model(image).shape) == (7, 7, (1, 7))
    model.reset_classifier(0)
    assert (model.num_classes, type(model.get_classifier())) == (0, nn.Identity)
    assert model(image).shape == (1, model.head_hidden_size)
    never = on_meta(timm, name, num_classes=0)
    assert (never.num_classes, never(image).shape) == (0, (1, model.head_hidden_size))


def test_a_new_classifier_has_the_type_the_device_and_the_mode_of_the_model(create: Any) -> None:
    """A model in float64 and evaluation stays so. A frozen model without its classifier stays frozen."""
    model = create(dtype=torch.float64)
    model.reset_classifier(5)
    classifier = model.get_classifier()
    assert (classifier.weight.dtype, classifier.training) == (torch.float64, False)
    assert model(images().double()).shape == (2, 5)
    model.requires_grad_(False).reset_classifier(0)
    assert not [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert model.to("meta").reset_classifier(3) is None
    assert model.get_classifier().weight.is_meta


@pytest.mark.parametrize("pool", ["", "max", "catavgmax"])
def test_another_pooling_is_refused(pool: str, create: Any) -> None:
    """The head has layers after its pooling, so the message says what to use for feature maps."""
    with pytest.raises(InputError, match=r"^global_pool = .*: Mobile-Former's head has layers after its pooling"):
        create(global_pool=pool)
    with pytest.raises(InputError, match=r"use features_only=True$"):
        create().reset_classifier(0, pool)


def test_an_unknown_option_is_an_error(timm: Any) -> None:
    """It is not ignored: neither by the models of the paper nor by that of any spec."""
    for name in (SMALLEST, "mfprofile"):
        with pytest.raises(TypeError, match="not_an_option"):
            timm.create_model(name, not_an_option=1)
    with pytest.raises(TypeError, match="spec"):
        timm.create_model(SMALLEST, spec="mf52m")


@pytest.mark.parametrize("name", one_in(7, SPECS, 3))
def test_every_weight_has_a_gradient(name: str, timm: Any) -> None:
    """A training step reaches all weights, and its output has no NaN."""
    model = timm.create_model(name, num_classes=42, drop_rate=0.1).train()
    logits = model(images(size=64))
    assert logits.shape == (2, 42)
    assert logits.isfinite().all()
    logits.square().mean().backward()
    assert not [name for name, weight in model.named_parameters() if weight.grad is None]


@AGAIN
def test_running_blocks_twice_changes_no_output_and_no_gradient(create: Any) -> None:
    """With gradient checkpointing, outputs, intermediates and gradients are the same."""
    gradients = []
    for enable in (False, True):
        model = create()
        model.load_state_dict(build(model.network, seed=1).state_dict())
        model.set_grad_checkpointing(enable)
        logits, (last, _), maps = model(images()), *model.forward_intermediates(images())
        torch.testing.assert_close(maps[-1], last)
        logits.square().mean().backward()
        gradients.append([logits, *maps, *(weight.grad for weight in model.parameters())])
    for once, twice in zip(*gradients, strict=True):
        torch.testing.assert_close(twice, once)


@AGAIN
def test_a_block_runs_twice_with_gradient_checkpointing(create: Any) -> None:
    """The second run is in the backward pass. Without gradient checkpointing there is none."""
    for enable, runs in ((False, 1), (True, 2)):
        model, seen = create().train(), []
        model.set_grad_checkpointing(enable)
        model.blocks["2"].register_forward_pre_hook(lambda *_, seen=seen: seen.append(1))
        model(images()).sum().backward()
        assert len(seen) == runs


@EACH
@pytest.mark.parametrize("extractor", ["getter", "hook"])
def test_the_features_have_the_channels_and_reductions_that_are_listed(name: str, extractor: str, timm: Any) -> None:
    """`features_only` returns a map for each stride from 2 to 32, with the sides of the image divided, rounded up."""
    model = on_meta(timm, name, features_only=True, feature_cls=extractor)
    outputs = model(torch.randn(1, 3, 96, 65, device="meta"))
    info = model.feature_info
    assert info.reduction() == [2, 4, 8, 16, 32]
    for channels, reduction, output in zip(info.channels(), info.reduction(), outputs, strict=True):
        assert output.shape == (1, channels, math.ceil(96 / reduction), math.ceil(65 / reduction))


@pytest.mark.parametrize(
    ("extractor", "attribute"), [("getter", "model"), ("hook", "body"), pytest.param("fx", "graph_module", marks=FX)]
)
def test_extractors_return_the_outputs_of_the_modules_that_are_listed(
    extractor: str, attribute: str, create: Any
) -> None:
    """The getter, the hooks and torch.fx give the maps that `features` gives, and those alone that were chosen."""
    expected = build(create().network, seed=3).eval()
    maps = expected.features(images()).maps
    model = create(features_only=True, out_indices=(1, 2), feature_cls=extractor)
    inner = getattr(model, attribute)
    own = inner.state_dict()
    inner.load_state_dict({key: value for key, value in expected.state_dict().items() if key in own})
    assert model.feature_info.reduction() == [4, 8]
    for stride, output in zip((4, 8), model(images()), strict=True):
        torch.testing.assert_close(output, maps[stride])


def test_intermediates_are_chosen_by_number_from_either_end(create: Any) -> None:
    """As in timm: the last n, a list, or all. The features beside them are those of `forward_features`."""
    model = create()
    features, every = model.forward_intermediates(images())
    torch.testing.assert_close(features, model.forward_features(images()), rtol=0, atol=0)
    assert [each.shape[2] for each in every] == [16, 8, 4]
    assert [each.shape[1] for each in every] == [info["num_chs"] for info in model.feature_info]
    for indices, places in ((1, [2]), (2, [1, 2]), ([0, -1], [0, 2]), ((1,), [1])):
        taken = model.forward_intermediates(images(), indices=indices, norm=True, intermediates_only=True)
        for place, each in zip(places, taken, strict=True):
            torch.testing.assert_close(each, every[place], rtol=0, atol=0)
    last = model.forward_intermediates(images(), 1, output_fmt="NHWC", intermediates_only=True)[0]
    torch.testing.assert_close(last.permute(0, 3, 1, 2), every[2], rtol=0, atol=0)


def test_blocks_after_the_last_chosen_map_do_not_run_with_stop_early(create: Any) -> None:
    """The maps are the same. Without `intermediates_only` it is refused, because there would be no features."""
    model, seen = create(), []
    for name, block in model.blocks.items():
        block.register_forward_hook(lambda *_, name=name: seen.append(name))
    full = model.forward_intermediates(images(), [0, 1], intermediates_only=True)
    assert seen == ["1", "2", "3", "4", "5"]
    seen.clear()
    early = model.forward_intermediates(images(), [0, 1], stop_early=True, intermediates_only=True)
    assert seen == ["1", "2", "3", "4"]
    torch.testing.assert_close(early, full, rtol=0, atol=0)
    with pytest.raises(InputError, match=r"^stop_early needs intermediates_only"):
        model.forward_intermediates(images(), stop_early=True)
    with pytest.raises(InputError, match=r"^output_fmt = 'NLC': must be NCHW or NHWC$"):
        model.forward_intermediates(images(), output_fmt="NLC")


@pytest.mark.parametrize(("indices", "blocks"), [([0], 1), ([1], 4), ([0, 2], 5)])
def test_pruning_leaves_no_weight_without_a_use(indices: list[int], blocks: int, create: Any) -> None:
    """Distributed training stops at unused weights. The maps that are left are as before."""
    model = create()
    expected = model.forward_intermediates(images(), indices, intermediates_only=True)
    assert model.prune_intermediate_layers(indices) == indices
    assert len(model.blocks) == blocks
    taken = model.forward_intermediates(images(), indices, intermediates_only=True)
    torch.testing.assert_close(taken, expected, rtol=0, atol=0)
    sum(each.sum() for each in taken).backward()
    assert not [name for name, weight in model.named_parameters() if weight.grad is None]
    torch.testing.assert_close(model(images()), taken[-1])
    assert model.num_features == model.head_hidden_size == taken[-1].shape[1]
    model.reset_classifier(0)
    with pytest.raises(InputError, match=r"^the head was removed with the last layers"):
        model.reset_classifier(5)


def test_pruning_nothing_keeps_the_head_if_it_is_asked_for(create: Any) -> None:
    """With `prune_head=False` and the last map chosen, the model still classifies."""
    model = create()
    logits = model(images())
    assert model.prune_intermediate_layers(1, prune_head=False) == [2]
    torch.testing.assert_close(model(images()), logits, rtol=0, atol=0)


def test_a_stem_without_former_is_pruned_with_its_tokens(create: Any) -> None:
    """If the first map is the stem's, no block is left."""
    blocks = [{"block": "lite", "exp": 16, "out": 8, "stride": 2}, {"block": "mf", "exp": 24, "out": 12}]
    model = create({"blocks": blocks}, features_only=True, out_indices=(0,))
    assert [each.shape for each in model(images())] == [(2, 8, 16, 16)]
    assert {name.split(".")[1] for name, _ in model.named_parameters()} == {"stem"}
    assert model.model(images()).shape == (2, 8, 16, 16)


@EACH
def test_groups_and_exceptions_name_weights_of_the_model(name: str, timm: Any) -> None:
    """Layer decay sorts stem, blocks and head by depth, and weight decay leaves the tokens alone."""
    from timm.models import group_parameters

    model = on_meta(timm, name)
    groups = group_parameters(model, model.group_matcher(), reverse=True)
    assert groups["stem.conv.weight"] == groups["tokens.weight"] == 0
    numbers = [groups[f"blocks.{number}.mobile.{part}.conv.weight"] for number, part in _first_convolutions(name)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert groups["head.fc2.weight"] == groups["final.query.weight"] == len(numbers) + 1
    assert all(fnmatch.filter(groups, pattern) for pattern in model.no_weight_decay())


def _first_convolutions(name: str) -> list[tuple[int, str]]:
    first = {"lite": "depthwise", "mf": "pointwise1", "mf-down": "depthwise1"}
    return [(block.number, first[block.kind]) for block in resolve(load(SPECS[name])).blocks]


def test_timms_optimizer_trains_the_model(create: Any) -> None:
    """AdamW of timm's factory, with layer decay: tokens are not decayed, and the loss falls."""
    from timm.optim import create_optimizer_v2

    torch.manual_seed(0)
    model = create(num_classes=4).train()
    optimizer = create_optimizer_v2(model, opt="adamw", lr=0.01, weight_decay=0.2, layer_decay=0.9)
    decay = {id(weight): group["weight_decay"] for group in optimizer.param_groups for weight in group["params"]}
    assert decay[id(model.tokens.weight)] == decay[id(model.blocks["2"].former.ffn.norm.weight)] == 0
    assert decay[id(model.stem.conv.weight)] == 0.2
    batch, labels, losses = images(8), torch.arange(8) % 4, []
    for _ in range(8):
        loss = nn.functional.cross_entropy(model(batch), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("name", ["mobileformer_26m", pytest.param("mobileformer_294m", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore:.*rounded:mfprofile.errors.CheckpointWarning")
def test_a_released_checkpoint_gives_the_released_logits(
    name: str, timm: Any, released_keys: Any, released_logits: Any, recipe: Any, tmp_path: Path
) -> None:
    """`checkpoint_path` reads the released layout: the logits match those recorded from the released code to 1e-9."""
    expected, path = released_logits[SPECS[name]], tmp_path / "released.pth"
    state = {f"module.{key}": value for key, value in recipe(released_keys[SPECS[name]]).items()}
    torch.save({"state_dict": state}, path)
    model = timm.create_model(name, checkpoint_path=str(path), dtype=torch.float64).eval()
    batch = torch.from_numpy(3 * np.random.default_rng(7).standard_normal((2, 3, 224, 224)))
    with torch.no_grad():
        logits = model(batch).numpy()
    assert np.abs(logits[:, :8] - np.array(expected["first8"])).max() < 1e-9
    assert logits.argmax(axis=1).tolist() == expected["argmax"]


def test_a_released_checkpoint_is_loaded_for_other_classes_channels_and_backbones(
    timm: Any, small: Any, tmp_path: Path
) -> None:
    """With `pretrained=True` and a file, timm adapts the first convolution and leaves the classifier out."""
    path, original = tmp_path / "released.pth", build(small(), seed=4).eval()
    save_checkpoint(original, path)
    options = {"spec": small(), "pretrained": True, "pretrained_cfg_overlay": {"file": str(path)}}
    whole = timm.create_model("mfprofile", **options).eval()
    torch.testing.assert_close(whole(images()), original(images()))
    other = timm.create_model("mfprofile", num_classes=3, in_chans=1, **options).eval()
    torch.testing.assert_close(other.stem.conv.weight, original.stem.conv.weight.sum(1, keepdim=True))
    assert torch.equal(other.head.fc1.weight, original.head.fc1.weight)
    assert other(images(channels=1)).shape == (2, 3)
    backbone = timm.create_model("mfprofile", features_only=True, **options).eval()
    for ours, theirs in zip(backbone(images())[1:], original.features(images()).maps.values(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_checkpoint_of_another_network_is_refused_with_its_names(timm: Any, small: Any) -> None:
    """Nothing is loaded by half: the message is that of `load_checkpoint`."""
    state = released_state(build(small({"tokens": {"count": 2}})))
    model = timm.create_model("mfprofile", spec=small())
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError, match=r"does not fit spec\n  wrong shape \(1\): tokens.weight"):
        model.load_state_dict(state)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_a_checkpoint_of_timms_trainer_fits_the_network_of_the_spec(timm: Any, small: Any, tmp_path: Path) -> None:
    """The names are our own: `build` reads what timm saved, and timm reads it again."""
    from timm.utils import CheckpointSaver

    trained = timm.create_model("mfprofile", spec=small()).eval()
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.1)
    saver = CheckpointSaver(trained, optimizer, checkpoint_dir=str(tmp_path), recovery_dir=str(tmp_path))
    saver.save_checkpoint(0, 50.0)
    again = timm.create_model("mfprofile", spec=small(), checkpoint_path=str(tmp_path / "last.pth.tar")).eval()
    torch.testing.assert_close(again(images()), trained(images()))
    ours = build(small()).eval()
    ours.load_state_dict(timm.models.load_state_dict(str(tmp_path / "last.pth.tar")))
    torch.testing.assert_close(ours(images()), trained(images()))


def test_weights_that_are_hosted_nowhere_are_not_promised(timm: Any) -> None:
    """`pretrained=True` says that there are none, and what to use."""
    with pytest.raises(InputError, match=r"^mobileformer_26m: pretrained=True, but no weights .* use checkpoint_path"):
        timm.create_model(SMALLEST, pretrained=True)


def test_images_may_have_other_channels_but_not_other_than_those_of_the_model(create: Any) -> None:
    """The message has the number of channels that the model was made for."""
    model = create(in_chans=5)
    assert (model.in_chans, model(images(channels=5)).shape) == (5, (2, 10))
    with pytest.raises(InputError, match=r"^images must be \(batch, 5, height, width\), not \(2, 3, 32, 32\)$"):
        model(images())


def test_a_spec_of_any_kind_is_a_model(create: Any, timm: Any) -> None:
    """Every switch gives a classifier, and its configuration is that of the spec."""
    plain = create({"former": "none", "mobile": {"activation": "relu"}})
    assert plain.forward_features(images())[1] is None
    assert plain.no_weight_decay() == set()
    mlp = create({"attention": "mlp", "input": "33x47", "classes": 6})
    assert (mlp.default_cfg["input_size"], mlp.default_cfg["num_classes"]) == ((3, 33, 47), 6)
    assert mlp(torch.zeros(1, *mlp.default_cfg["input_size"])).shape == (1, 6)
    assert timm.create_model("mfprofile", spec="mf26m", num_classes=2).num_classes == 2
    for changes in ({"head": "none"}, {"head": "none", "bridge": {"final": False}}):
        with pytest.raises(InputError, match=r"^spec: has no head; timm's models are classifiers"):
            create(changes)


NETWORKS = pytest.mark.parametrize("name", one_in(8, ["mfprofile", *SPECS], 7))


@NETWORKS
@FX
def test_torch_fx_takes_the_model(name: str, timm: Any, small: Any) -> None:
    """The traced program has the same logits, also for other images."""
    model = timm.create_model(name, **({"spec": small()} if name == "mfprofile" else {})).eval()
    traced = torch.fx.symbolic_trace(model)
    with torch.no_grad():
        for batch in (images(), images(1, 64)):
            torch.testing.assert_close(traced(batch), model(batch))


@pytest.mark.slow
@NETWORKS
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_tracers_of_torch_take_the_model(name: str, timm: Any, small: Any) -> None:
    """torch.jit.trace and torch.export give programs with the same logits."""
    model = timm.create_model(name, **({"spec": small()} if name == "mfprofile" else {})).eval()
    batch = images()
    with torch.no_grad():
        logits = model(batch)
        torch.testing.assert_close(torch.jit.trace(model, batch)(batch), logits)
        torch.testing.assert_close(torch.export.export(model, (batch,)).module()(batch), logits)


def test_the_example_of_the_documentation_prints_what_the_page_says(
    timm: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A classifier of 10 classes, and a backbone of three maps."""
    page = (ROOT / "docs" / "training-networks.md").read_text(encoding="utf-8")
    code, printed = re.search(r"```py\n# backbone\.py\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL).groups()
    assert sys.modules["timm"] is timm
    exec(compile(code, "backbone.py", "exec"), {})
    assert capsys.readouterr().out == printed


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torch_script_does_not_take_the_model(create: Any) -> None:
    """The documentation says why; if this fails, it can promise more."""
    with pytest.raises(RuntimeError):
        torch.jit.script(create())
