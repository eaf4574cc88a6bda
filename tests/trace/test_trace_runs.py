"""How a network is run: on a temporary copy, on meta tensors or a CPU, and the messages if it fails."""

from __future__ import annotations

import copy
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.nn.modules import module as modules  # noqa: E402
from versions import VERSION, needs  # noqa: E402
from zoo import Lambda, Patches, Twice  # noqa: E402

from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.trace import Input, Module, trace  # noqa: E402

FLOATS = pytest.mark.skipif((2, 6) < VERSION < (2, 13), reason="this torch looks up floats if they are meta tensors")


class Stopped(BaseException):
    """An exception with which a network can stop a whole program."""


def raising(error: BaseException) -> None:
    """Raise an error, as a function for use in lambdas."""
    raise error


class Stateful(nn.Module):
    """A network with all that a trace could change: statistics, a counter, a hook, randomness, lists of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.dropout = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.scales = [torch.ones(8, 1, 1)]
        self.seen = 0

    def forward(self, image: Tensor) -> Tensor:
        """Change all of the state."""
        self.seen += 1
        self.calls += 1
        return self.dropout(self.norm(self.conv(image))) * self.scales[0] + torch.rand_like(image[:, :1, 2:, 2:])


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("training", [False, True])
def test_a_trace_does_not_change_the_model(device: str, training: bool) -> None:
    """State, modes, hooks, gradients, attributes, torch's random state, fast path and global hooks are the same."""
    model = Stateful().train(training)
    model.conv.eval()
    image = torch.ones(1, 3, 8, 8)
    state = copy.deepcopy(model.state_dict())
    attributes = {path: sorted(vars(module)) for path, module in model.named_modules()}
    modes = [module.training for module in model.modules()]
    random, fast = torch.get_rng_state(), torch.backends.mha.get_fastpath_enabled()
    trace(model, [image], device=device)
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert {path: sorted(vars(module)) for path, module in model.named_modules()} == attributes
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert model.seen == 0
    assert torch.equal(random, torch.get_rng_state())
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert not modules._global_forward_hooks and not modules._global_forward_pre_hooks
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(image, torch.ones(1, 3, 8, 8))


def test_a_failed_trace_restores_the_state_too() -> None:
    """Hooks and modes are removed when a forward raises."""
    fast = torch.backends.mha.get_fastpath_enabled()
    with pytest.raises(InputError):
        trace(nn.Linear(3, 4), (5,))
    assert not modules._global_forward_hooks and not modules._global_forward_pre_hooks
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()
    assert torch.zeros(1).device.type == "cpu"


def test_inputs_are_not_written_to() -> None:
    """A network that works in place changes a copy of them."""
    image = torch.full((1, 4), -1.0)
    trace(nn.ReLU(inplace=True), [image], device="cpu")
    assert torch.equal(image, torch.full((1, 4), -1.0))


def test_weights_are_not_read_on_meta_tensors() -> None:
    """A model on meta tensors has no weights and can be traced too."""
    with torch.device("meta"):
        model = Patches()
    traced = trace(model, (3, 16, 16))
    assert (traced.device, traced.reason) == ("meta", "")
    assert traced.bill().madds == trace(Patches(), (3, 16, 16)).bill().madds
    assert trace(model, (3, 16, 16), device="cpu").bill().madds == traced.bill().madds


def test_control_flow_that_depends_on_values_runs_on_a_cpu() -> None:
    """The trace has the reason, in one line."""
    model = Lambda(lambda x, w: x @ w if x.sum() == 0 else x, w=torch.zeros(3, 4))
    traced = trace(model, (3,))
    assert (traced.device, traced.bill().madds) == ("cpu", 12)
    assert traced.reason.startswith("it cannot run on meta tensors: ")
    assert "\n" not in traced.reason
    with pytest.raises(InputError, match="cannot be run"):
        trace(model, (3,), device="meta")


def test_tensors_made_in_the_forward_do_not_need_a_cpu() -> None:
    """If a network makes tensors without the device of its inputs, these are meta tensors too."""
    traced = trace(Lambda(lambda x: x + torch.arange(4.0)), (4,))
    assert (traced.device, [row.kind for row in traced.rows]) == ("meta", ["add"])


