"""The data flow: which op reads which outputs, written once for each sub-block.

Only the ops of the bill have outputs. Reshapes, slices and transpositions are views. Channel shuffles, the head's
concatenation and constant factors belong to the op that reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

from mfprofile.cost.ops import Cost, activations
from mfprofile.cost.rows import Part
from mfprofile.spec.detector import FIRST_LEVEL

INPUT = -1
"""The input image, as the source of a read."""

# What each op reads, by its name in its sub-block: other ops of the sub-block, the incoming feature map (`image`), the
# incoming tokens (`tokens`), or the first token (`token`). `a|b` means the first of them that exists. `a?` means `a` if
# it exists. An op that is not listed reads the op before it.
_THETA = {
    "activation1.theta.squeeze": "token",
    "activation2.theta.squeeze": "token",
    "activation2": "depthwise.norm|depthwise2.norm activation2.theta.h_sigmoid?",
}
READS = {
    "stem": {"conv": "image"},
    "lite": {"depthwise.conv": "image", "add": "pointwise.norm image"},
    "mf": {
        **_THETA,
        "pointwise1.conv": "image",
        "activation1": "pointwise1.norm activation1.theta.h_sigmoid?",
        "add": "pointwise2.norm image",
    },
    "mf-down": {
        **_THETA,
        "depthwise1.conv": "image",
        "activation1": "depthwise1.norm activation1.theta.h_sigmoid?",
        "add": "pointwise2.norm pointwise1.norm",
    },
    "mobile_to_former": {
        "query": "tokens",
        "key": "image",
        "value": "image",
        "scores": "query key|image",
        "aggregate": "softmax value|image",
        "mix": "value|image",
        "gate.linear": "tokens",
        "gate.multiply": "gate.h_sigmoid aggregate|mix",
        "add": "output tokens",
    },
    "former": {
        "attention.query": "tokens",
        "attention.scores": "attention.query tokens",
        "attention.aggregate": "attention.softmax tokens",
        "attention.expand": "tokens",
        "attention.add": "attention.output tokens",
        "ffn.add": "ffn.project attention.norm",
    },
    "former_to_mobile": {
        "query": "image",
        "key": "tokens",
        "value": "tokens",
        "scores": "query|image key",
        "aggregate": "softmax value",
        "mix": "value",
        "add": "output|aggregate|mix image",
    },
    "head": {"conv": "image", "fc1": "pool_activation token?"},
}
OUTPUTS = {"mobile_to_former": "tokens", "former": "tokens", "tokens": "tokens"}
"""The name of a sub-block's output for the sub-blocks after it. The default is `image`."""


class Step:
    """An op in running order, with what it reads and outputs.

    `out` is the number of values of its output (0 for the token table, which is a parameter). `reads` are the steps
    whose outputs it reads, or `INPUT`. `inputs` is the number of values that it reads from them per image. `weights` is
    the number of values that it reads once for the whole batch: its parameters, and the token table.
    """

    __slots__ = ("cost", "inputs", "local", "out", "part", "reads", "weights")

    def __init__(self, part: Part, local: str, cost: Cost, reads: tuple[int, ...]) -> None:
        self.part = part
        self.local = local
        self.cost = cost
        self.reads = reads
        self.out: int = activations(cost)
        self.inputs: int = 0
        self.weights: int = 0

    @property
    def name(self) -> str:
        """Return the op's name, as in its row."""
        return f"{self.part.path}.{self.local}" if self.part.path else self.local


