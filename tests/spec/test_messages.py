"""The whole message of every rule: the place, the key, its value, the rule and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfprofile.errors import SpecError
from mfprofile.spec import load
from mfprofile.spec.limits import EXAMPLE

BASE = """\
input: 64
classes: 10
tokens: {count: 2, dim: 8}
stem: 8
blocks:
  - {block: lite, exp: 16, out: 8}
  - {block: mf-down, exp: 24, out: 16}
  - {block: mf, exp: 32, out: 16}
head: {fc: 4}
"""
BLOCKS = BASE[BASE.index("blocks:") : BASE.index("head:")]
REPLACEMENTS = [  # the old text in BASE, the new text, and the lines of the message after the file's name
    ("stem: 8", "stem: 8\nstm: 9", [":5:1: stm: unknown key; did you mean 'stem'?"]),
    ("stem: 8", "stem: 8\nzebra: 9", [":5:1: zebra: unknown key"]),
    ("stem: 8", "stem: 8\nname: x", [":5:1: name: unknown key; remove it: the spec has the name of its file"]),
    ("dim: 8", "dim: 8, dimm: 8", [":3:28: tokens.dimm: unknown key; did you mean 'dim'?"]),
    ("exp: 32, out: 16", "exp: 32, out: 16, outs: 3", [":8:35: blocks.3.outs: unknown key; did you mean 'out'?"]),
    ("stem: 8\n", "", [":1:1: stem: is missing"]),
    ("head: {fc: 4}\n", "", [":1:1: head: is missing"]),
    ("blocks:", "block:", [":1:1: blocks: is missing", ":5:1: block: unknown key; did you mean 'blocks'?"]),
    (
        "tokens: {count: 2, dim: 8}\n",
        "",
        [":1:1: tokens: is missing: Former needs tokens; add it, or 'former: none'"],
    ),
    (", dim: 8", "", [":3:9: tokens.dim: is missing"]),
    ("block: mf,", "", [":8:5: blocks.3.block: is missing"]),
    ("exp: 32, out: 16", "exp: 32", [":8:5: blocks.3.out: is missing"]),
    ("{fc: 4}", "{}", [":9:7: head.fc: is missing"]),
    ("block: mf,", "block: mf-up,", [":8:13: blocks.3.block = 'mf-up': must be 'lite', 'mf' or 'mf-down'"]),
    (
        "block: mf,",
        "block: MF,",
        [":8:13: blocks.3.block = 'MF': must be 'lite', 'mf' or 'mf-down'; did you mean 'mf'?"],
    ),
    ("stem: 8", "stem: 8\nattention: mlpp", [":5:12: attention = 'mlpp': must be 'mha' or 'mlp'; did you mean 'mlp'?"]),
    (
        "stem: 8",
        "stem: 8\nmobile: {activation: swish}",
        [":5:22: mobile.activation = 'swish': must be 'dy-relu' or 'relu'"],
    ),
    ("stem: 8", "stem: 8\ndetector: fcos", [":5:11: detector = 'fcos': must be 'retinanet'"]),
    ("stem: 8", "stem: true", [":4:7: stem = true: must be a whole number; use digits instead of true or false"]),
    ("stem: 8", "stem: 3.0", [":4:7: stem = 3.0: must be a whole number; write 3"]),
    ("stem: 8", "stem: 3.5", [":4:7: stem = 3.5: must be a whole number"]),
    (
        "classes: 10",
        "classes: 294e6",
        [
            ":2:10: classes = '294e6': must be a whole number; write it without an exponent: some YAML readers take an exponent as text"
        ],
    ),
    (
        "stem: 8",
        "stem: 3:30",
        [":4:7: stem = '3:30': must be a whole number; write it without a colon: YAML 1.1 reads a colon as base 60"],
    ),
    ("stem: 8", "stem: no", [":4:7: stem = 'no': must be a whole number"]),
    (
        "stem: 8",
        "stem: 010",
        [
            ":4:7: stem = '010': must be a whole number; write 10 without the leading zero: YAML 1.1 reads a leading zero as octal"
        ],
    ),
    ("stem: 8", "stem: '16'", [":4:7: stem = '16': must be a whole number; write 16 without quotes"]),
    ("stem: 8", "stem: 0x10", [":4:7: stem = '0x10': must be a whole number"]),
    ("stem: 8", "stem: 1_6", [":4:7: stem = '1_6': must be a whole number; write 16 without quotes"]),
    ("stem: 8", "stem: null", [":4:1: stem: is empty; give it a value, or remove it"]),
    ("fc: 4", "fc: ~", [":9:8: head.fc: is empty; give it a value, or remove it"]),
    ("stem: 8", "stem:", [":4:1: stem: is empty; give it a value, or remove it"]),
    ("head: {fc: 4}", "head:", [":9:1: head: is empty; give it a value, or remove it"]),
    ("tokens: {count: 2, dim: 8}", "tokens:", [":3:1: tokens: is empty; give it a value, or remove it"]),
    ("  - {block: mf, exp: 32, out: 16}", "  -", [":8:4: blocks.3: is empty; give it a value, or remove it"]),
    ("stem: 8", "stem: 8\nformer: {ffn: no}", [":5:15: former.ffn = 'no': must be true or false; write false"]),
    ("stem: 8", "stem: 8\nbridge: {gate: On}", [":5:16: bridge.gate = 'On': must be true or false; write true"]),
    ("stem: 8", "stem: 8\nbridge: {gate: 1}", [":5:16: bridge.gate = 1: must be true or false"]),
    (
        "stem: 8",
        "stem: 8\nbridge: {gate: [true, false]}",
        [
            ":5:16: bridge.gate = [true, false]: must be true or false; give one value: lists and ranges are only allowed in a space"
        ],
    ),
    ("stem: 8", "stem: 0", [":4:7: stem = 0: must be at least 1"]),
    ("stem: 8", "stem: -8", [":4:7: stem = -8: must be at least 1"]),
    (
        "stem: 8",
        "stem: 65537",
        [
            ":4:7: stem = 65537: must be at most 65536",
            ":6:24: blocks.1.exp = 16: must be a multiple of the 65537 input channels: a depthwise convolution expands them; use 65537",
        ],
    ),
    (
        "stem: 8",
        "stem: 123456789012345678901234567890123",
        [":4:7: stem = '123456789012345678901234567890123': must be a whole number; use a smaller number"],
    ),
    ("exp: 16, out: 8", "exp: 16, out: 8, stride: 3", [":6:44: blocks.1.stride = 3: must be at most 2"]),
    ("exp: 32, out: 16", "exp: 32, out: 16, repeat: 101", [":8:43: blocks.3.repeat = 101: must be at most 100"]),
    ("exp: 32, out: 16", "exp: 32, out: 16, repeat: -1", [":8:43: blocks.3.repeat = -1: must be at least 0"]),
    ("exp: 32, out: 16", "exp: 32, out: 16, kernel: 33", [":8:43: blocks.3.kernel = 33: must be at most 31"]),
    (
        "stem: 8",
        "stem: [8, 16]",
        [":4:7: stem = [8, 16]: must be a whole number; give one value: lists and ranges are only allowed in a space"],
    ),
    (
        "stem: 8",
        "stem: {from: 8, to: 16}",
        [
            ":4:7: stem = {from: 8, to: 16}: must be a whole number; give one value: lists and ranges are only allowed in a space"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nattention: [mha, mlp]",
        [
            ":5:12: attention = ['mha', 'mlp']: must be 'mha' or 'mlp'; give one value: lists and ranges are only allowed in a space"
        ],
    ),
    (
        "input: 64",
        "input: [64, 96]",
        [
            ":1:8: input = [64, 96]: must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321; give one value: lists and ranges are only allowed in a space"
        ],
    ),
    ("stem: 8", "stem: {x: 8}", [":4:7: stem = {x: 8}: must be a whole number"]),
    ("tokens: {count: 2, dim: 8}", "tokens: 8", [":3:9: tokens = 8: must be a map (count, dim)"]),
    ("head: {fc: 4}", "head: 4", [":9:7: head = 4: must be a map (fc) or 'none'"]),
    ("head: {fc: 4}", "head: false", [":9:7: head = false: must be a map (fc) or 'none'"]),
    ("tokens: {count: 2, dim: 8}", "tokens: none", [":3:9: tokens = 'none': must be a map (count, dim)"]),
    ("stem: 8", "stem: 8\nformer: off", [":5:9: former = 'off': must be a map (ffn, heads) or 'none'"]),
    ("stem: 8", "stem: 8\nbudget: 300M", [f":5:9: budget = '300M': must be a map (max, min, convention), {EXAMPLE}"]),
    (
        "stem: 8",
        "stem: 8\nbudget: {madds: 300M}",
        [":5:10: budget.madds: unknown key; write it as 'max: {madds: 300M}', or put it under 'min'"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max-madds: 300M}",
        [":5:10: budget.max-madds: unknown key; write it as 'max: {madds: 300M}'"],
    ),
    ("stem: 8", "stem: 8\nbudget: {mex: {madds: 300M}}", [":5:10: budget.mex: unknown key; did you mean 'max'?"]),
    (
        "stem: 8",
        "stem: 8\nbudget: {limit: {madds: 300M}}",
        [f":5:10: budget.limit: unknown key; put limits under 'max' and 'min', {EXAMPLE}"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: 300M}",
        [":5:15: budget.max = '300M': must be a map of limits, as in '{madds: 300M}'"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {parms: 3M}}",
        [":5:16: budget.max.parms: unknown key; did you mean 'params'?"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {x: 3M}}",
        [
            ":5:16: budget.max.x: unknown key; use one of madds, params, activations, latency, memory, mobile, former, bridge, head"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {former: {x: 3M}}}",
        [":5:25: budget.max.former.x: unknown key; use one of madds, params, activations, latency"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {former.madds: 10%}}",
        [":5:16: budget.max.former.madds: unknown key; write it as 'former: {madds: 10%}'"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {former: 10%}}",
        [":5:24: budget.max.former = '10%': must be a map (madds, params, activations, latency), as in '{madds: 10%}'"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {head: {memory: 3MB}}}",
        [
            ":5:23: budget.max.head.memory: memory is counted for the whole network, not for a pillar; use one of madds, params, activations, latency"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {madds: 10%}}",
        [
            ":5:23: budget.max.madds = '10%': only a pillar can have a share, as in former.madds: the whole network has 100 % of its madds"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {min: {head: {madds: 101%}}}",
        [":5:30: budget.min.head.madds = '101%': a pillar's share cannot be more than 100 %"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {madds: 300MFLOPs}}",
        [
            ":5:23: budget.max.madds = '300MFLOPs': 1 multiply-add is 2 FLOPs, but some papers call multiply-adds FLOPs; write 150M if products and sums were counted, 300M if multiply-adds were counted"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {memory: 12X}}",
        [":5:24: budget.max.memory = '12X': 'X' is not a unit; use an amount such as 12MB, 1.5MiB or 12_000_000"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {madds: [1, 2]}}",
        [":5:23: budget.max.madds = [1, 2]: must be an amount such as 300M, 0.3G or 300_000_000"],
    ),
    (
        "stem: 8",
        "stem: 8\nbudget: {max: {madds: -1}, min: {madds: 0.5}}",
        [
            ":5:23: budget.max.madds = -1: must be an amount such as 300M, 0.3G or 300_000_000",
            ":5:41: budget.min.madds = 0.5: is not a whole number; use an amount such as 300M, 0.3G or 300_000_000",
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nrequire: {widths: rising}",
        [":5:19: require.widths = 'rising': must be 'nondecreasing'"],
    ),
    (
        "stem: 8",
        "stem: 8\nrequire: {width: 1}",
        [":5:10: require.widths: is missing", ":5:11: require.width: unknown key; did you mean 'widths'?"],
    ),
    (
        "stem: 8",
        "stem: 16\nrequire: {widths: nondecreasing}",
        [
            ":7:33: blocks.1.out = 8: is less than the 16 input channels, but 'require: {widths: nondecreasing}' is given"
        ],
    ),
    (
        "  - {block: mf, exp: 32, out: 16}",
        "  - mf",
        [":8:5: blocks.3 = 'mf': must be a map (block, out, exp, expand, exp2, stride, kernel, repeat)"],
    ),
    ("exp: 32, out: 16", "exp: 32, out: sam", [":8:31: blocks.3.out = 'sam': must be a whole number"]),
    (
        "input: 64",
        "input: big",
        [":1:8: input = 'big': must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321"],
    ),
    (
        "input: 64",
        "input: 64 x 64",
        [":1:8: input = '64 x 64': must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321"],
    ),
    (
        "input: 64",
        "input: 64.0",
        [":1:8: input = 64.0: must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321; write 64"],
    ),
    (
        "input: 64",
        "input: '64'",
        [
            ":1:8: input = '64': must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321; write 64 without quotes"
        ],
    ),
    ("input: 64", "input: 0", [":1:8: input = 0: must be between 1 and 16384 pixels"]),
    ("input: 64", "input: 16385", [":1:8: input = 16385: must be between 1 and 16384 pixels"]),
    ("input: 64", "input: 64x16385", [":1:8: input = '64x16385': must be between 1 and 16384 pixels"]),
    (
        "input: 64",
        "input: 064x64",
        [":1:8: input = '064x64': must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321"],
    ),
    ("stem: 8", "stem: 8\nwidth: 0", [":5:8: width = 0: must be more than 0"]),
    ("stem: 8", "stem: 8\nwidth: 65", [":5:8: width = 65: must be at most 64"]),
    ("stem: 8", "stem: 8\nwidth: wide", [":5:8: width = 'wide': must be a number"]),
    ("stem: 8", "stem: 8\nwidth: true", [":5:8: width = true: must be a number; use digits instead of true or false"]),
    ("stem: 8", "stem: 8\nwidth: '0.75'", [":5:8: width = '0.75': must be a number; write 0.75 without quotes"]),
    ("stem: 8", "stem: 8\nwidth: .nan", [":5:8: width = '.nan': must be a number"]),
    (
        "stem: 8",
        "stem: 8\nwidth: 1e-1",
        [
            ":5:8: width = '1e-1': must be a number; write it without an exponent: some YAML readers take an exponent as text"
        ],
    ),
    (
        "exp: 32, out: 16",
        "exp: 32, expand: 2, out: 16",
        [":8:34: blocks.3.expand = 2: 'exp' is also given; keep one of the two"],
    ),
    (
        "exp: 32, out: 16",
        "out: 16",
        [":8:5: blocks.3 = {block: 'mf', out: 16}: needs 'exp' (channels) or 'expand' (ratio to the input channels)"],
    ),
    (
        "exp: 32, out: 16",
        "exp: 32, exp2: 64, out: 16",
        [":8:32: blocks.3.exp2 = 64: only mf-down blocks have a second expansion, not mf blocks; remove it"],
    ),
    (
        "exp: 16, out: 8",
        "exp: 16, exp2: 32, out: 8",
        [":6:34: blocks.1.exp2 = 32: only mf-down blocks have a second expansion, not lite blocks; remove it"],
    ),
    (
        "exp: 32, out: 16",
        "exp: 32, out: 16, stride: 2",
        [":8:43: blocks.3.stride = 2: an mf block has stride 1; use mf-down to downsample"],
    ),
    (
        "exp: 24, out: 16",
        "exp: 24, out: 16, stride: 1",
        [":7:48: blocks.2.stride = 1: an mf-down block has stride 2; use mf for stride 1"],
    ),
    (
        "exp: 32, out: 16",
        "exp: 32, out: 16, kernel: 4",
        [":8:43: blocks.3.kernel = 4: must be odd: padding for an even kernel would change the resolution"],
    ),
    (
        "stem: 8",
        "stem: 8\nmobile: {kernel: 2}",
        [":5:18: mobile.kernel = 2: must be odd: padding for an even kernel would change the resolution"],
    ),
    (
        "exp: 24, out: 16",
        "exp: 24, out: 16, repeat: 2",
        [
            ":7:27: blocks.2.exp = 24: must be a multiple of the 16 input channels: a depthwise convolution expands them; use 16 or 32",
            ":7:48: blocks.2.repeat = 2: only blocks of stride 1 can be repeated",
        ],
    ),
    (
        "exp: 16, out: 8",
        "exp: 16, out: 8, stride: 2, repeat: 2",
        [":6:55: blocks.1.repeat = 2: only blocks of stride 1 can be repeated"],
    ),
    (
        "exp: 16, out: 8",
        "exp: 20, out: 8",
        [
            ":6:24: blocks.1.exp = 20: must be a multiple of the 8 input channels: a depthwise convolution expands them; use 16 or 24"
        ],
    ),
    (
        "exp: 16, out: 8",
        "exp: 4, out: 8",
        [
            ":6:24: blocks.1.exp = 4: must be a multiple of the 8 input channels: a depthwise convolution expands them; use 8"
        ],
    ),
    (
        "exp: 16, out: 8",
        "exp: 16, out: 6, repeat: 2",
        [
            ":6:24: blocks.1.exp = 16: must be a multiple of the 6 input channels: a depthwise convolution expands them; use 24"
        ],
    ),
    (
        "exp: 24, out: 16",
        "exp: 25, out: 16",
        [
            ":7:27: blocks.2.exp = 25: must be a multiple of the 8 input channels: a depthwise convolution expands them; use 24 or 32"
        ],
    ),
    (
        "exp: 24, out: 16",
        "exp: 24, exp2: 40, out: 16",
        [
            ":7:37: blocks.2.exp2 = 40: must be a multiple of the 16 output channels: a depthwise convolution expands them; use 32 or 48"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\ngroups: 5",
        [
            ":7:24: blocks.1.exp = 16: 16 expanded channels cannot be split into 5 groups (1×1 convolutions); use 15 or 20",
            ":7:33: blocks.1.out = 8: 8 output channels cannot be split into 5 groups (1×1 convolutions); use 5 or 10",
            ":8:27: blocks.2.exp = 24: 24 expanded channels cannot be split into 5 groups (1×1 convolutions); use 20 or 25",
            ":8:36: blocks.2.out = 16: 16 output channels cannot be split into 5 groups (1×1 convolutions); use 15 or 20",
            ":9:5: blocks.3: 16 input channels cannot be split into 5 groups (1×1 convolutions)",
            ":9:22: blocks.3.exp = 32: 32 expanded channels cannot be split into 5 groups (1×1 convolutions); use 30 or 35",
            ":9:31: blocks.3.out = 16: 16 output channels cannot be split into 5 groups (1×1 convolutions); use 15 or 20",
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nbridge: {heads: 3}",
        [
            ":7:33: blocks.1.out = 8: must be a multiple of the bridge's 3 heads; use 6 or 9",
            ":8:36: blocks.2.out = 16: must be a multiple of the bridge's 3 heads; use 15 or 18",
            ":9:31: blocks.3.out = 16: must be a multiple of the bridge's 3 heads; use 15 or 18",
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nformer: none",
        [
            ":5:9: former = 'none': mobile.activation = 'dy-relu' (the default): DY-ReLU needs Former's first token, but there is no Former; add 'mobile: {activation: relu}'"
        ],
    ),
    (
        "dim: 8",
        "dim: 10",
        [":3:25: tokens.dim = 10: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 8 or 12"],
    ),
    (
        "dim: 8",
        "dim: 2",
        [":3:25: tokens.dim = 2: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 4"],
    ),
    (
        "stem: 8",
        "stem: 8\nformer: {heads: 3}",
        [":3:25: tokens.dim = 8: must be a multiple of Former's 3 heads; use 12"],
    ),
    (
        "input: 64",
        "input: 2",
        [
            ":1:8: input = 2: is too small: the last of the 2 layers of stride 2 would read a single pixel; use at least 3 pixels on each side"
        ],
    ),
    (
        "input: 64",
        "input: 2x64",
        [
            ":1:8: input = '2x64': is too small: the last of the 2 layers of stride 2 would read a single pixel; use at least 3 pixels on each side"
        ],
    ),
    (
        "stem: 8",
        "stem: 8\nwidth: 0.5\nbridge: {heads: 8}",
        [":8:33: blocks.1.out = 4: must be a multiple of the bridge's 8 heads (after width 0.5); use 8"],
    ),
    ("stem: 8", "stem: 8\nstem: 9", [":5:1: stem: duplicate key, first given on line 4; keep one of them"]),
    ("dim: 8", "dim: 8, dim: 16", [":3:28: tokens.dim: duplicate key, first given on line 3; keep one of them"]),
    ("stem: 8", "\tstem: 8", [":4:1: is not valid YAML: found character that cannot start any token"]),
    (
        "stem: 8",
        "stem: &a 8",
        [":4:7: stem: anchors and aliases are not supported; write the value itself, or use 'extends'"],
    ),
    (
        "stem: 8",
        "stem: *a",
        [":4:7: stem: anchors and aliases are not supported; write the value itself, or use 'extends'"],
    ),
    ("stem: 8", "<<: {a: 1}\nstem: 8", [":4:1: <<: unknown key"]),
    ("stem: 8", "stem: !!int 8", [":4:7: stem: the tag tag:yaml.org,2002:int is not supported; remove it"]),
    (
        "stem: 8",
        "stem: !!python/object/apply:os.system ['id']",
        [":4:7: stem: the tag tag:yaml.org,2002:python/object/apply:os is not supported; remove it"],
    ),
    ("stem: 8", "? [a, b]\n: 3\nstem: 8", [":4:3: a key must be a single word"]),
    ("head: {fc: 4}", "head: {fc: 4", [":10:1: is not valid YAML: did not find expected ',' or '}'"]),
    (
        "head: {fc: 4}\n",
        "head: {fc: 4}\n---\nstem: 3\n",
        [":10:1: has a second document; put each spec in its own file"],
    ),
    (
        "stem: 8",
        "stem: \x07",
        [": is not valid YAML: unacceptable character #x0007: control characters are not allowed"],
    ),
    (
        "stem: 8",
        "stem: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        [":4:19: stem.1.1.1…: is nested deeper than 12 levels"],
    ),
]


@pytest.fixture(autouse=True)
def _inside_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in the folder of its files, so that messages name them without a folder."""
    monkeypatch.chdir(tmp_path)


