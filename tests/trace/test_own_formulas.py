"""Operators that are counted by a formula of the user, or by one of torch's registry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.utils import flop_counter  # noqa: E402
from versions import REGISTRY  # noqa: E402

import mfprofile  # noqa: E402
from mfprofile.cost import ops  # noqa: E402
from mfprofile.cost.conventions import CONVENTIONS  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.trace.own import formulas, own_formulas  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402

LIBRARY = torch.library.Library("mfprofile_formulas", "DEF")
LIBRARY.define("attend(Tensor q, Tensor k) -> Tensor")
LIBRARY.define("both(Tensor x, Tensor weight, Tensor? bias=None) -> (Tensor, Tensor)")
LIBRARY.define("project(Tensor x, Tensor weight) -> Tensor")
LIBRARY.impl("attend", lambda q, k: q @ k.transpose(-1, -2), "CompositeExplicitAutograd")
LIBRARY.impl("both", lambda x, weight, *_: (x @ weight, x.clone()), "CompositeExplicitAutograd")
LIBRARY.impl("project", lambda x, weight: nn.functional.linear(x, weight), "CompositeImplicitAutograd")
OPS = torch.ops.mfprofile_formulas
Run = Callable[..., Any]


class Attend(nn.Module):
    """A Linear, an operator without a rule, and one with parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.weight = nn.Parameter(torch.ones(5, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Return the product of the attention and the weight."""
        return OPS.both(OPS.attend(self.layer(x), x), self.weight)[0]  # type: ignore[no-any-return]


class Project(nn.Module):
    """An operator that torch takes apart."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 8))

    def forward(self, x: Tensor) -> Tensor:
        """Return the projection, twice through relu."""
        return OPS.project(x, self.weight).relu().relu()  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def own() -> Iterator[None]:
    """Forget the formulas after each test."""
    with own_formulas():
        yield


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore torch's registry after a test."""
    monkeypatch.setattr(flop_counter, "flop_registry", dict(flop_counter.flop_registry))


def attended(out: Any, q: Tensor, k: Tensor) -> int:
    """Return the products of a matrix product of queries and keys."""
    assert out.shape == (*q.shape[:-1], k.shape[-2])
    return q.numel() * k.shape[-2]


def test_a_formula_counts_an_operator_on_meta_and_on_a_cpu() -> None:
    """The products are 5·8·8 of the layer and 5·8·5 of the attention; `both` has no formula."""
    assert trace(Attend(), (5, 8)).bill().madds == 320
    assert mfprofile.handle("mfprofile_formulas::attend")(attended) is attended
    for device in ("meta", "cpu"):
        traced = trace(Attend(), (5, 8), device=device)
        assert traced.bill().madds == 320 + 200
        assert [each.operator for each in traced.uncovered] == ["mfprofile_formulas::both"]
        [row] = [row for row in traced.rows if row.role == "own"]
        assert (row.name, row.kind, row.out, row.elements) == ("mfprofile_formulas::attend", "formula", (5, 5), 25)


def test_a_formula_gets_the_whole_output_and_owns_the_parameters_that_its_operator_reads() -> None:
    """An operator with two outputs gives a tuple; its weight is counted with it, and not as a table."""
    seen = []

    @mfprofile.handle("mfprofile_formulas::both")
    def both(out: tuple[Tensor, Tensor], x: Tensor, weight: Tensor, *_: Any) -> int:
        seen.append([tuple(each.shape) for each in out])
        return x.numel() * weight.shape[1]

    rows = trace(Attend(), (5, 8)).rows
    assert seen == [[(1, 5, 3), (1, 5, 5)]]
    assert [(row.kind, row.madds, row.params) for row in rows if row.params] == [
        ("linear", 320, 72),
        ("formula", 75, 15),
    ]


def test_a_formula_may_return_a_cost_or_nothing() -> None:
    """A cost has a kind, and None means that there is nothing to count: no row, and not a gap."""
    mfprofile.handle("mfprofile_formulas::attend")(lambda *_: ops.matmul(1, 5, 8, 5))
    mfprofile.handle("mfprofile_formulas::both.default")(lambda *_: None)
    traced = trace(Attend(), (5, 8))
    assert [(row.kind, row.role, row.madds) for row in traced.rows if row.madds] == [
        ("linear", "biased", 320),
        ("matmul", "own", 200),
    ]
    assert traced.uncovered == ()
    assert [(use.operator, use.calls, use.madds, use.free) for use in traced.formulas] == [
        ("mfprofile_formulas::attend", 1, 200, 0),
        ("mfprofile_formulas::both.default", 1, 0, 1),
    ]
    assert "both.default is counted by your formula" in traced.remarks[1].text
    assert traced.remarks[1].text.endswith(": 1 time, nothing to count")


def test_a_formula_of_one_overload_comes_before_that_of_all() -> None:
    """`add.Tensor` is not `add.Scalar`."""
    mfprofile.handle("aten::mul")(lambda *_: 1)
    mfprofile.handle("aten::mul.Tensor")(lambda *_: 10)

    class Scaled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            """Return x³, by a product with another tensor and one by an operator for numbers."""
            return torch.ops.aten.mul.Scalar(x * x, 2)  # type: ignore[no-any-return]

    assert trace(Scaled(), (5,)).bill().madds == 11


@pytest.mark.parametrize(("operator", "madds"), [("aten::linear", 7), ("aten::relu", 32 + 14), ("aten::nothing", 32)])
def test_a_formula_replaces_a_rule_of_ours_and_the_remark_says_so(operator: str, madds: int) -> None:
    """Without a formula, the projection has 8·4 products."""
    mfprofile.handle(operator)(lambda *_: 7)
    traced = trace(Project(), (8,))
    assert traced.bill().madds == madds
    [remark] = traced.remarks
    is_used = operator != "aten::nothing"
    assert (f"{operator} is counted by your formula instead of mfprofile's rule" in remark.text) == is_used
    assert ("counted nothing" in remark.text) != is_used


def test_a_formula_comes_before_a_decomposition() -> None:
    """An operator that torch takes apart is not taken apart if it has a formula."""
    assert trace(Project(), (8,)).bill().madds == 32
    mfprofile.handle("mfprofile_formulas::project")(lambda *_: 3200)
    traced = trace(Project(), (8,))
    assert (traced.bill().madds, traced.bill().params) == (3200, 32)
    assert [row.kind for row in traced.rows] == ["formula", "relu", "relu"]


def test_no_tool_counts_by_a_formula_of_the_user() -> None:
    """Only `core` and the paper's convention do: all others weigh it 0, whatever its kind."""
    mfprofile.handle("mfprofile_formulas::attend")(lambda *_: ops.matmul(1, 5, 8, 5))
    mfprofile.handle("mfprofile_formulas::both")(lambda *_: 1000)
    traced = trace(Attend(), (5, 8))
    for name, convention in CONVENTIONS.items():
        counted = [
            madds for row, madds in zip(traced.rows, traced.bill(name).row_madds, strict=True) if row.role == "own"
        ]
        assert counted == ([200, 1000] if name in ("core", "paper") else [0, 0])
        assert name in ("core", "paper", "paper-coco") or convention.versions


@REGISTRY
@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("flops", [0, 6, 7])
def test_the_registry_of_torch_is_honoured_and_its_odd_flop_is_a_row(flops: int) -> None:
    """FlopCounterMode's own total is the judge; `core` has half of it, rounded down."""
    flop_counter.register_flop_formula(OPS.attend)(lambda *_, **__: flops)
    traced = trace(Attend(), (5, 8))
    with flop_counter.FlopCounterMode(display=False) as mode:
        Attend().requires_grad_(False)(torch.zeros(1, 5, 8))
    assert mode.get_total_flops() == traced.bill("torch").madds == 640 + flops
    assert traced.bill().madds == 320 + flops // 2
    assert [row.role for row in traced.rows if row.role == "odd"] == ["odd"] * (flops % 2)
    assert sum(row.activations for row in traced.rows if row.role in ("odd", "registered")) == 25
    assert [(use.source, use.odd) for use in traced.formulas] == [("registered", flops % 2)]
    assert [traced.bill(name).madds for name in ("fvcore", "thop", "ptflops")] == [320, 320, 360]


@pytest.mark.usefixtures("registry")
def test_the_registry_comes_after_our_rules_our_decompositions_and_the_users_formulas() -> None:
    """As FlopCounterMode, which takes operators apart first."""
    for packet in (torch.ops.aten.linear, OPS.project, OPS.attend):
        flop_counter.register_flop_formula(packet)(lambda *_, **__: 999)
    mfprofile.handle("mfprofile_formulas::attend")(attended)
    assert trace(Project(), (8,)).bill().madds == 32
    assert trace(Attend(), (5, 8)).bill().madds == 520


@REGISTRY
@pytest.mark.usefixtures("registry")
def test_a_wrong_formula_in_the_registry_is_a_message_but_one_of_torch_is_ignored() -> None:
    """A formula of torch can fail on shapes that it does not expect; then its operator is not covered."""

    def wrong(*_: Any, **__: Any) -> float:
        return 1.5

    flop_counter.register_flop_formula(OPS.attend)(wrong)
    with pytest.raises(
        InputError,
        match=r"test_own_formulas\.py:\d+: the formula of mfprofile_formulas::attend returned 1\.5 \(float\); return the "
        r"FLOPs as a whole number of 0 or more$",
    ):
        trace(Attend(), (5, 8))
    flop_counter.flop_registry[OPS.attend] = flop_counter.flop_registry[torch.ops.aten.convolution]
    traced = trace(Attend(), (5, 8))
    assert [each.operator for each in traced.uncovered] == ["mfprofile_formulas::attend", "mfprofile_formulas::both"]
    assert traced.formulas == ()


def test_formulas_are_of_a_context() -> None:
    """They end with the block around them, and another thread does not have them."""
    with own_formulas():
        mfprofile.handle("mfprofile_formulas::attend")(attended)
        seen = []
        thread = threading.Thread(target=lambda: seen.append(dict(formulas())))
        thread.start()
        thread.join()
        assert list(formulas()) == ["mfprofile_formulas::attend"]
        assert seen in ([{}], [dict(formulas())])  # a Python without a global lock gives a thread its parent's context
    assert formulas() == {}


def test_an_operator_has_one_formula() -> None:
    """A second one elsewhere is refused; the same one again is not, and neither is one of the main program."""
    mfprofile.handle("a::b")(attended)
    mfprofile.handle("a::b")(attended)

    def other(*_: Any) -> None: ...

    with pytest.raises(InputError, match=r"^.*py:\d+: a::b has a formula already, at .*py:\d+; remove one of them$"):
        mfprofile.handle("a::b")(other)
    other.__module__ = "__main__"
    mfprofile.handle("a::b")(other)
    assert formulas()["a::b"].function is other


@pytest.mark.parametrize("name", ["attend", "", "a::", "::b", "a::b c", "a::b.c.d", 3, None])
def test_a_name_of_another_form_is_refused(name: Any) -> None:
    """Otherwise the formula would never apply."""
    with pytest.raises(InputError, match=r'is not the name of an operator; write @handle\("namespace::operator"\)'):
        mfprofile.handle(name)
    with pytest.raises(InputError, match="int is not a function"):
        mfprofile.handle("a::b")(3)  # type: ignore[type-var]


def test_a_formula_that_a_network_survives_is_refused_all_the_same() -> None:
    """A network that catches every exception does not hide it."""

    class Careful(Attend):
        def forward(self, x: Tensor) -> Tensor:
            """Return the attention, or zeros."""
            try:
                return OPS.attend(x, x)  # type: ignore[no-any-return]
            except Exception:
                return x

    mfprofile.handle("mfprofile_formulas::attend")(lambda *_: -1)
    with pytest.raises(InputError, match=r"the formula of mfprofile_formulas::attend returned -1 \(int\)"):
        trace(Careful(), (5, 8))


LIBRARY.define("scale_(Tensor(a!) x) -> ()")
LIBRARY.impl("scale_", lambda _: None, "CompositeExplicitAutograd")


class Scale(nn.Module):
    """A Linear, and an operator that writes to its output and returns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scaled output."""
        x = self.layer(x)
        OPS.scale_(x)
        return x


def test_an_operator_of_a_library_is_named_as_its_formula_must_be() -> None:
    """The name of an operator in place ends in `_`; the report's name is the one that `handle` takes."""
    [named] = [each.operator for each in trace(Scale(), (8,)).uncovered]
    assert named == "mfprofile_formulas::scale_"
    mfprofile.handle(named)(lambda *_: 7)
    traced = trace(Scale(), (8,))
    assert (traced.bill().madds, traced.uncovered) == (32 + 7, ())


def test_a_formula_whose_operator_did_not_run_is_named() -> None:
    """A wrong name, such as that of a function, would leave the rule of mfprofile in place without a word."""
    mfprofile.handle("aten::conv9d")(lambda *_: 1)
    texts = [remark.text for remark in trace(nn.Linear(8, 4), (8,)).remarks]
    assert len(texts) == 1 and texts[0].startswith("your formula of aten::conv9d at ")
    assert texts[0].endswith(" counted nothing: no such operator ran")


def test_a_formula_cannot_return_a_number_too_long_to_write() -> None:
    """Python refuses to write 5,000 digits; 10^70 is fine."""
    mfprofile.handle("aten::linear")(lambda *_: 10**70)
    assert trace(nn.Linear(8, 4), (8,)).bill().madds == 10**70
    with own_formulas():
        mfprofile.handle("aten::linear.default")(lambda *_: 10**5000)
        with pytest.raises(InputError, match="returned a number of about 5,000 digits"):
            trace(nn.Linear(8, 4), (8,))