class Flow:
    """The steps of a network in running order; `outputs` are the steps whose outputs the network returns.

    `image` is the number of values of its input. Raises `KeyError` for a part whose wiring is not known.
    """

    __slots__ = ("image", "outputs", "steps")

    def __init__(self, parts: Sequence[Part], image: int) -> None:
        self.image = image
        self.steps: list[Step] = []
        ends = {"image": INPUT}
        for kind, group in groupby(parts, lambda part: part.wiring):
            # The levels of a detector read each other. Every other sub-block reads its own inputs only.
            for scope in [list(group)] if kind == "detector" else [[part] for part in group]:
                self._run(kind, scope, ends)
        self.outputs = self._outputs(parts[-1].wiring, ends)

    def _run(self, kind: str, scope: list[Part], ends: dict[str, int]) -> None:
        """Append the steps of a sub-block, and store its output in `ends`."""
        first, ops = len(self.steps), [(part, local, cost) for part in scope for local, _, cost in part.ops]
        given = frozenset(ends) | ({"token"} if "tokens" in ends else set())
        wires = _wires(kind, tuple(local for _, local, _ in ops), given)
        for (part, local, cost), wired in zip(ops, wires, strict=True):
            reads = tuple(
                first + source if isinstance(source, int) else ends["tokens" if source == "token" else source]
                for source in wired
            )
            step = Step(part, local, cost, reads)
            self.steps.append(step)
            self._fill(step, wired)
        ends[OUTPUTS.get(kind, "image")] = len(self.steps) - 1
        ends[f"map{scope[-1].stage}"] = ends["image"]

    def _fill(self, step: Step, wired: tuple[int | str, ...]) -> None:
        """Set how many values the step reads. From `token` it reads the values of one token."""
        if step.cost.kind != "table":
            step.weights = self._parameters(step)
        for source, read in zip(wired, step.reads, strict=True):
            is_table = read != INPUT and self.steps[read].cost.kind == "table"
            whole = self.steps[read].cost.elements if is_table else self.size(read)
            values = self.steps[read].cost.out[1] if source == "token" else whole
            if is_table:
                step.weights += values
            else:
                step.inputs += values

    def _parameters(self, step: Step) -> int:
        """Return the number of parameters that the step reads. A tower reads its parameters on every level."""
        cost = step.cost
        if step.part.block == "retina" and cost.madds:
            first = f"{step.local.rpartition('.')[0]}.P{FIRST_LEVEL}"
            cost = next(other.cost for other in self.steps if other.local == first)
        return cost.weights + cost.biases

    def size(self, source: int) -> int:
        """Return how many values a source outputs for one image."""
        return self.image if source == INPUT else self.steps[source].out

    def _outputs(self, last: str, ends: dict[str, int]) -> frozenset[int]:
        """Return the steps whose outputs the network returns: logits, predictions, or feature map and tokens."""
        if last == "detector":
            steps = enumerate(self.steps)
            return frozenset(number for number, step in steps if step.local.partition(".P")[0].endswith(".out"))
        if last == "head":
            return frozenset([len(self.steps) - 1])
        return frozenset(ends[name] for name in ("image", "tokens") if name in ends)


@cache
def _wires(kind: str, names: tuple[str, ...], given: frozenset[str]) -> tuple[tuple[int | str, ...], ...]:
    """Return what each of the named ops reads: the positions of other ops in `names`, or names in `given`."""
    if kind == "tokens":
        return ((),)
    positions = {name: position for position, name in enumerate(names)}
    written: Callable[[str], str | None] = _detector if kind == "detector" else READS[kind].get
    wires: list[tuple[int | str, ...]] = []
    for position, name in enumerate(names):
        text = written(name)
        sources = [] if text is None else [_first(word, positions, given) for word in text.split()]
        wires.append((position - 1,) if text is None else tuple(source for source in sources if source is not None))
    return tuple(wires)


def _first(word: str, positions: dict[str, int], given: frozenset[str]) -> int | str | None:
    """Return the first source of `a|b` that exists, or None if an optional source (`a?`) does not exist."""
    for name in word.removesuffix("?").split("|"):
        if name in positions:
            return positions[name]
        if name in given:
            return name
    if word.endswith("?"):
        return None
    raise KeyError(word)


def _detector(local: str) -> str | None:
    """Return what an op of RetinaNet reads, as in `READS`. `map4` is the backbone's last feature map of stride 2⁴."""
    name, _, at = local.rpartition(".")
    level = int(at.removeprefix("P"))
    return {
        "lateral": f"map{level}",
        "upsample": f"add.P{level + 1}|lateral.{level + 1}",
        "add": f"lateral.{level} upsample.P{level}",
        "output": f"add.P{level}|lateral.{level}|output.{level - 1}",
        "classification.conv1": f"output.{level}",
        "regression.conv1": f"output.{level}",
    }.get(name)
