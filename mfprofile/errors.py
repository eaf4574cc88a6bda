"""The exceptions of the project. `cli/program.py` turns each into one message on stderr and an exit code.

Exception
└── MfprofileError
├── InputError            an input is invalid: exit code 2. Also a ValueError
│   ├── SpecError         a spec or another file breaks rules; all of them are listed
│   ├── FormulaError      a user's formula for an operator returned no count
│   └── QuantityError     a text is not an amount; its caller adds the place
├── OutputError           output cannot be written: exit code 74
├── NoisyError            a measurement is too noisy to fit a model: exit code 1
├── TooLargeError         internal: an exact answer needs too much memory; its caller gives bounds instead
└── OriginalUsedError     internal: a copied network uses the original; its caller traces it in another way

UserWarning
├── CheckpointWarning     a checkpoint was loaded, but some of its values were rounded or are not finite
└── LettersWarning        a picture has letters that no installed font has
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mfprofile.spec.problems import Problem

MOST_PROBLEMS = 100


class MfprofileError(Exception):
    """Any error that this project raises on purpose."""


class InputError(MfprofileError, ValueError):
    """An input from the user is invalid. The text is the whole message."""


class SpecError(InputError):
    """A spec breaks rules. `problems` lists them; the text has one line for each, up to `MOST_PROBLEMS`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        return "\n".join([*lines, "… and more"] if len(self.problems) > MOST_PROBLEMS else lines)


class FormulaError(InputError):
    """A user's formula for an operator returned something that is not a count."""


class QuantityError(InputError):
    """A value is not a valid amount: `text` is the value as the user wrote it, `rule` is the message without it."""

    def __init__(self, text: str, rule: str) -> None:
        self.text, self.rule = text, rule
        super().__init__(text, rule)

    def __str__(self) -> str:
        return f"{self.text}: {self.rule}"


class OutputError(MfprofileError):
    """Output cannot be written, for a reason outside the program."""


class TooLargeError(MfprofileError):
    """An exact answer needs more memory than allowed."""


class NoisyError(MfprofileError):
    """Two halves of the sweeps differ too much to fit anything."""

    def __init__(self, noise: float) -> None:
        what = f"two halves of the sweeps differ by {100 * noise:.0f} %: too much to fit a latency model"
        super().__init__(f"{what}; stop other programs, or use more --sweeps")


class OriginalUsedError(MfprofileError):
    """A copied network uses the original, for example through a function in an attribute that refers to a layer."""


class CheckpointWarning(UserWarning):
    """Some values of a checkpoint were rounded when it was loaded, or are not finite."""


class LettersWarning(UserWarning):
    """A picture has letters that no installed font has; they are drawn as boxes."""
