"""Networks with own ways: overridden methods, scripts, gradients in the forward, layers that are not registered."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.nn.modules import module as torch_modules  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.cost.kinds import COMPOSED  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402


class Backbone(nn.Module):
    """A 3×3 convolution of 3 to 8 channels, and a norm that must be in eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)

    def forward(self, image: Tensor) -> Tensor:
        """Return the features."""
        assert not self.norm.training
        return self.norm(self.conv(image))


def raises(*_: Any, **__: Any) -> None:
    """Raise an error, as a method that must not be called."""
    raise ValueError("not to be called")


OVERRIDES: dict[str, dict[str, Callable[..., Any]]] = {
    "train returns nothing": {"train": lambda self, mode=True: nn.Module.train(self, mode) and None},
    "train does nothing": {"train": lambda *_: None},
    "train raises": {"train": raises},
    "eval returns nothing": {"eval": lambda self: nn.Module.eval(self) and None},
    "eval raises": {"eval": raises},
    "parameters are groups": {"parameters": lambda *_, **__: [{"params": [], "lr": 0.1}]},
    "parameters raise": {"parameters": raises, "named_parameters": raises},
    "buffers raise": {"buffers": raises, "named_buffers": raises},
    "named parameters are a dict": {"named_parameters": lambda *_: {}},
    "modules are one": {"modules": lambda self: iter([self]), "named_modules": lambda self, *_, **__: [("", self)]},
    "modules raise": {"modules": raises, "named_modules": raises, "children": raises, "named_children": raises},
    "the copy raises": {"__deepcopy__": raises},
    "the copy is the original": {"__deepcopy__": lambda self, _: self},
    "the copy is nothing": {"__deepcopy__": lambda *_: None},
    "the copy is another network": {"__deepcopy__": lambda *_: nn.ReLU()},
    "the state raises": {"__getstate__": raises, "state_dict": raises},
    "the call skips hooks": {"__call__": lambda self, image: self.forward(image)},
    "moves raise": {"to": raises, "_apply": raises, "requires_grad_": raises},
    "any attribute exists": {
        "__getattr__": lambda self, name: self.__dict__.get("_modules", {}).get(name, lambda *_, **__: 3)
    },
    "it is empty": {"__len__": lambda _: 0},
}


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("name", OVERRIDES)
def test_overridden_methods_change_no_count(name: str, inner: bool) -> None:
    """The network itself or a part of it overrides a method of nn.Module that a trace needs."""
    network = type("Network", (Backbone,), OVERRIDES[name])()
    traced = trace(nn.Sequential(network) if inner else network, (3, 8, 8))
    assert (traced.bill().madds, traced.bill().params, traced.device) == (27 * 8 * 36, 216 + 16, "meta")
    assert network.training


def test_train_that_returns_nothing_is_counted() -> None:
    """Detection backbones often override `train` so."""
    network = type("Network", (Backbone,), OVERRIDES["train returns nothing"])()
    assert trace(network, (3, 8, 8)).bill().madds == 7_776


def test_a_forward_may_read_its_own_parameters() -> None:
    """It usually asks them for their device and dtype."""

    class Asking(Backbone):
        def forward(self, image: Tensor) -> Tensor:
            return super().forward(image.to(next(self.parameters())))

    assert trace(Asking(), (3, 8, 8)).bill().madds == 7_776


def _network() -> nn.Module:
    """Return a network with 13,824 + 40 multiply-adds and 224 + 16 + 16 + 45 parameters."""
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.BatchNorm1d(8), nn.Linear(8, 5)).eval()


def _loaded(script: Any) -> Any:
    file = io.BytesIO()
    torch.jit.save(script, file)
    file.seek(0)
    return torch.jit.load(file)


def _scripts() -> dict[str, Callable[[], Any]]:
    image = torch.zeros(1, 3, 8, 8)
    return {
        "script": lambda: torch.jit.script(_network()),
        "traced": lambda: torch.jit.trace(_network(), image),
        "loaded": lambda: _loaded(torch.jit.script(_network())),
        "part": lambda: nn.Sequential(torch.jit.script(_network()), nn.Identity()),
    }


