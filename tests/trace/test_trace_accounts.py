"""A trace accounts for every tensor, operator and parameter; what breaks that is named with its module."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils._pytree import tree_map  # noqa: E402
from zoo import Lambda  # noqa: E402

from mfprofile.trace.result import Trace  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

MADE, WRITTEN, KEPT = "made outside torch", "written outside torch", "kept outside the network"
ELSEWHERE = torch.ones(8, 16)
EXPLICIT = "CompositeExplicitAutograd"


@pytest.fixture(scope="module", autouse=True)
def _library() -> Iterator[None]:
    """Define operators that return nothing, numbers or lists."""
    library = torch.library.Library("accounts", "DEF")
    for schema, function, key in (
        ("gemm_(Tensor(a!) out, Tensor x, Tensor w) -> ()", _write_product, EXPLICIT),
        ("send(Tensor x) -> ()", _nothing, EXPLICIT),
        ("tick(int n) -> ()", _nothing, EXPLICIT),
        ("size(Tensor x) -> float", lambda x: float(x.numpy().sum()), "CPU"),
        ("many(Tensor x, int n) -> Tensor[]", lambda x, n: [x + 1 for _ in range(n)], EXPLICIT),
        ("some(Tensor?[] given, Tensor x) -> Tensor", lambda _, x: x * 2, EXPLICIT),
        ("silent_(Tensor(a!) x) -> ()", _nothing, "CompositeImplicitAutograd"),
        ("array(Tensor x, Tensor w) -> Tensor", _by_numpy, "CompositeImplicitAutograd"),
    ):
        library.define(schema)
        library.impl(schema.partition("(")[0], function, key)
    yield
    library._destroy()


def _nothing(*_: Any) -> None:
    """Return nothing."""


def _write_product(out: Tensor, x: Tensor, weight: Tensor) -> None:
    out.copy_(x @ weight)


def _by_numpy(x: Tensor, weight: Tensor) -> Tensor:
    return torch.from_numpy(x.numpy() @ weight.numpy())


class Net(nn.Module):
    """A function of 8 values and a weight (8, 16) that gives 16 values to a Linear layer."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.head, self.weight = nn.Linear(16, 4), nn.Parameter(torch.zeros(8, 16))

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the layer."""
        return self.head(self.function(x, self.weight.detach()))


def of(function: Callable[[Tensor, Tensor], Tensor]) -> Trace:
    """Return the trace of a function of 8 values."""
    return trace(Net(function), (8,))


def outside(traced: Trace) -> list[tuple[str, str, int]]:
    """Return the origin, the place and the number of the tensors from outside."""
    return [(each.origin, each.place, each.count) for each in traced.outside]


def _into_empty(x: Tensor, weight: Tensor) -> Tensor:
    out = x.new_empty(1, 16)
    torch.ops.accounts.gemm_(out, x, weight)
    return out


@pytest.mark.parametrize(
    ("function", "name", "elements", "madds"),
    [
        (_into_empty, "accounts::gemm_", 16, 64),
        (lambda x, w: (torch.ops.accounts.send(x), x @ w)[1], "accounts::send", 8, 192),
        (lambda x, w: (torch.ops.accounts.tick(3), x @ w)[1], "accounts::tick", 0, 192),
        (lambda x, w: (torch.ops.accounts.size(x), x @ w)[1], "accounts::size", 8, 192),
        (lambda x, w: torch.ops.accounts.many(x, 3)[0] @ w, "accounts::many", 24, 192),
        (lambda x, w: torch.ops.accounts.some([None, x], x) @ w, "accounts::some", 8, 192),
        (lambda x, w: (torch.ops.accounts.silent_(x), x @ w)[1], "accounts::silent_", 8, 192),
        (lambda x, w: (y := x @ w, torch._foreach_mul_([y, y], 2))[0], "_foreach_mul", 32, 192),
        (lambda x, w: (torch.ops.accounts.many(x, 0), x @ w)[1], "accounts::many", 8, 192),
    ],
)
def test_an_operator_is_named_whatever_it_returns(function: Any, name: str, elements: int, madds: int) -> None:
    """Without tensors in its result, its elements are those that it writes, and without these, those that it reads."""
    traced = of(function)
    assert [(each.operator, each.count, each.elements) for each in traced.uncovered] == [(name, 1, elements)]
    assert (traced.bill().madds, traced.bill().params, traced.outside) == (madds, 196, ())


def test_checks_and_markers_of_torch_are_free() -> None:
    """They return nothing and compute nothing."""

    def marked(x: Tensor, weight: Tensor) -> Tensor:
        with torch.profiler.record_function("product"):
            torch._assert_async(torch.ones((), device=x.device))
            return x @ weight

    assert (of(marked).uncovered, of(marked).bill().madds) == ((), 192)


def _shared(x: Tensor, weight: Tensor) -> Tensor:
    out = torch.zeros(1, 16)
    np.matmul(x.numpy(), weight.numpy(), out=out.numpy())
    return out


def _changed(x: Tensor, weight: Tensor) -> Tensor:
    product = x @ weight
    array = product.numpy()
    array += 1
    return product


def _assigned(x: Tensor, _: Tensor) -> Tensor:
    out = torch.zeros(1, 16)
    out[0, 3] = float(x.sum()) * 2
    return out


def _by_address(x: Tensor, weight: Tensor) -> Tensor:
    out = torch.empty(len(x), weight.shape[1], device="cpu")
    if not x.is_meta:  # the address of a meta tensor is 0
        ctypes.memset(out.data_ptr(), 0, out.nbytes)
    return out.to(x.device).clone()


LINEAR, SELF = "linear in head", "in the network itself"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_by_numpy, (MADE, LINEAR, 1)),
        (lambda x, w: torch.as_tensor(x.numpy() @ w.numpy()), (MADE, LINEAR, 1)),
        (lambda x, w: torch.asarray(np.asarray(x) @ np.asarray(w)), (MADE, LINEAR, 1)),
        (lambda x, w: torch.tensor((x @ w).tolist()), (MADE, LINEAR, 1)),
        (lambda x, w: x.new_tensor((x @ w).tolist()), (MADE, LINEAR, 1)),
        (lambda x, w: torch.Tensor((x @ w).tolist()), (MADE, LINEAR, 1)),
        (lambda x, w: torch.from_dlpack(np.from_dlpack(x) @ np.from_dlpack(w)), (MADE, LINEAR, 1)),
        (lambda x, w: torch.frombuffer(_by_numpy(x, w).numpy().tobytes(), dtype=x.dtype)[None], (MADE, LINEAR, 1)),
        (lambda x, w: _by_numpy(x, w).clone().double().float(), (MADE, LINEAR, 1)),
        (lambda x, w: x @ w + torch.tensor(float(x.sum())), (MADE, f"add {SELF}", 1)),
        (lambda x, w: x @ w + torch.tensor(x[0, 0].item()), (MADE, f"add {SELF}", 1)),
        (lambda x, w: torch.stack([torch.tensor(each.item()) for each in (x @ w)[0]]), (MADE, f"stack {SELF}", 16)),
        (lambda x, w: functional.embedding(torch.tensor(int(x.argmax())), w), (MADE, f"embedding {SELF}", 1)),
        (lambda x, _: torch.full((1, 16), float(x.sum())), (MADE, LINEAR, 1)),
        (lambda x, _: torch.full((1, 16), torch.ops.accounts.size(x)), (MADE, LINEAR, 1)),
        (lambda x, w: torch.ops.accounts.array(x, w), (MADE, LINEAR, 1)),
        (_assigned, (MADE, f"copy {SELF}", 1)),
        (_by_address, (WRITTEN, LINEAR, 1)),
        (_shared, (WRITTEN, LINEAR, 1)),
        (_changed, (WRITTEN, LINEAR, 1)),
        (lambda x, _: x @ ELSEWHERE, (KEPT, f"matmul {SELF}", 1)),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:The given buffer is not writable")
def test_a_tensor_from_outside_is_named_with_its_reader(function: Any, expected: tuple[str, str, int]) -> None:
    """Its values were computed where operators are not recorded, or it is kept where the network does not own it."""
    assert outside(of(function)) == [expected]


def test_what_a_network_returns_is_read_too() -> None:
    """A tensor from outside can be the output, also within other values."""
    traced = trace(Returns(), (8,))
    assert outside(traced) == [(MADE, "what it returns", 1)]


class Returns(nn.Module):
    """A network whose output is computed by numpy."""

    def forward(self, x: Tensor) -> Any:
        """Return the double of its input, in a list in a dictionary."""
        return {"double": [torch.from_numpy(x.numpy() * 2)]}


class Holder:
    """An object with a tensor."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Holding(nn.Module):
    """A network that holds tensors in all sorts of places."""

    def __init__(self) -> None:
        super().__init__()
        kept = torch.ones(8)
        self.holder, self.nested, self.array = Holder(torch.ones(8)), [{"a": (torch.ones(8),)}], np.ones(8, np.float32)
        self.function = lambda x, more=kept + 1: x + kept + more
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the layer on the sum of all."""
        total = self.function(x) + self.holder.tensor + self.nested[0]["a"][0] + torch.from_numpy(self.array)
        return self.head(total)


def test_tensors_that_the_network_holds_are_known() -> None:
    """They are in attributes, in containers and objects there, in closures, in defaults, or in arrays of numpy."""
    traced = trace(Holding(), (8,), device="cpu")
    assert (traced.outside, traced.uncovered, traced.bill().madds) == ((), (), 32)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w: x @ w + torch.tensor([1.0] * 16) + torch.as_tensor(x.shape[0]),
        lambda x, w: x @ w + torch.from_numpy(np.ones(16, np.float32)),
        lambda x, w: x @ w + torch.tensor([float(each) for each in torch.linspace(0, 1, 16).tolist()]),
        lambda x, w: x @ w + torch.tensor(torch.tensor(x.shape).numpy().tolist()).sum(),
        lambda x, w: (x @ w + torch.tensor(1.0)) if bool((x == 0).all()) else x,
        lambda x, w: (x @ w)[:, list(range(int((x.sum() + 16).item())))],
        lambda x, w: (x @ w).masked_fill(torch.full((1, 16), float(x.sum()) > 0), float("-inf")),
        lambda x, w: torch.cat([x @ w, torch.tensor([[]] if float(x.sum()) > 0 else []).view(0, 16)]),
        lambda x, w: torch.zeros_like(x).tolist() and x @ w + torch.tensor([1.0]),
    ],
)
def test_constants_of_python_are_known(function: Any) -> None:
    """Only values that depend on what was given make a tensor suspect; a truth, a shape or an index only decides."""
    traced = of(function)
    assert (traced.outside, traced.uncovered, traced.bill().madds) == ((), (), 192)


def _by_slices(x: Tensor, _: Tensor) -> Tensor:
    out = x.new_empty(1, 16)
    out[:, :8] = x
    out[:, 8:].copy_(x)
    return out


@pytest.mark.parametrize(
    ("function", "madds"),
    [
        (_by_slices, 64),
        (lambda x, w: torch.mm(x, w, out=torch.empty(1, 16, device=x.device)), 192),
        (lambda x, w: x @ w + torch.empty(1, 16, device=x.device).normal_(), 192),
        (lambda x, w: (x @ w).expand_as(torch.empty(2, 1, 16)[:1]), 192),
        (lambda x, w: torch.cat([x @ w, torch.empty(0, 16, device=x.device)]), 192),
        (lambda x, w: nn.Linear(16, 16, device=x.device)(x @ w), 128 + 256 + 64),
    ],
)
def test_an_empty_tensor_that_an_operator_fills_is_known(function: Any, madds: int) -> None:
    """It is written to as a whole, by slices, or as the argument `out`."""
    traced = of(function)
    assert (traced.outside, traced.uncovered, traced.bill().madds) == ((), (), madds)


def _identity(layout: str) -> Tensor:
    return getattr(torch.eye(16), f"to_sparse_{layout}")(*([(4, 4)] if layout in ("bsr", "bsc") else []))


class Sparse(nn.Module):
    """A network with a sparse tensor in an attribute and in a parameter."""

    def __init__(self, sparse: Tensor, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.kept, self.function, self.head = sparse, function, nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output of the layer on a product."""
        return self.head(self.function(self.kept, x.T).T)


