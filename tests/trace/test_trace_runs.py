"""How a network is run: on a copy of which nothing is left, on meta tensors or else a CPU, and what is said when it fails."""

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
from zoo import Lambda, Patches, Twice  # noqa: E402

from mfprofile.spec.problems import InputError  # noqa: E402
from mfprofile.trace.trace import Input, Module, trace  # noqa: E402


class Stopped(BaseException):
    """What a network may raise to stop all that runs it."""


def raising(error: BaseException) -> None:
    """Raise it, where an expression alone may stand."""
    raise error


class Watchful(nn.Module):
    """A network with all that a trace could disturb: statistics, a counter, a hook, randomness, lists of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.dropout = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.scales = [torch.ones(8, 1, 1)]
        self.seen = 0

    def forward(self, image: Tensor) -> Tensor:
        """Change all of it."""
        self.seen += 1
        self.calls += 1
        return self.dropout(self.norm(self.conv(image))) * self.scales[0] + torch.rand_like(image[:, :1, 2:, 2:])


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("training", [False, True])
def test_a_trace_leaves_the_model_as_it_was(device: str, training: bool) -> None:
    """State, statistics, modes, hooks, gradients, attributes, torch's random state, fast path and global hooks."""
    model = Watchful().train(training)
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


def test_a_trace_that_fails_leaves_nothing_either() -> None:
    """Hooks and modes are gone when a forward raises."""
    fast = torch.backends.mha.get_fastpath_enabled()
    with pytest.raises(InputError):
        trace(nn.Linear(3, 4), (5,))
    assert not modules._global_forward_hooks and not modules._global_forward_pre_hooks
    assert torch.backends.mha.get_fastpath_enabled() == fast
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()
    assert torch.zeros(1).device.type == "cpu"


def test_inputs_are_not_written_to() -> None:
    """A network that works in place does so on a copy of them."""
    image = torch.full((1, 4), -1.0)
    trace(nn.ReLU(inplace=True), [image], device="cpu")
    assert torch.equal(image, torch.full((1, 4), -1.0))


def test_weights_are_not_read_on_meta_tensors() -> None:
    """A model that has none, being on meta tensors itself, is traced as well."""
    with torch.device("meta"):
        model = Patches()
    found = trace(model, (3, 16, 16))
    assert (found.device, found.reason) == ("meta", "")
    assert found.bill().madds == trace(Patches(), (3, 16, 16)).bill().madds
    assert trace(model, (3, 16, 16), device="cpu").bill().madds == found.bill().madds


def test_control_flow_that_hangs_on_values_runs_on_a_cpu_and_says_so() -> None:
    """With the reason, in one line."""
    model = Lambda(lambda x, w: x @ w if x.sum() == 0 else x, w=torch.zeros(3, 4))
    found = trace(model, (3,))
    assert (found.device, found.bill().madds) == ("cpu", 12)
    assert "meta" in found.reason
    assert "\n" not in found.reason
    with pytest.raises(InputError, match="cannot be run"):
        trace(model, (3,), device="meta")


def test_tensors_made_on_the_way_do_not_need_a_cpu() -> None:
    """A network that makes tensors on no device of its inputs is traced with meta tensors for those too."""
    found = trace(Lambda(lambda x: x + torch.arange(4.0)), (4,))
    assert (found.device, [row.kind for row in found.rows]) == ("meta", ["add"])


