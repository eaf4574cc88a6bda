"""Tables of ATen's operators: those on each value, those that reduce values, and those that cost nothing.

An operator is listed by its base name: `relu` means `aten::relu` and `aten::relu_`, in every overload. An operator that
is neither here nor in `handles` is decomposed if torch defines it by other operators. If not, it is not covered.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def _named(table: Mapping[str, str], own: str = "") -> Mapping[str, str]:
    """Return the kind of each operator; `table` lists operators by kind, `own` those whose name is their kind."""
    named = {name: kind for kind, names in table.items() for name in names.split()}
    return MappingProxyType(named | {name: name for name in own.split()})


ELEMENTWISE = _named(
    {
        "leaky-relu": "leaky_relu",
        "prelu": "prelu _prelu_kernel",
        "h-swish": "hardswish",
        "h-sigmoid": "hardsigmoid",
        "log-sigmoid": "log_sigmoid log_sigmoid_forward",
        "hard-shrink": "hardshrink",
        "soft-shrink": "softshrink",
        "softmax": "softmax _softmax _safe_softmax",
        "log-softmax": "log_softmax _log_softmax",
        "group-norm": "group_norm native_group_norm",
        "instance-norm": "instance_norm",
        "rms-norm": "rms_norm _fused_rms_norm",
        "weight-norm": "_weight_norm _weight_norm_interface",
        "upsample": "upsample_nearest1d upsample_nearest2d upsample_nearest3d",
        "upsample-exact": "_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d",
        "upsample-linear": "upsample_linear1d",
        "upsample-bilinear": "upsample_bilinear2d",
        "upsample-bicubic": "upsample_bicubic2d",
        "upsample-trilinear": "upsample_trilinear3d",
        "upsample-antialias": "_upsample_bilinear2d_aa _upsample_bicubic2d_aa",
        "grid-sample": "grid_sampler grid_sampler_2d grid_sampler_3d",
        "search": "searchsorted bucketize",
        "negate": "neg",
        "power": "pow square float_power",
        "divide": "floor_divide",
        "clamp": "clamp clip clamp_min clamp_max",
        "where": "where masked_fill",
        "dropout": "native_dropout bernoulli",
        "compare": "eq ne lt le gt ge isnan isinf isfinite isclose isneginf isposinf",
        "logic": "logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor "
        "__and__ __or__ __xor__",
        "cumulate": "cumsum cumprod cummax cummin logcumsumexp",
    },
    own="relu relu6 rrelu elu celu selu gelu silu mish sigmoid tanh softplus glu threshold maximum minimum "
    "abs exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sin cos tan asin acos atan atan2 sinh cosh erf "
    "erfc erfinv lerp sign round floor ceil trunc frac remainder fmod addcmul addcdiv heaviside hypot polar",
)
"""The kind of each operator that works on each value; its `elements` are the values of its output."""

REDUCTIONS = _named(
    {
        "pool": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d",
        "avg-pool": "avg_pool1d avg_pool2d avg_pool3d",
        "max-pool": "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d "
        "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices",
        "mean": "mean nanmean",
        "sum": "sum nansum logsumexp col2im",
        "product": "prod",
        "max": "max amax",
        "min": "min amin",
        "arg-max": "argmax argmin",
        "variance": "var std var_mean std_mean",
        "vector-norm": "norm linalg_vector_norm",
        "any": "any all",
        "sort": "sort argsort msort topk kthvalue median nanmedian mode _unique2 unique_dim unique_consecutive",
        "histogram": "bincount histc",
    }
)
"""The kind of each operator that reduces values; its `elements` are the values that it reads."""

GATHERED = frozenset(("index_add", "index_reduce", "scatter_add", "scatter_reduce"))
"""Operators that sum the values of a source, or reduce them in another way, at the places that an index names."""

DIMENSIONS = ("1d", "3d")
"""The name endings of operators in 1 or 3 dimensions; also the role of their ops, because some tools count only 2."""

RECURRENT = frozenset(["quantized_lstm", "quantized_gru", "_cudnn_rnn", "miopen_rnn"])
"""Recurrent layers without a handle."""

ATTENTIONS = (
    "attention_math attention_math_for_mps flash_attention flash_attention_for_cpu efficient_attention "
    "cudnn_attention fused_attention_overrideable"
)
"""The name endings of the operators that compute attention, after `_scaled_dot_product_`."""

_VIEWS = (
    "view _unsafe_view reshape _reshape_alias view_as reshape_as permute transpose t numpy_T mT mH adjoint swapaxes "
    "swapdims movedim moveaxis expand expand_as broadcast_to slice select narrow unsqueeze squeeze flatten ravel "
    "unflatten detach alias as_strided diagonal chunk split split_with_sizes unsafe_split unsafe_chunk tensor_split "
    "hsplit vsplit dsplit unbind unfold view_as_real view_as_complex real imag conj resolve_conj resolve_neg _conj "
    "_neg_view lift lift_fresh lift_fresh_copy positive set_data _nested_view_from_buffer _nested_view_from_jagged "
    "_nested_get_values _nested_get_offsets _nested_get_lengths _nested_get_min_seqlen _nested_get_max_seqlen "
    "_nested_get_jagged_dummy"
)
_MOVES = (
    "clone copy _to_copy to type_as contiguous cat concat concatenate stack hstack vstack dstack column_stack repeat "
    "repeat_interleave tile roll flip fliplr flipud rot90 pad constant_pad_nd reflection_pad1d reflection_pad2d "
    "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d _pad_circular _pad_enum im2col gather "
    "select_backward slice_backward diagonal_backward "
    "index _unsafe_index index_select take take_along_dim index_put _unsafe_index_put index_copy index_fill "
    "masked_select masked_scatter scatter slice_scatter select_scatter pixel_shuffle pixel_unshuffle channel_shuffle "
    "complex native_channel_shuffle meshgrid tril triu diag diag_embed block_diag nonzero to_padded_tensor "
    "_pack_padded_sequence _pad_packed_sequence _nested_tensor_from_tensor_list _nested_tensor_from_mask "
    "_nested_from_padded _nested_from_padded_tensor _padded_dense_to_jagged_forward _jagged_to_padded_dense_forward"
)
_CREATORS = (
    "empty empty_like new_empty empty_strided new_empty_strided empty_permuted zeros zeros_like new_zeros ones "
    "ones_like new_ones full full_like new_full arange linspace logspace eye scalar_tensor rand rand_like randn "
    "randn_like randint randperm normal uniform fill zero tril_indices triu_indices one_hot "
    "_efficientzerotensor"
)
_QUERIES = (
    "item _local_scalar_dense is_same_size sym_size sym_stride sym_numel sym_storage_offset size stride numel dim "
    "equal is_nonzero allclose is_floating_point is_complex _assert_async _assert_scalar _fused_sdp_choice "
    "sym_is_contiguous values _values indices _indices crow_indices col_indices ccol_indices row_indices "
    "isin _is_any_true _is_all_true"
)
_CHECKS = (
    "_assert_tensor_metadata _linalg_check_errors _validate_sparse_coo_tensor_args _validate_sparse_csr_tensor_args "
    "_validate_sparse_csc_tensor_args _validate_sparse_bsr_tensor_args _validate_sparse_bsc_tensor_args "
    "_validate_sparse_compressed_tensor_args _validate_compressed_sparse_indices sym_constrain_range "
    "sym_constrain_range_for_size profiler::_record_function_enter profiler::_record_function_enter_new "
    "profiler::_record_function_exit"
)
_PROPERTIES = (
    "is_pinned is_contiguous is_coalesced is_set_to is_leaf is_conj is_neg is_inference is_signed is_distributed "
    "_is_zerotensor _nnz sparse_dim dense_dim _dimI _dimV qscheme q_scale q_zero_point q_per_channel_axis result_type "
    "_version output_nr element_size get_device storage_offset retains_grad retain_grad record_stream _backward "
    "_nested_get_ragged_idx _nested_tensor_size _nested_tensor_strides _nested_tensor_storage_offsets "
    "_debug_has_internal_overlap"
)
_STORED = "set resize resize_as split_copy unbind_copy split_with_sizes_copy _foreach_copy _foreach_zero"
FREE = frozenset(f"{_VIEWS} {_MOVES} {_CREATORS} {_QUERIES} {_CHECKS} {_PROPERTIES} {_STORED}".split())
"""Operators that cost nothing: views, copies and moves of values, new tensors, queries and checks."""

NUMBERS = frozenset(("item", "_local_scalar_dense"))
"""Free operators that return the value of a tensor as a number."""

PASSES = frozenset(f"{_VIEWS} to _to_copy type_as clone contiguous".split())
"""Free operators that pass on a tensor or a part of it."""

INDEXES = frozenset(["index", "_unsafe_index", "index_put", "_unsafe_index_put"])
"""Operators that read tensors as the indices in brackets."""

EMPTIES = frozenset(["empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted"])
"""Operators that make a tensor without values."""

FILLS = frozenset(["full", "full_like", "new_full", "fill", "scalar_tensor"])
"""Operators that write a number that they are given into all of a tensor."""

_LIKE = "empty_like new_empty new_empty_strided zeros_like new_zeros ones_like new_ones rand_like randn_like"
SHAPED = frozenset(f"{_LIKE} randint_like".split())
"""Operators that read only the shape and the type of a tensor."""

_CONVOLVED = "conv depthwise pointwise conv-transpose linear"
_NORMS = "batch-norm layer-norm group-norm instance-norm rms-norm"
OWNERS = frozenset(f"{_CONVOLVED} {_NORMS} embedding prelu lstm gru rnn formula".split())
"""The kinds of op that own the parameters they read. A parameter that only other kinds read is a table."""

NORM_LAYERS = frozenset(("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "_fused_rms_norm"))
"""The norms of torch.nn, as its layers call them."""

CONTROL = frozenset(("cond", "while_loop"))
"""Operators that only run the functions in their arguments."""

PRODUCTS = frozenset(("matmul", "linalg_matmul", "linear"))
"""Operators that torch runs as a product of matrices or of a matrix and a vector, depending on their operands."""

RARE_PRODUCTS = frozenset(
    [
        "mv",
        "addmv",
        "dot",
        "vdot",
        "outer",
        "ger",
        "addr",
        "addbmm",
        "affine_grid_generator",
        "bilinear",
        "_grouped_mm",
        "_int_mm",
        "linalg_vecdot",
        "_addmm_activation",
        "conv_tbc",
        "cdist",
        "torchvision::deform_conv2d",
    ]
)
"""Products for which no tool has a rule: of vectors, positions, integers, sums of products, in groups, distances."""

COMPLEX_LAYERS = frozenset(f"conv{way}{sides}d" for way in ("", "_transpose") for sides in (1, 2, 3))
"""The convolutions as layers call them. On complex numbers they are one op; torch runs three of real numbers."""

_ADDED = ("addmm", "baddbmm", "addmv", "addbmm", "_addmm_activation")
BIASES: Mapping[str, str] = MappingProxyType(dict.fromkeys(_ADDED, "self"))
"""The argument that is the bias, for operators that do not call it `bias`."""


def base_name(operator: Any) -> str:
    """Return an operator's base name: without `aten::` or `prims::`, the overload, and the `_` of an in-place one.

    An operator of another library keeps its whole name, under which a user knows it.
    """
    name = str(operator._schema.name).removeprefix("aten::").removeprefix("prims::")
    return name if name.endswith("__") or "::" in name else name.removesuffix("_")