@pytest.mark.parametrize(
    ("layout", "function", "values"),
    [
        ("csr", lambda s, x: s @ x, 16),
        ("csc", lambda s, x: s @ x, 16),
        ("coo", lambda s, x: s @ x, 16),
        ("csr", lambda s, x: torch.addmm(torch.zeros(16, 1), s, x), 16),
        ("coo", torch.sparse.mm, 16),
        ("bsr", lambda s, x: functional.linear(x.T, s).T, 4 * 16),
        ("csr", lambda s, x: (s @ x[:, 0])[:, None], 16),
    ],
)
@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
def test_products_of_sparse_tensors_count_their_values(layout: str, function: Any, values: int) -> None:
    """They cost less than their shapes say: 16 values, or 4 blocks of 16."""
    sparse = _identity(layout) if layout != "coo" else torch.eye(16).to_sparse()
    traced = trace(Sparse(sparse, function), (16,), device="cpu")
    assert (traced.bill().madds, traced.uncovered, traced.outside) == (64 + values, (), ())


@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
def test_parameters_without_a_storage_are_counted_each() -> None:
    """Two sparse parameters are two tables."""
    first, second = (torch.eye(8).to_sparse() for _ in range(2))
    model = Lambda(lambda x, first, _: first @ x.T, first=first, second=second)
    traced = trace(model, (8,), device="cpu")
    assert (traced.bill().params, dict(traced.unused)) == (128, {"second": 64})