def test_what_the_user_holds_as_attributes_is_copied_too() -> None:
    """Tensors in lists, and those that are no leaves."""
    model = nn.Linear(3, 3)
    model.extra = [torch.ones(3) * torch.ones(3, requires_grad=True)]  # type: ignore[assignment]
    assert trace(model, (3,)).bill().madds == 9


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(5, 4)), (3, 8, 8),
         r"^Sequential cannot be run: RuntimeError: .* \(in 2 on inputs 1×3×8×8 float32\)$"),
        (nn.BatchNorm2d(4), (3, 8, 8), r"^BatchNorm2d cannot be run: RuntimeError: .* \(on inputs 1×3×8×8 float32\)$"),
        (nn.LayerNorm(4), (3,), r"^LayerNorm cannot be run: RuntimeError: .* \(on inputs 1×3 float32\)$"),
        (nn.Bilinear(3, 4, 5), (3,), r"^Bilinear cannot be run: TypeError: .*missing 1 required positional argument: 'input2'"),
        (nn.Embedding(5, 3), (3,), r"^Embedding cannot be run: RuntimeError: .*on inputs 1×3 float32"),
        (Lambda(lambda _: {}["key"]), (3,), r"^Lambda cannot be run: KeyError: 'key' \(on inputs 1×3 float32\)$"),
        (Lambda(lambda _: sys.exit(0)), (3,), r"^Lambda cannot be run: SystemExit: 0 \(on inputs 1×3 float32\)$"),
        (Lambda(lambda _: raising(Stopped("x"))), (3,), r"^Lambda cannot be run: Stopped: x \(on inputs 1×3 float32\)$"),
        (nn.LazyBatchNorm1d(affine=False), (3,), r"^LazyBatchNorm1d: running_mean has no shape yet: call the model once"),
        (nn.LazyLinear(3), (3,), r"^LazyLinear: weight has no shape yet: call the model once, so that its lazy layers are made$"),
    ],
    ids=str,
)  # fmt: skip
def test_a_network_that_raises_is_told_in_one_line(model: nn.Module, inputs: Any, message: str) -> None:
    """What it raised, in which module, on what inputs."""
    with pytest.raises(InputError, match=message) as caught:
        trace(model, inputs)
    assert "\n" not in str(caught.value)


def test_an_interrupt_is_none_of_the_networks_errors() -> None:
    """It ends the run, whatever device it is on."""
    with pytest.raises(KeyboardInterrupt):
        trace(Lambda(lambda _: raising(KeyboardInterrupt())), (3,))


def test_a_network_that_cannot_be_copied_is_told() -> None:
    """As one that holds a lock."""
    import threading

    model = nn.Linear(3, 4)
    model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"^Linear cannot be copied: TypeError: cannot pickle '_thread.lock' object$"):
        trace(model, (3,))


def test_a_network_that_cannot_be_copied_may_lend_itself() -> None:
    """It is run itself, where its tensors are, and is as its run leaves it."""
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
    found = trace(model, (3,), run_original=True)
    assert (found.bill().madds, found.bill().params, found.unused) == (9 + 12, 12 + 16, {})
    assert (layer.held["calls"], lock.locked()) == ([1], False)
    assert found.reason == "no copy of it can be: TypeError: cannot pickle '_thread.lock' object"
    with pytest.raises(InputError, match=r"^Sequential cannot be copied: TypeError"):
        trace(model, (3,), device="meta", run_original=True)
    assert trace(model.to("meta"), (3,), run_original=True).device == "meta"