def lines(text: str) -> list[str]:
    """Return the lines of the message for a file with this text, without the file's name."""
    Path("net.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load("net.yaml")
    lines = str(caught.value).split("\n")
    assert all(line.startswith("net.yaml") for line in lines)
    return [line.removeprefix("net.yaml") for line in lines]


def test_the_base_of_these_tests_is_valid() -> None:
    """So each message is caused by its replacement only."""
    Path("net.yaml").write_text(BASE, encoding="utf-8")
    assert load("net.yaml").name == "net"


@pytest.mark.parametrize("old, new, expected", REPLACEMENTS)
def test_each_rule_has_its_message(old: str, new: str, expected: list[str]) -> None:
    """It has the line and column of the value, or of the key if the key is wrong."""
    assert BASE.count(old) == 1
    assert lines(BASE.replace(old, new)) == expected


@pytest.mark.parametrize(
    "blocks, expected",
    [
        ("blocks: []\n", [":5:9: blocks = 0: must be between 1 and 500 blocks, counted after 'repeat'"]),
        (
            "blocks: [{block: lite, exp: 16, out: 8, repeat: 0}]\n",
            [":5:9: blocks = 0: must be between 1 and 500 blocks, counted after 'repeat'"],
        ),
        (
            "blocks:\n" + "- {block: mf, exp: 8, out: 8, repeat: 100}\n" * 6,
            [":6:1: blocks = 600: must be between 1 and 500 blocks, counted after 'repeat'"],
        ),
        (
            "blocks: {8: {out: 112}}\n",
            [":5:9: blocks = {8: {out: 112}}: must be a list of blocks, as in '- {block: mf, exp: 96, out: 24}'"],
        ),
        (
            "blocks:\n- {block: [mf, lite], exp: 8, out: 8}\n",
            [
                ":6:11: blocks.1.block = ['mf', 'lite']: must be 'lite', 'mf' or 'mf-down'; give one value: lists and ranges are only allowed in a space"
            ],
        ),
        ("blocks: 3\n", [":5:9: blocks = 3: must be a list of blocks, as in '- {block: mf, exp: 96, out: 24}'"]),
        (
            "groups: 4\nblocks:\n- {block: mf, exp: 16, out: 12}\n- {block: mf, expand: 3, out: 10}\n",
            [
                ":8:31: blocks.2.out = 10: 10 output channels cannot be split into 4 groups (1×1 convolutions); use 8 or 12"
            ],
        ),
        (
            "groups: 16\nblocks:\n- {block: lite, expand: 3, out: 16}\n",
            [":7:25: blocks.1.expand = 3: 24 expanded channels cannot be split into 16 groups (1×1 convolutions)"],
        ),
        (
            "groups: 3\nblocks:\n- {block: mf-down, exp: 24, exp2: 36, out: 18}\n- {block: mf, exp: 7, out: same}\n",
            [
                ":8:20: blocks.2.exp = 7: 7 expanded channels cannot be split into 3 groups (1×1 convolutions); use 6 or 9"
            ],
        ),
        (
            "groups: 3\nblocks:\n- {block: mf-down, exp: 24, exp2: 20, out: 10}\n",
            [
                ":7:35: blocks.1.exp2 = 20: 20 second expanded channels cannot be split into 3 groups (1×1 convolutions); use 18 or 21",
                ":7:44: blocks.1.out = 10: 10 output channels cannot be split into 3 groups (1×1 convolutions); use 9 or 12",
            ],
        ),
    ],
)
def test_rules_of_whole_lists_of_blocks_have_their_messages(blocks: str, expected: list[str]) -> None:
    """The rules are about the number of blocks, patches without a base, and groups."""
    assert lines(BASE.replace(BLOCKS, blocks)) == expected


def test_all_errors_of_a_file_are_reported_at_once_in_the_order_of_the_file() -> None:
    """Unknown keys, types, missing keys, ranges, rules and duplicates are sorted by line and column."""
    text = """\
input: 64
tokens: {count: 0, dim: 10}
stem: '8'
stem: 9
mobil: {}
blocks:
  - {block: lite, exp: 20, out: 8, kernel: 2}
  - {block: mf-up, exp: 24}
  - {block: mf, exp: 0x20, out: 16, repeat: 101}
  - {block: mf, out: 16, stride: 2}
"""
    assert lines(text) == [
        ":1:1: head: is missing",
        ":2:17: tokens.count = 0: must be at least 1",
        ":2:25: tokens.dim = 10: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 8 or 12",
        ":3:7: stem = '8': must be a whole number; write 8 without quotes",
        ":4:1: stem: duplicate key, first given on line 3; keep one of them",
        ":5:1: mobil: unknown key; did you mean 'mobile'?",
        ":7:44: blocks.1.kernel = 2: must be odd: padding for an even kernel would change the resolution",
        ":8:5: blocks.2.out: is missing",
        ":8:13: blocks.2.block = 'mf-up': must be 'lite', 'mf' or 'mf-down'",
        ":9:22: blocks.3.exp = '0x20': must be a whole number",
        ":9:45: blocks.3.repeat = 101: must be at most 100",
        ":10:5: blocks.4 = {block: 'mf', out: 16, stride: 2}: needs 'exp' (channels) or 'expand' (ratio to the input channels)",
        ":10:34: blocks.4.stride = 2: an mf block has stride 1; use mf-down to downsample",
    ]


def test_problems_can_be_read_by_programs() -> None:
    """Each problem has a mark, a path, a rule, a value and a remedy."""
    Path("net.yaml").write_text(BASE.replace("stem: 8", "stm: 8"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load("net.yaml")
    missing, unknown = caught.value.problems
    assert (missing.path, missing.rule, missing.remedy) == ("stem", "is missing", "")
    assert (unknown.mark.source, unknown.mark.line, unknown.mark.column) == ("net.yaml", 4, 1)
    assert (unknown.path, unknown.rule, unknown.remedy) == ("stm", "unknown key", "did you mean 'stem'?")


@pytest.mark.parametrize(
    "old, new",
    [
        ("exp: 16, out: 8}", "exp: 16, out: 8, repeat: 3}"),
        ("stem: 8", "stem: 8\nbridge: {heads: 3}\nattention: mlp"),
        ("stem: 8", "stem: 8\nbridge: {heads: 3}\nformer: none\nmobile: {activation: relu}"),
        ("dim: 8}", "dim: 20}\nattention: mlp\nformer: {heads: 3}"),
        ("{block: mf, exp: 32, out: 16}", "{block: mf, exp: 32, out: 17, repeat: 0}"),
        ("{block: mf, exp: 32, out: 16}", "{block: mf, exp: 31, out: same, stride: 1, kernel: 31}"),
        ("tokens: {count: 2, dim: 8}\n", "former: none\nmobile: {activation: relu}\n"),
        ("input: 64", "input: 3"),
        ("input: 64", "input: 3x16384"),
        (
            "stem: 8",
            "stem: 8\nbudget: {max: {madds: 300M, head: {}}, min: {former: {madds: 100%}}}\n"
            "require: {widths: nondecreasing}",
        ),
        ("stem: 8", "stem: 8\nwidth: 1.0"),
        ("classes: 10", "classes: 10_000_000"),
    ],
)
def test_rules_are_checked_only_where_they_apply(old: str, new: str) -> None:
    """For example, heads need attention, and a block that is repeated 0 times is not checked."""
    assert BASE.count(old) == 1
    Path("net.yaml").write_text(BASE.replace(old, new), encoding="utf-8")
    assert load("net.yaml").blocks