def test_parameters_that_share_a_storage_are_counted_each() -> None:
    """A network that runs itself may keep all of its parameters in one."""
    flat = torch.zeros(8 * 4 + 4)
    model = nn.Linear(8, 4)
    model.weight, model.bias = nn.Parameter(flat[:32].view(4, 8)), nn.Parameter(flat[32:])
    model.__deepcopy__ = None  # type: ignore[assignment]
    traced = trace(model, (8,), run_original=True)
    assert (traced.bill().madds, traced.bill().params, traced.unused) == (32, 36, {})


@pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")
def test_quantized_tensors_are_counted() -> None:
    """Conversions are free, and all else costs what it costs for floats."""
    traced = of(lambda x, w: torch.quantize_per_tensor(x @ w, 1.0, 0, torch.quint8).relu().dequantize())
    assert [row.kind for row in traced.rows] == ["linear", "relu", "linear"]
    assert traced.uncovered == ()


class LowRank(torch.Tensor):
    """A matrix (8, 8) that is kept as a product of two: (8, 2) and (2, 8)."""

    left: Tensor
    right: Tensor

    @staticmethod
    def __new__(cls: Any, left: Tensor, right: Tensor) -> Any:
        """Return a tensor without values of its own."""
        shape = (left.shape[0], right.shape[1])
        return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=left.dtype, device=left.device)  # type: ignore[attr-defined]

    def __init__(self, left: Tensor, right: Tensor) -> None:
        self.left, self.right = left, right

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run a product by the two factors."""
        if function is torch.ops.aten.matmul.default:
            return (args[0] @ args[1].left) @ args[1].right
        return function(*tree_map(lambda each: each.left @ each.right if isinstance(each, cls) else each, args))


class Wrapped(nn.Module):
    """A network that multiplies by a matrix of low rank."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Parameter(torch.zeros(8, 2)), nn.Parameter(torch.zeros(2, 8))

    def forward(self, x: Tensor) -> Tensor:
        """Return the product."""
        return x @ LowRank(self.left, self.right)


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_tensors_that_wrap_others_cost_what_they_run(device: str) -> None:
    """The product (1, 8) · (8, 8) is run as (1, 8) · (8, 2) · (2, 8)."""
    traced = trace(Wrapped(), (8,), device=device)
    assert (traced.bill().madds, traced.bill().params, traced.uncovered, traced.outside) == (32, 32, (), ())