def _closing() -> nn.Module:
    """Return a network with a function that keeps one of its layers, which a copy of the network keeps as well."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1))
    model.forward = lambda image: model[2](model[1](model[0](image)))  # type: ignore[method-assign]
    return model


def test_a_copy_that_leads_back_to_the_network_is_refused_and_changes_nothing() -> None:
    """Or, where it run_original itself, the network is run itself, and all of its layers are told by their paths."""
    model = _closing()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(InputError, match=r"^Sequential cannot be copied: PastError: 0 is called past the copy"):
        trace(model, (3, 8, 8))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    found = trace(model, (3, 8, 8), run_original=True)
    assert [(row.name, row.madds) for row in found.rows] == [("0", 27 * 8 * 36), ("1", 0), ("2", 64 * 36)]
    assert found.unused == {}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "in eval mode"


def test_a_parameter_that_is_read_past_the_copy_is_found() -> None:
    """Though no layer is called there."""
    model = Lambda(lambda x: x, w=torch.zeros(4, 4))
    model.forward = lambda x: x @ model.w  # type: ignore[method-assign]
    with pytest.raises(
        InputError, match=r"^Lambda cannot be copied: PastError: a parameter is read by matmul past the"
    ):
        trace(model, (4,))
    assert trace(model, (4,), run_original=True).bill().madds == 16


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_what_threads_compute_that_ran_before_is_found_by_what_comes_of_it(device: str) -> None:
    """Gradients, which a run keeps none of: in an operand, and in what the network returns."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()

        def forward(x: Tensor, w: Tensor, more: bool) -> Tensor:
            found = pool.submit(functional.linear, x, w).result()
            return found + 1 if more else found

        for more, reader in ((True, "add"), (False, "its caller")):
            model = Lambda(lambda x, w, more=more: forward(x, w, more), w=nn.Parameter(torch.zeros(4, 4)))
            with pytest.raises(InputError, match=rf"what {reader} takes was computed before, or in another thread"):
                trace(model, (4,), device=device)


def test_tensors_are_copied_however_deep_they_stand() -> None:
    """Also those that are no leaves, which torch itself does not copy."""
    model = nn.Linear(3, 3)
    model.extra = {"a": [(model.weight * 2, [model.bias + 1])]}  # type: ignore[assignment]
    assert trace(model, (3,)).bill().madds == 9


def test_an_unknown_device_is_refused() -> None:
    """With those there are."""
    with pytest.raises(InputError, match=r"^unknown device 'cuda'; use one of meta, cpu$"):
        trace(nn.Linear(3, 4), (3,), device="cuda")


def test_what_a_handle_raises_is_our_fault_and_not_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not blamed on the input."""
    from mfprofile.trace import handles, recorder

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(recorder, "HANDLES", {**handles.HANDLES, "linear": broken})
    recorder.operator_of.cache_clear()
    try:
        with pytest.raises(ZeroDivisionError):
            trace(nn.Linear(3, 4), (3,))
    finally:
        recorder.operator_of.cache_clear()


def test_several_inputs_of_any_sort_are_handed_on() -> None:
    """Tensors with their batch, shapes without, other types, keywords, plain values."""

    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(9, 4)

        def forward(self, image: Tensor, words: Tensor, flag: bool, *, scale: Tensor, power: int = 1) -> Tensor:
            assert flag and power == 2
            return image @ self.words(words).mT * scale

    found = trace(Several(), [(5, 4), Input((3,), torch.long), True], {"scale": torch.ones(2, 1, 1), "power": 2})
    assert found.input == "1×5×4 float32, 1×3 int64, scale=2×1×1 float32"
    assert [(row.kind, row.madds, row.out) for row in found.rows] == [
        ("embedding", 0, (3, 4)), ("matmul", 60, (1, 5, 3)), ("multiply", 0, (2, 5, 3)),
    ]  # fmt: skip


def test_an_input_is_of_the_networks_own_type_where_it_has_none() -> None:
    """Half a network gets half an image; one without numbers gets float32, and what is asked for stays."""
    half = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).half()
    assert trace(half, (3, 8, 8)).input == "1×3×8×8 float16"
    assert trace(nn.Linear(3, 4).bfloat16(), {}, {"input": Input((3,))}).input == "input=1×3 bfloat16"
    assert trace(nn.ReLU(), (3,)).input == "1×3 float32"
    with pytest.raises(InputError, match=r"on inputs 1×3×8×8 float32\)$"):
        trace(half, Input((3, 8, 8), torch.float32))


def test_a_network_that_runs_in_threads_is_refused() -> None:
    """Operators of other threads are not seen, and a bill without them would be false."""

    class Threaded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4)

        def forward(self, vectors: Tensor) -> list[Tensor]:
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(self.layer, [vectors, vectors]))

    with pytest.raises(InputError, match=r"RuntimeError: layer is called in another thread, whose operators cannot be"):
        trace(Threaded(), (3,))


def _in_a_thread(*functions: Any) -> Any:
    """Run functions in threads of their own, one after another, and return what the last returned."""
    from threading import Thread

    found: list[Any] = []
    for function in functions:
        thread = Thread(target=lambda run=function: found.append(run()))
        thread.start()
        thread.join()
    return found[-1]


STRAYS = {
    "a parameter": lambda _, w: _in_a_thread(lambda: torch.ones(4, 3) @ w),
    "a view of one": lambda _, w: _in_a_thread(lambda: functional.linear(torch.ones(4, 2), w[:, 1:])),
    "an input": lambda x, _: _in_a_thread(lambda: x + 1),
    "what was made of it": lambda x, _: _in_a_thread(lambda y=x * 2: torch.cat([y, y])),
    "a second thread": lambda x, _: _in_a_thread(lambda: None, lambda: x.sum()),
}


@pytest.mark.parametrize("device", [None, "cpu"])
@pytest.mark.parametrize("name", STRAYS)
def test_operators_that_run_in_threads_are_refused(name: str, device: str | None) -> None:
    """Whatever of the network's they work on; an error that the network makes of it is none of interest."""
    model = Lambda(STRAYS[name], w=torch.ones(3, 3))
    message = r"^Lambda cannot be run: RuntimeError: .* is run in another thread, whose operators cannot be followed"
    with pytest.raises(InputError, match=message):
        trace(model, (3,), device=device)


