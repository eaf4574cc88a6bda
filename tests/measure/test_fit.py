"""The rates of a latency model: fitted to networks, and judged on others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mfprofile.cost.bill import count
from mfprofile.cost.device import Device
from mfprofile.measure import fit
from mfprofile.measure.fit import Sample, Sums

pytest.importorskip("scipy", reason="fits need scipy")

TRUE = Sums(14e3, 55e3, 414e3, 9e5, 332e3, 5.6e9)
"""Rates that times are made of, in femtoseconds."""
NAMES = (
    *("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m", "mf294m-dim64", "mf294m-dim256", "mf294m-mlp"),
    *("mf294m-kernel5", "mf294m-tokens1", "mf294m-tokens9", "mf294m-no-ffn", "mf294m-relu", "mf294m-mobile"),
)


def _samples(names: Sequence[str] = NAMES, factor: float = 1.0) -> list[Sample]:
    """Return samples whose times are exactly those of the true rates, times a factor."""
    bills = [count(name) for name in names]
    return [fit.sample(each.name, each.parts, factor * fit.predicted(TRUE, fit.sums_of(each.parts))) for each in bills]


def test_the_sums_are_those_of_the_rows() -> None:
    """Six sums over the rows of a bill, written apart from the code."""
    rows = count("mf52m").rows
    sums = fit.sums_of(count("mf52m").parts)
    assert sums.products == sum(row.madds for row in rows)
    assert sums.depthwise == sum(row.madds for row in rows if row.kind == "depthwise")
    assert sums.elements == sum(row.elements for row in rows)
    assert sums.softmax == sum(row.elements for row in rows if row.kind == "softmax")
    assert sums.params == count("mf52m").params
    assert sums.calls == sum(row.kind not in ("batch-norm", "layer-norm", "table") for row in rows)


def test_a_batch_multiplies_products_and_elements_but_not_parameters_and_calls() -> None:
    """Weights are read, and ops called, once for the whole batch."""
    one, eight = (fit.sums_of(count("mf26m").parts, images) for images in (1, 8))
    assert eight == Sums(*(8 * amount for amount in one[:4]), one.params, one.calls)


def test_times_without_noise_give_the_rates_that_made_them() -> None:
    """The ridge moves the rates by less than a tenth, and predictions by less than a hundredth."""
    weights = fit.fit(_samples())
    for name in ("mf294m-dim128", "mf294m-tokens3"):
        sums = fit.sums_of(count(name).parts)
        assert fit.predicted(weights, sums) == pytest.approx(fit.predicted(TRUE, sums), rel=0.01)
    assert weights.products == pytest.approx(TRUE.products, rel=0.1)
    assert weights.calls == pytest.approx(TRUE.calls, rel=0.1)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_a_device_of_another_speed_has_proportional_rates(factor: float) -> None:
    """Only the ratios of the physical rates matter. The tolerance is that of the solver."""
    plain, scaled = fit.fit(_samples()), fit.fit(_samples(factor=factor))
    assert scaled == pytest.approx(tuple(factor * weight for weight in plain), rel=1e-6)


def test_no_rate_is_negative_whatever_the_times() -> None:
    """Even where larger networks are faster."""
    samples = _samples()
    times = sorted((each.nanoseconds for each in samples), reverse=True)
    order = sorted(range(len(samples)), key=lambda at: samples[at].nanoseconds)
    reversed_ = [
        Sample(samples[at].name, samples[at].sums, samples[at].counts, time)
        for at, time in zip(order, times, strict=True)
    ]
    assert min(fit.fit(reversed_)) >= 0


def test_few_networks_have_no_extra_terms() -> None:
    """Below twelve, depthwise products and softmax cost as other products and elements."""
    weights = fit.fit(_samples(NAMES[:11]))
    assert weights.depthwise == weights.softmax == 0
    assert min(weights.products, weights.elements, weights.params, weights.calls) > 0


def test_too_few_networks_are_refused() -> None:
    """Five cannot be fitted."""
    with pytest.raises(ValueError, match="5 networks; a latency model needs 6"):
        fit.fit(_samples(NAMES[:5]))


def test_the_model_prices_a_network_as_its_sums_do() -> None:
    """Up to the rounding of rates to femtoseconds and of each op to nanoseconds: half a nanosecond for each op."""
    bill = count("mf294m")
    device = Device("true", fit.rates(TRUE, {row.kind for row in bill.rows}))
    exact = fit.predicted(TRUE, fit.sums_of(bill.parts))
    assert abs(device.total(bill.parts) - exact) <= len(bill.rows) / 2


def test_norms_and_tables_are_not_called_and_unused_parameters_have_no_rate() -> None:
    """Runtimes fold norms into other ops."""
    by_kind = fit.rates(TRUE, {"batch-norm", "layer-norm", "table", "unused", "conv", "depthwise", "softmax"})
    assert {kind for (kind, _), rate in by_kind.items() if rate.call == 0} == {"batch-norm", "layer-norm", "table"}
    assert ("unused", "*") not in by_kind
    assert by_kind["depthwise", "*"].product == 14_000 + 55_000
    assert by_kind["softmax", "*"].element == 414_000 + 900_000


def test_each_network_is_predicted_once_by_a_fit_without_it() -> None:
    """Five folds, which take turns in the order of the times."""
    samples, calls = _samples(), []

    def predictor(known: Sequence[Sample], others: Sequence[Sample]) -> list[float]:
        calls.append(({each.name for each in known}, {each.name for each in others}))
        return [float(NAMES.index(each.name)) for each in others]

    assert fit.held_out(samples, predictor) == list(map(float, range(len(NAMES))))
    assert len(calls) == fit.FOLDS
    assert all(known.isdisjoint(others) and len(known) + len(others) == len(NAMES) for known, others in calls)


def test_the_fewest_networks_are_enough_without_each_fold() -> None:
    """With one fewer, a fold would leave too few to fit."""
    assert all(guess > 0 for guess in fit.held_out(_samples(NAMES[: fit.LEAST_JUDGED]), fit.by_rates))
    with pytest.raises(ValueError, match="a latency model needs 6"):
        fit.held_out(_samples(NAMES[: fit.LEAST_JUDGED - 1]), fit.by_rates)


def test_errors_by_hand() -> None:
    """Errors of 0, 4, 8 and 20 %, with one pair of six in the wrong order: τ = (5 - 1) / 6."""
    sums = Sums(1, 0, 0, 0, 0, 0)
    samples = [Sample(str(time), sums, (1, 1, 1), time) for time in (100.0, 200.0, 300.0, 400.0)]
    errors = fit.errors_of(samples, [100.0, 208.0, 324.0, 320.0], 0.01)
    assert errors.nets == 4
    assert errors.mean == pytest.approx((0 + 0.04 + 0.08 + 0.2) / 4)  # in floating point
    assert (errors.within_5, errors.within_10, errors.noise) == (0.5, 0.75, 0.01)
    assert errors.tau == pytest.approx(4 / 6)


def test_the_simpler_ways_predict_what_they_can() -> None:
    """A linear function of multiply-adds predicts times that are one, exactly but for floating point."""
    samples = [Sample(each.name, each.sums, each.counts, 1e6 + each.counts[0] / 50) for each in _samples()]
    for predictor in (fit.by_madds, fit.by_counts):
        guesses = predictor(samples[:10], samples[10:])
        assert guesses == pytest.approx([each.nanoseconds for each in samples[10:]], rel=1e-6)