class ByNumpy(torch.autograd.Function):
    """A function with a forward of its own, which runs in numpy."""

    @staticmethod
    def forward(_: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Return the product."""
        return _by_numpy(x.detach(), weight.detach())


class Product(torch.autograd.Function):
    """A function with a forward of its own, which runs in torch."""

    @staticmethod
    def forward(_: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Return the product."""
        return x @ weight


def test_functions_with_a_gradient_of_their_own_are_followed() -> None:
    """What they run in torch is counted; what they run elsewhere is named."""
    assert of(Product.apply).bill().madds == 192
    assert outside(of(ByNumpy.apply)) == [(MADE, LINEAR, 1)]


def test_a_cached_tensor_of_an_earlier_run_is_known() -> None:
    """Two traces of a network that shares a cache with others are equal."""
    cache: dict[int, Tensor] = {}

    class Cached(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + cache.setdefault(len(x), torch.arange(8, device=x.device))

    first, second = (trace(Cached(), (8,), device="meta") for _ in range(2))
    assert first.outside == second.outside == ()


def test_a_returned_array_that_numpy_computed_is_named() -> None:
    """An array that only shares a tensor's memory is the tensor's; one that numpy made is from outside torch."""

    class Net(nn.Module):
        def __init__(self, computes: bool) -> None:
            super().__init__()
            self.linear, self.computes = nn.Linear(8, 8), computes

        def forward(self, x: torch.Tensor) -> dict[str, Any]:
            array = self.linear(x).detach().numpy()
            return {"x": x, "array": array @ array.T if self.computes else array}

    assert trace(Net(False), (8,), device="cpu").outside == ()
    [computed] = trace(Net(True), (8,), device="cpu").outside
    assert (computed.origin, computed.count, computed.elements) == ("made outside torch", 1, 1)