def test_a_pool_that_stays_is_left_as_it_was() -> None:
    """Its thread is seen from its first call on, and nothing of the watch is left in it afterwards."""
    with ThreadPoolExecutor(1) as pool:
        model = Lambda(lambda x, w: pool.submit(functional.linear, x, w).result(), w=torch.ones(3, 3))
        with pytest.raises(InputError, match="linear is run in another thread"):
            trace(model, (3,))
        assert pool.submit(sys.getprofile).result() is None
        assert pool.submit(lambda: (torch.ones(2) + 1).tolist()).result() == [2, 2]


def test_threads_are_watched_no_longer_than_the_trace() -> None:
    """Nothing is left of it, in what is run afterwards and in threads that have not ended."""
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


def test_what_threads_do_with_shapes_alone_is_no_affair_of_a_trace() -> None:
    """As one that logs them."""
    assert trace(Lambda(lambda x: (_in_a_thread(lambda: x.shape), x + 1)[1]), (3,)).coverage == 1


def test_a_network_that_swallows_what_its_threads_raise_is_refused_for_them() -> None:
    """Not for what comes of it."""

    class Threaded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 4)

        def forward(self, vectors: Tensor) -> Tensor:
            return {}[_in_a_thread(lambda: self.layer(vectors)).shape]

    with pytest.raises(InputError, match=r"RuntimeError: layer is called in another thread, whose operators cannot be"):
        trace(Threaded(), (3,))


def test_a_compiled_network_is_traced_as_it_is_written() -> None:
    """Compiled as a whole, in part, or a function that it calls: nothing is compiled, and no warning is heard."""
    layer = nn.Conv2d(3, 8, 3)
    square = torch.compile(lambda x: x @ x.mT, backend="eager")
    network = nn.Sequential(torch.compile(layer, backend="eager"), Lambda(square))
    for model in (network, torch.compile(network, backend="eager")):
        found = trace(model, (3, 10, 10))
        assert [(row.kind, row.madds) for row in found.rows if row.madds] == [("conv", 13_824), ("matmul", 4_096)]
        assert found.bill().params == 224
        assert found.coverage == 1