def test_tensors_in_attributes_are_copied_too() -> None:
    """They can be in lists, and need not be leaves."""
    model = nn.Linear(3, 3)
    model.extra = [torch.ones(3) * torch.ones(3, requires_grad=True)]  # type: ignore[assignment]
    assert trace(model, (3,)).bill().madds == 9


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(5, 4)), (3, 8, 8),
         r"^Sequential cannot be run: RuntimeError: .* \(in 2 at torch/nn/\S+:\d+ on inputs 1×3×8×8 float32\)$"),
        (nn.BatchNorm2d(4), (3, 8, 8), r"^BatchNorm2d cannot be run: RuntimeError: .* \(at torch/nn/\S+:\d+ on inputs 1×3×8×8 float32\)$"),
        (nn.LayerNorm(4), (3,), r"^LayerNorm cannot be run: RuntimeError: .* \(at torch/nn/\S+:\d+ on inputs 1×3 float32\)$"),
        (nn.Bilinear(3, 4, 5), (3,), r"^Bilinear cannot be run: TypeError: .*missing 1 required positional argument: 'input2'"),
        pytest.param(nn.Embedding(5, 3), (3,), r"^Embedding cannot be run: RuntimeError: .*on inputs 1×3 float32", marks=FLOATS),
        (Lambda(lambda _: {}["key"]), (3,), r"^Lambda cannot be run: KeyError: 'key' \(at \S*test_trace_runs\.py:\d+ on inputs 1×3 float32\)$"),
        (Lambda(lambda _: sys.exit(0)), (3,), r"^Lambda cannot be run: SystemExit: 0 \(at \S*test_trace_runs\.py:\d+ on inputs 1×3 float32\)$"),
        (Lambda(lambda _: raising(Stopped("x"))), (3,), r"^Lambda cannot be run: Stopped: x \(at \S*test_trace_runs\.py:\d+ on inputs 1×3 float32\)$"),
        (nn.LazyBatchNorm1d(affine=False), (3,), r"^LazyBatchNorm1d: running_mean has no shape yet: call the model once"),
        (nn.LazyLinear(3), (3,), r"^LazyLinear: weight has no shape yet: call the model once to initialize its lazy layers$"),
    ],
    ids=str,
)  # fmt: skip
def test_the_error_of_a_network_is_reported_in_one_line(model: nn.Module, inputs: Any, message: str) -> None:
    """The message has the exception, the module and the inputs."""
    with pytest.raises(InputError, match=message) as caught:
        trace(model, inputs)
    assert "\n" not in str(caught.value)


def test_an_interrupt_is_not_an_error_of_the_network() -> None:
    """It ends the run, and no other device is tried."""
    with pytest.raises(KeyboardInterrupt):
        trace(Lambda(lambda _: raising(KeyboardInterrupt())), (3,))


def test_a_network_that_cannot_be_copied_is_refused() -> None:
    """An example is a network with a lock."""
    import threading

    model = nn.Linear(3, 4)
    model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"^Linear cannot be copied: TypeError: cannot pickle '_thread.lock' object$"):
        trace(model, (3,))