@pytest.mark.parametrize("kind", ["script", "traced", "loaded", "part"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_is_counted_as_the_network_that_it_was_made_of(kind: str) -> None:
    """It runs on a CPU, and neither it nor its mode changes."""
    script = _scripts()[kind]().train()
    before = {name: value.clone() for name, value in script.state_dict().items()}
    traced = trace(script, (3, 8, 8))
    assert (traced.bill().madds, traced.bill().params, traced.unused) == (13_864, 301, {})
    assert traced.uncovered == ()
    assert all(torch.equal(value, before[name]) for name, value in script.state_dict().items())
    assert script.training


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_that_ran_before_is_not_fused() -> None:
    """Torch optimizes a script after its first runs."""
    script = torch.jit.script(_network())
    for _ in range(3):
        script(torch.zeros(1, 3, 8, 8))
    assert trace(script, (3, 8, 8)).bill().madds == 13_864


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_frozen_script_has_the_parameters_in_its_graph() -> None:
    """The first norm is folded into the convolution. Statistics of the second are not parameters.

    Torch keeps equal constants once: the second norm's weights and its statistics are the same ones and zeros.
    """
    frozen = torch.jit.freeze(torch.jit.script(_network()))
    for script in (frozen, _loaded(frozen)):
        traced = trace(script, (3, 8, 8))
        assert (traced.bill().madds, traced.bill().params) == (13_864, 224 + 16 + 45)
        assert [remark.text for remark in traced.remarks] == [
            "the network is a frozen script: 6 tensors in its graph count as parameters"
        ]
        part = trace(nn.Sequential(script, nn.Linear(5, 4)), (3, 8, 8))
        assert (part.bill().madds, part.bill().params) == (13_884, 224 + 16 + 45 + 24)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_kernels_that_torch_hides_are_named() -> None:
    """A script optimized for inference runs convolutions without an operator of ATen."""
    script = torch.jit.optimize_for_inference(torch.jit.script(_network()))
    if "mkldnn_convolution" not in str(script.graph):
        pytest.skip("torch does not use oneDNN here")
    traced = trace(script, (3, 8, 8))
    kernel, *others = (one.operator for one in traced.uncovered)
    assert kernel == "prim::mkldnn_convolution"
    assert others[0] == "to_mkldnn"
    assert others[-1] == "to_dense (mkldnn)"
    assert all(other.endswith(" (mkldnn)") for other in others[1:])
    assert traced.bill().params == 224 + 16 + 45


class Energy(nn.Module):
    """Two layers whose output is an energy; its gradient is the force."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.one, self.two = how, nn.Linear(3, 8), nn.Linear(8, 1)

    def energy(self, places: Tensor) -> Tensor:
        """Return the energy: 24 + 8 multiply-adds per place."""
        return self.two(torch.tanh(self.one(places))).sum()

    def forward(self, places: Tensor) -> Tensor:
        """Return the force, in one of torch's ways."""
        if self.how == "func.grad":
            return torch.func.grad(self.energy)(places)
        if self.how == "assert":
            assert places.detach().requires_grad_().pow(2).requires_grad
        if self.how == "enable_grad":
            with torch.enable_grad():
                places = places.detach().requires_grad_()
                return torch.autograd.grad(self.energy(places), places, create_graph=True)[0]
        places = places.requires_grad_()
        return torch.autograd.grad(self.energy(places), places)[0]


@pytest.mark.parametrize("how", ["grad", "enable_grad", "func.grad", "assert"])
def test_a_network_that_differentiates_is_run_with_gradients(how: str) -> None:
    """The backward pass to the input has as many products as the forward pass."""
    traced = trace(Energy(how), (5, 3))
    assert (traced.bill().madds, traced.bill().params, traced.device) == (2 * 5 * 32, 41, "meta")
    assert (traced.uncovered, traced.unused) == ((), {})
    notes = ["run with gradients, because forward differentiates; what its backward pass runs is counted too"]
    assert [remark.text for remark in traced.remarks] == ([] if how == "func.grad" else notes)


def test_jacobians_are_counted() -> None:
    """Each of 5 · 8 outputs has a backward pass of 5 · 3 · 8 products."""
    traced = trace(Lambda(lambda x, w: torch.func.jacrev(lambda x: x @ w)(x), w=torch.zeros(3, 8)), (5, 3))
    assert traced.bill().madds == 5 * 3 * 8 * (1 + 5 * 8)


CONVOLUTIONS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "plain": lambda x, w, _: functional.conv2d(x, w, stride=2, padding=1),
    "groups": lambda x, w, _: functional.conv2d(functional.conv2d(x, w), w[:, :2], groups=4),
    "transposed": lambda x, _, v: functional.conv_transpose2d(x, v, stride=2),
}


@pytest.mark.parametrize("with_weight", [False, True])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_backward_pass_of_a_convolution_agrees_with_torch(name: str, with_weight: bool) -> None:
    """Torch's own counter sees the same operators: the gradient of the input, and of the weight if it is wanted.

    For the weight's gradient, torch ignores the groups: it counts 4 times the 25 · 8 · 2 · 9 products.
    """

    def differentiate(x: Tensor, w: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        x, w, v = (each.detach().requires_grad_() for each in (x, w, v))
        out = CONVOLUTIONS[name](x, w, v).pow(2).sum()
        return torch.autograd.grad(out, [x, w, v][: 3 if with_weight else 1], allow_unused=True)

    x, w, v = torch.zeros(1, 8, 9, 9), torch.zeros(8, 8, 3, 3), torch.zeros(8, 4, 3, 3)
    with FlopCounterMode(display=False) as mode:
        differentiate(x, w, v)
    excess = 3 * 3_600 if name == "groups" and with_weight else 0
    traced = trace(Lambda(lambda x: differentiate(x, w, v)), (8, 9, 9), device="cpu")
    assert traced.bill().madds == mode.get_total_flops() // 2 - excess > 0
    assert traced.uncovered == ()


def test_a_generator_gets_a_remark() -> None:
    """Nothing that it yields has been computed."""

    class Yielding(nn.Linear):
        def forward(self, x: Tensor) -> Iterator[Tensor]:
            yield super().forward(x)

    [remark] = trace(Yielding(3, 4), (3,)).remarks
    assert remark.text == (
        "forward returned a generator: nothing that it computes later has run, so it is not counted; audit a network "
        "that returns its values"
    )
    assert remark.is_gap


@pytest.mark.parametrize(
    ("keep", "place"),
    [
        (lambda layer: [layer], "layers[0]"),
        (lambda layer: {"a": (nn.ReLU(), layer)}, "layers['a'][1]"),
        (lambda layer: [nn.ReLU(), nn.Sequential(layer)], "layers[1]"),
    ],
)
def test_layers_that_are_not_registered_get_a_remark(keep: Callable[[nn.Module], Any], place: str) -> None:
    """Their products are counted, their parameters are not. What no operator reads is not mentioned."""

    class Keeping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.Linear(3, 4)
            self.layers = keep(layer)
            self.teacher, self.call = [nn.Linear(9, 9)], [layer.__call__]

        def forward(self, x: Tensor) -> Tensor:
            return self.call[0](x)

    traced = trace(Keeping(), (3,))
    assert (traced.bill().madds, traced.bill().params) == (12, 0)
    [remark] = traced.remarks
    assert remark.text.startswith(f"{place} (")
    assert remark.text.endswith(
        "is not registered: its 16 parameters are not counted; keep layers in nn.ModuleList or nn.ModuleDict"
    )
    assert remark.is_gap


def test_containers_of_torch_get_a_remark() -> None:
    """They are counted as what they contain."""
    layer = nn.Linear(3, 4)
    for network, text in (
        (nn.DataParallel(layer), "the network is in DataParallel: it is counted once, on the whole batch"),
        (torch.compile(layer, backend="eager"), "the network is compiled: it is counted as it is written"),
    ):
        traced = trace(network, (3,))
        assert (traced.bill().madds, [remark.text for remark in traced.remarks]) == (12, [text])
        assert not traced.remarks[0].is_gap


@pytest.mark.parametrize("parameters", [False, True])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_flex_attention_is_counted(parameters: bool) -> None:
    """Also in a network without parameters, and if it is the first that needs torch's compiler."""
    attention = pytest.importorskip("torch.nn.attention.flex_attention")
    layer = nn.Linear(16, 16) if parameters else nn.Identity()

    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            heads = self.layer(x).reshape(1, 2, 32, 8)
            return attention.flex_attention(heads, heads, heads)

    for device in (None, "cpu"):
        traced = trace(Attending(), (32, 16), device=device)
        assert traced.uncovered == ()
        attention_madds = 2 * (2 * 32 * 32 * 8)  # of all rows and columns
        assert traced.bill().madds == attention_madds + (8_192 if parameters else 0)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_flex_attention_counts_its_two_products_and_not_its_functions() -> None:
    """As scaled dot-product attention: each head of the query, all blocks. Scores are changed by functions."""
    attention = pytest.importorskip("torch.nn.attention.flex_attention")

    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slope = nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            mask = attention.create_block_mask(lambda _b, _h, q, k: q >= k, None, None, 32, 32, device="cpu")
            few = x[:, :2]
            return attention.flex_attention(
                x, few, few, lambda score, _b, h, _q, _k: score * self.slope[h], mask, enable_gqa=True
            )

    traced = trace(Attending(), (4, 32, 8))
    rows = {row.name: (row.kind, row.madds, row.elements) for row in traced.rows if row.role == COMPOSED}
    assert rows == {
        "scores": ("matmul", 4 * 32 * 32 * 8, 4 * 32 * 32),
        "softmax": ("softmax", 0, 4 * 32 * 32),
        "aggregate": ("matmul", 4 * 32 * 32 * 8, 4 * 32 * 8),
    }
    assert (traced.uncovered, traced.bill().params) == ((), 4)


def test_threads_trace_one_after_another() -> None:
    """Torch's state is restored, every trace is right, and the original can run in another thread meanwhile."""
    model, results, errors = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), [], []
    stop = threading.Event()

    def count() -> None:
        try:
            results.extend(trace(model, (3, 10, 10)).bill().madds for _ in range(5))
        except Exception as error:
            errors.append(error)

    def run() -> None:
        try:
            while not stop.is_set():
                model(torch.zeros(1, 3, 10, 10))
        except Exception as error:
            errors.append(error)

    fast = torch.backends.mha.get_fastpath_enabled()
    runner, counters = threading.Thread(target=run), [threading.Thread(target=count) for _ in range(4)]
    runner.start()
    for each in counters:
        each.start()
    for each in counters:
        each.join()
    stop.set()
    runner.join()
    assert (results, errors) == ([13_824] * 20, [])
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert not torch_modules._global_forward_hooks and not torch_modules._global_forward_pre_hooks
    assert threading.getprofile() is None


def test_the_environment_is_the_same_after_a_trace() -> None:
    """Torch's compiler sets a variable when it is imported, and a network can set some."""
    before = dict(os.environ)
    trace(Lambda(lambda x: (os.environ.update(MFPROFILE_TEST="1"), x + 1)[1]), (3,))
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("model", "inputs", "options", "message"),
    [
        ("net.py:Net", (3,), None, "the model is of type str; use a torch.nn.Module"),
        (None, (3,), None, "the model is of type NoneType; use a torch.nn.Module"),
        (nn.ReLU, (3,), None, "the model is the class ReLU; make a network of it, such as ReLU()"),
        (nn.ReLU(), (3,), [1], "the options must be a mapping of names to values, the keyword arguments of forward"),
        *(
            (nn.ReLU(), value, None, f"the inputs are of type {kind}; use a tensor, a shape such as (3, 224, 224), or a "
             f"list of the arguments of forward{more}")
            for value, kind, more in (
                (None, "NoneType", ""), (object(), "object", ""), (3, "int", ""), ("3x4", "str", ""),
                ({"x": (3,)}, "dict", "; keyword arguments are the options"),
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_network_or_no_input_is_refused(model: Any, inputs: Any, options: Any, message: str) -> None:
    """The message says what to use."""
    with pytest.raises(InputError) as caught:
        trace(model, inputs, options)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["children", "modules", "named_children", "train"])
def test_a_network_whose_own_methods_raise_is_counted_in_training(name: str) -> None:
    """Each layer gets its mode without them: 8 · 4 products forward, and as many for the gradient of the weight."""

    def refuse(_: Any, *__: Any) -> Any:
        raise ValueError("no such thing")

    model = nn.Sequential(nn.Linear(8, 4))
    model.__class__ = type("Refusing", (nn.Sequential,), {name: refuse})
    assert trace(model, (8,), training=True).bill().madds == 2 * 8 * 4


@pytest.mark.parametrize("training", [False, True])
def test_a_network_that_gets_no_mode_at_all_is_refused_once(training: bool) -> None:
    """Neither its copy nor the network itself can be prepared, so there is nothing left to try."""

    class Fixed(nn.Linear):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "training" and "training" in vars(self):
                raise ValueError("fixed")
            super().__setattr__(name, value)

    with pytest.raises(InputError, match=r"^Fixed cannot be copied: ValueError: fixed"):
        trace(Fixed(8, 4), (8,), run_original=True, training=training)