def test_the_branch_that_is_taken_is_traced() -> None:
    """And each turn of a loop; that no op reads a parameter is said of the branch that is not taken alone."""

    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.once, self.twice, self.spare = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.cond(x.sum() > 0, self.spare, lambda x: self.twice(self.twice(x)), (x,))
            _, x = torch.while_loop(lambda n, _: n < 3, lambda n, x: (n + 1, self.once(x)), (torch.tensor(0), x))
            return x

    found = trace(Branching(), (4,))
    assert [row.name for row in found.rows if row.madds] == ["twice", "twice#2", "once", "once#2", "once#3"]
    assert (found.coverage, found.bill().madds, found.device) == (1, 5 * 16, "cpu")
    assert found.unused == {"spare.weight": 16, "spare.bias": 4}


def test_what_functions_read_that_are_not_counted_is_not_said_to_be_unread() -> None:
    """A layer that is mapped over rows: its operator is not covered, its parameters are tables."""
    from torch._higher_order_ops.map import map as mapped

    class Mapping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.spare = nn.Linear(4, 3), nn.Linear(2, 2, bias=False)

        def forward(self, x: Tensor) -> Tensor:
            return mapped(lambda row: self.layer(row), x)

    found = trace(Mapping(), (5, 4))
    assert [(row.name, row.kind, row.params) for row in found.rows] == [
        ("layer.weight", "table", 12), ("layer.bias", "table", 3), ("map_impl", "map_impl", 0), ("spare.weight", "unused", 4),
    ]  # fmt: skip
    assert [(one.operator, one.elements) for one in found.uncovered] == [("map_impl", 15)]


def test_one_input_may_stand_for_itself() -> None:
    """A tensor, a shape, an `Input`, or a sequence of one of them."""
    for inputs in (torch.zeros(1, 3), (3,), Input((3,)), [(3,)], [torch.zeros(1, 3)], [Input((3,))]):
        assert trace(nn.Linear(3, 4), inputs).bill().madds == 12


def test_modules_are_told_by_path_and_class() -> None:
    """Each once, called or not, with its own parameters."""
    assert trace(Twice(), (4,)).modules == {
        "": Module("Twice", leaf=False, of_torch=False),
        "first": Module("Sequential", leaf=False, of_torch=True),
        "first.0": Module("Linear", leaf=True, of_torch=True, params=20),
        "first.1": Module("ReLU", leaf=True, of_torch=True),
    }


def test_an_op_beside_a_module_of_its_name_has_a_name_of_its_own() -> None:
    """A block with a module `relu` that calls functional.relu as well, and one `linear2` beside a second linear."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu, self.linear2 = nn.ReLU(), nn.Linear(3, 3)
            self.weight = nn.Parameter(torch.zeros(3, 3))

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.linear2(functional.relu(x) @ self.weight) @ self.weight)

    found = trace(nn.Sequential(Block(), nn.Identity()), (3,))
    assert [row.name for row in found.rows] == ["0.relu-op", "0.linear", "0.linear2", "0.linear2-op", "0.relu"]


def test_modules_of_other_threads_are_not_followed() -> None:
    """What another thread calls meanwhile is no affair of a trace."""
    from threading import Thread

    other = nn.Linear(2, 2)

    def forward(x: Tensor) -> Tensor:
        thread = Thread(target=lambda: other(torch.zeros(1, 2)))
        thread.start()
        thread.join()
        return x + 1

    assert [row.name for row in trace(Lambda(forward), (3,)).rows] == ["shift"]


def test_an_exception_within_the_network_that_it_handles_itself_does_not_mislead() -> None:
    """Rows after it stand at the right module."""

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
    """Weight norm by a hook before the forward, as torch had it first."""
    with pytest.warns(FutureWarning):
        model = torch.nn.utils.weight_norm(nn.Linear(3, 4))
    found = trace(model, (3,))
    assert found.bill().madds == 12
    assert found.bill().params == sum(parameter.numel() for parameter in model.parameters()) == 12 + 4 + 4