def test_a_network_that_cannot_be_copied_can_run_itself() -> None:
    """It runs on the device of its tensors, and the run may change it."""
    import threading

    lock = threading.Lock()

    class Locking(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            with self.held["locks"][0]:
                self.held["calls"].append(1)
                return super().forward(x)

    layer = Locking(3, 4)
    layer.held = {"locks": [lock], "calls": []}  # type: ignore[assignment]
    model = nn.Sequential(nn.Linear(3, 3), layer)
    traced = trace(model, (3,), run_original=True)
    assert (traced.bill().madds, traced.bill().params, traced.unused) == (9 + 12, 12 + 16, {})
    assert (layer.held["calls"], lock.locked()) == ([1], False)
    assert traced.reason == "it cannot be copied: TypeError: cannot pickle '_thread.lock' object"
    with pytest.raises(InputError, match=r"^Sequential cannot be copied: TypeError"):
        trace(model, (3,), device="meta", run_original=True)
    assert trace(model.to("meta"), (3,), run_original=True).device == "meta"


def _with_closure() -> nn.Module:
    """Return a network whose forward is a function that refers to its layers; a copy of it refers to the same layers."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1))
    model.forward = lambda image: model[2](model[1](model[0](image)))  # type: ignore[method-assign]
    return model


def test_a_copy_that_uses_the_original_is_refused_and_changes_nothing() -> None:
    """With `run_original`, the network itself runs, and all of its layers have their paths."""
    model = _with_closure()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(
        InputError,
        match=r"^Sequential cannot be copied: OriginalUsedError: 0 is called in the original, not in the copy$",
    ):
        trace(model, (3, 8, 8))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    traced = trace(model, (3, 8, 8), run_original=True)
    assert [(row.name, row.madds) for row in traced.rows] == [("0", 27 * 8 * 36), ("1", 0), ("2", 64 * 36)]
    assert traced.unused == {}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "in eval mode"


def test_a_parameter_that_is_read_in_the_original_is_detected() -> None:
    """No layer is called there."""
    model = Lambda(lambda x: x, w=torch.zeros(4, 4))
    model.forward = lambda x: x @ model.w  # type: ignore[method-assign]
    with pytest.raises(
        InputError,
        match=r"^Lambda cannot be copied: OriginalUsedError: matmul reads a parameter in the original, not in the copy$",
    ):
        trace(model, (4,))
    assert trace(model, (4,), run_original=True).bill().madds == 16


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_results_of_threads_that_ran_before_are_detected(device: str) -> None:
    """They have gradients, unlike tensors of the run: in an operand, or in the output of the network."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()

        def forward(x: Tensor, w: Tensor, more: bool) -> Tensor:
            output = pool.submit(functional.linear, x, w).result()
            return output + 1 if more else output

        for more, reader in ((True, "add"), (False, "the caller")):
            model = Lambda(lambda x, w, more=more: forward(x, w, more), w=nn.Parameter(torch.zeros(4, 4)))
            message = rf"a tensor that {reader} reads was computed before the run or in another thread, where operators"
            with pytest.raises(InputError, match=message):
                trace(model, (4,), device=device)


def test_deeply_nested_tensors_are_copied() -> None:
    """They need not be leaves, although torch itself copies only leaves."""
    model = nn.Linear(3, 3)
    model.extra = {"a": [(model.weight * 2, [model.bias + 1])]}  # type: ignore[assignment]
    assert trace(model, (3,)).bill().madds == 9


def test_an_unknown_device_is_refused() -> None:
    """The message lists the valid devices."""
    with pytest.raises(InputError, match=r"^unknown device 'cuda'; use one of meta, cpu$"):
        trace(nn.Linear(3, 4), (3,), device="cuda")


def test_an_exception_of_a_handle_is_our_fault_and_not_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not become an `InputError`."""
    from mfprofile.trace import handles, overloads

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(overloads, "HANDLES", {**handles.HANDLES, "linear": broken})
    overloads.operator_of.cache_clear()
    try:
        with pytest.raises(ZeroDivisionError):
            trace(nn.Linear(3, 4), (3,))
    finally:
        overloads.operator_of.cache_clear()


def test_several_inputs_of_any_sort_are_passed_on() -> None:
    """Inputs can be tensors with the batch, shapes without it, other dtypes, keywords and plain values."""

    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(9, 4)

        def forward(self, image: Tensor, words: Tensor, flag: bool, *, scale: Tensor, power: int = 1) -> Tensor:
            assert flag and power == 2
            return image @ self.words(words).mT * scale

    traced = trace(Several(), [(5, 4), Input((3,), torch.long), True], {"scale": torch.ones(2, 1, 1), "power": 2})
    assert traced.input == "1×5×4 float32, 1×3 int64, scale=2×1×1 float32"
    assert [(row.kind, row.madds, row.out) for row in traced.rows] == [
        ("embedding", 0, (3, 4)), ("matmul", 60, (1, 5, 3)), ("multiply", 0, (2, 5, 3)),
    ]  # fmt: skip


def test_the_default_dtype_of_an_input_is_the_networks() -> None:
    """A network in half precision gets such an image. One without tensors gets float32. A given dtype is kept."""
    half = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).half()
    assert trace(half, (3, 8, 8)).input == "1×3×8×8 float16"
    assert trace(nn.Linear(3, 4).bfloat16(), {}, {"input": Input((3,))}).input == "input=1×3 bfloat16"
    assert trace(nn.ReLU(), (3,)).input == "1×3 float32"
    with pytest.raises(InputError, match=r"on inputs 1×3×8×8 float32\)$"):
        trace(half, Input((3, 8, 8), torch.float32))


def test_a_network_that_runs_in_threads_is_refused() -> None:
    """Operators of other threads are not recorded, and a bill without them would be wrong."""

    class Threaded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4)

        def forward(self, vectors: Tensor) -> list[Tensor]:
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(self.layer, [vectors, vectors]))

    with pytest.raises(
        InputError, match=r"RuntimeError: layer is called in another thread, where operators cannot be recorded"
    ):
        trace(Threaded(), (3,))


def _in_a_thread(*functions: Any) -> Any:
    """Run each function in its own thread, one after another, and return the result of the last one."""
    from threading import Thread

    results: list[Any] = []
    for function in functions:
        thread = Thread(target=lambda run=function: results.append(run()))
        thread.start()
        thread.join()
    return results[-1]


IN_THREADS = {
    "a parameter": lambda _, w: _in_a_thread(lambda: torch.ones(4, 3) @ w),
    "a view of one": lambda _, w: _in_a_thread(lambda: functional.linear(torch.ones(4, 2), w[:, 1:])),
    "an input": lambda x, _: _in_a_thread(lambda: x + 1),
    "a tensor computed from it": lambda x, _: _in_a_thread(lambda y=x * 2: torch.cat([y, y])),
    "a second thread": lambda x, _: _in_a_thread(lambda: None, lambda: x.sum()),
}


@pytest.mark.parametrize("device", [None, "cpu"])
@pytest.mark.parametrize("name", IN_THREADS)
def test_operators_that_run_in_threads_are_refused(name: str, device: str | None) -> None:
    """They can work on any tensor of the network. A later error of the network is not reported."""
    model = Lambda(IN_THREADS[name], w=torch.ones(3, 3))
    message = r"^Lambda cannot be run: RuntimeError: .* is run in another thread, where operators cannot be recorded"
    with pytest.raises(InputError, match=message):
        trace(model, (3,), device=device)


def test_a_pool_that_outlives_the_trace_is_restored() -> None:
    """Its thread is watched from its first call, and the watch is removed from it afterwards."""
    with ThreadPoolExecutor(1) as pool:
        model = Lambda(lambda x, w: pool.submit(functional.linear, x, w).result(), w=torch.ones(3, 3))
        with pytest.raises(InputError, match="linear is run in another thread"):
            trace(model, (3,))
        assert pool.submit(sys.getprofile).result() is None
        assert pool.submit(lambda: (torch.ones(2) + 1).tolist()).result() == [2, 2]


def test_threads_are_watched_no_longer_than_the_trace() -> None:
    """The watch is removed, also in threads that end later."""
    import threading

    assert threading.getprofile() is None
    go, seen = threading.Event(), list[Any]()

    def work() -> None:
        go.wait(5)
        seen.append((torch.ones(2).sum(), sys.getprofile()))

    thread = threading.Thread(target=work)
    trace(Lambda(lambda x: (thread.start(), x + 1)[1]), (3,), device="meta")
    go.set()
    thread.join()
    assert threading.getprofile() is None
    assert [profile for _, profile in seen] == [None]


def test_threads_that_only_read_shapes_are_allowed() -> None:
    """An example is a thread that logs them."""
    assert trace(Lambda(lambda x: (_in_a_thread(lambda: x.shape), x + 1)[1]), (3,)).coverage == 1


def test_the_reported_error_is_that_of_the_thread() -> None:
    """The error that follows from it in the network is not reported."""

    class Threaded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4)

        def forward(self, vectors: Tensor) -> Tensor:
            return {}[_in_a_thread(lambda: self.layer(vectors)).shape]

    with pytest.raises(
        InputError, match=r"RuntimeError: layer is called in another thread, where operators cannot be recorded"
    ):
        trace(Threaded(), (3,))


def test_a_compiled_network_is_traced_as_it_is_written() -> None:
    """The whole network, a layer or a function can be compiled. The trace compiles nothing and raises no warning."""
    layer = nn.Conv2d(3, 8, 3)
    square = torch.compile(lambda x: x @ x.mT, backend="eager")
    network = nn.Sequential(torch.compile(layer, backend="eager"), Lambda(square))
    for model in (network, torch.compile(network, backend="eager")):
        traced = trace(model, (3, 10, 10))
        assert [(row.kind, row.madds) for row in traced.rows if row.madds] == [("conv", 13_824), ("matmul", 4_096)]
        assert traced.bill().params == 224
        assert traced.coverage == 1


@needs("while_loop")
def test_the_branch_that_runs_is_traced() -> None:
    """So is each iteration of a loop. Only parameters of the branch that does not run are unused."""

    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.once, self.twice, self.spare = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.cond(x.sum() > 0, self.spare, lambda x: self.twice(self.twice(x)), (x,))
            _, x = torch.while_loop(lambda n, _: n < 3, lambda n, x: (n + 1, self.once(x)), (torch.tensor(0), x))
            return x

    traced = trace(Branching(), (4,))
    assert [row.name for row in traced.rows if row.madds] == ["twice", "twice#2", "once", "once#2", "once#3"]
    assert (traced.coverage, traced.bill().madds, traced.device) == (1, 5 * 16, "cpu")
    assert traced.unused == {"spare.weight": 16, "spare.bias": 4}


def test_parameters_read_by_functions_that_are_not_counted_are_not_unused() -> None:
    """A layer is mapped over rows: the operator is not covered, and the layer's parameters are tables."""
    from torch._higher_order_ops.map import map as mapped

    class Mapping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.spare = nn.Linear(4, 3), nn.Linear(2, 2, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return mapped(lambda row: self.layer(row), x)

    traced = trace(Mapping(), (5, 4))
    assert [(row.name, row.kind, row.params) for row in traced.rows] == [
        ("layer.weight", "table", 12), ("layer.bias", "table", 3), ("map_impl", "map_impl", 0), ("spare.weight", "unused", 4),
    ]  # fmt: skip
    assert [(one.operator, one.elements) for one in traced.uncovered] == [("map_impl", 15)]


def test_a_single_input_needs_no_list() -> None:
    """It can be a tensor, a shape, an `Input`, or a list of one of them."""
    for inputs in (torch.zeros(1, 3), (3,), Input((3,)), [(3,)], [torch.zeros(1, 3)], [Input((3,))]):
        assert trace(nn.Linear(3, 4), inputs).bill().madds == 12


def test_modules_are_listed_by_path_and_class() -> None:
    """Each is listed once, called or not, with its own parameters."""
    assert trace(Twice(), (4,)).modules == {
        "": Module("Twice", leaf=False, of_torch=False),
        "first": Module("Sequential", leaf=False, of_torch=True, layer="Sequential"),
        "first.0": Module("Linear", leaf=True, of_torch=True, params=20, layer="Linear"),
        "first.1": Module("ReLU", leaf=True, of_torch=True, layer="ReLU"),
    }


def test_an_op_with_the_name_of_a_module_gets_another_name() -> None:
    """A block has a module `relu` and also calls functional.relu. It has a module `linear2` and a second linear op."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.linear2 = nn.ReLU(), nn.Linear(3, 3)
            self.weight = nn.Parameter(torch.zeros(3, 3))

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.linear2(functional.relu(x) @ self.weight) @ self.weight)

    traced = trace(nn.Sequential(Block(), nn.Identity()), (3,))
    assert [row.name for row in traced.rows] == ["0.relu-op", "0.linear", "0.linear2", "0.linear2-op", "0.relu"]


def test_modules_of_other_threads_are_not_followed() -> None:
    """Calls of other modules in another thread do not matter to a trace."""
    from threading import Thread

    other = nn.Linear(2, 2)

    def forward(x: Tensor) -> Tensor:
        thread = Thread(target=lambda: other(torch.zeros(1, 2)))
        thread.start()
        thread.join()
        return x + 1

    assert [row.name for row in trace(Lambda(forward), (3,)).rows] == ["shift"]


def test_an_exception_that_the_network_handles_does_no_harm() -> None:
    """Rows after it have the right module."""

    class Trying(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wrong, self.right = nn.Linear(9, 9), nn.Linear(3, 4)

        def forward(self, vectors: Tensor) -> Tensor:
            try:
                return self.wrong(vectors)
            except RuntimeError:
                return self.right(vectors) + 1

    assert [row.name for row in trace(Trying(), (3,)).rows if row.kind != "unused"] == ["right", "shift"]


def test_a_hook_of_the_networks_own_runs_on_the_copy() -> None:
    """The example is torch's older weight norm, which uses a hook before the forward."""
    with pytest.warns(FutureWarning):
        model = torch.nn.utils.weight_norm(nn.Linear(3, 4))
    traced = trace(model, (3,))
    assert traced.bill().madds == 12
    assert traced.bill().params == sum(parameter.numel() for parameter in model.parameters()) == 12 + 4 + 4


class Replaced(nn.Module):
    """A network that drops a module and calls a new one, at the same address in memory if Python has it again."""

    def __init__(self) -> None:
        super().__init__()
        self.old = nn.Tanh()

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of a module that is not registered."""
        address, made = id(self.old), [nn.ReLU()]
        del self.old
        while id(made[-1]) != address and len(made) < 1000:
            made.append(nn.ReLU())
        return made[-1](x)


def test_a_module_made_during_the_run_is_never_taken_for_one_that_is_gone() -> None:
    """Its ops belong to the module that is running, in each run."""
    assert [(row.name, row.part.path) for row in trace(Replaced(), (4,)).rows] == [("relu", "")]
