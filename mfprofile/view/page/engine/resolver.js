// From the plain mapping of a spec to its network: defaults filled in, `width` applied, and each block's widths, stride
// and resolution computed. The network's fields have the names of Python's `Network`.

function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function has(map, key) {
  return Object.hasOwn(map, key);
}

// The spec with each default written out.
function completed(spec) {
  const full = { ...DEFAULTS, ...spec, blocks: spec.blocks.map((block) => ({ repeat: 1, ...block })) };
  for (const [key, usual] of Object.entries(DEFAULTS)) {
    if (isMap(usual) && isMap(full[key])) full[key] = { ...usual, ...full[key] };
  }
  return full;
}

// ---- width: exact, in whole numbers of any size (BigInt)

// A decimal, a number or its text, as a fraction of whole numbers.
function fraction(number) {
  const [digits, exponent = "0"] = String(number).toLowerCase().split("e");
  const [whole, part = ""] = digits.split(".");
  const power = Number(exponent) - part.length;
  const scale = 10n ** BigInt(Math.abs(power));
  return power < 0 ? [BigInt(whole + part), scale] : [BigInt(whole + part) * scale, 1n];
}

// MobileNet's rule: the nearest multiple of 4 (of 8 for factors above 1), halves up, at least one such multiple, and
// one multiple more if more than 10 % would be lost.
function rounded(channels, [top, bottom]) {
  const divisor = top > bottom ? 8n : 4n;
  const wanted = BigInt(channels) * top; // over `bottom`
  let nearest = ((wanted + (divisor / 2n) * bottom) / bottom / divisor) * divisor;
  if (nearest < divisor) nearest = divisor;
  return Number(10n * nearest * bottom >= 9n * wanted ? nearest : nearest + divisor);
}

// `channels` times the ratio of `now` to `before`, rounded to a whole number, halves up.
function inRatio(channels, before, now) {
  const [top, bottom] = [BigInt(channels) * BigInt(now), BigInt(before)];
  const nearest = (2n * top + bottom) / (2n * bottom);
  return nearest > 1n ? Number(nearest) : 1;
}

// A full spec with its width applied to the stem and to each `out`; each `exp` keeps its ratio to the input channels,
// `exp2` to `out`.
function scaled(spec) {
  if (spec.width === 1) return spec;
  const factor = fraction(spec.width);
  let [before, now] = [spec.stem, rounded(spec.stem, factor)];
  const stem = now;
  const blocks = spec.blocks.map((block) => {
    const [out, outNow] = block.out === "same" ? [before, now] : [block.out, rounded(block.out, factor)];
    const wide = { ...block, out: outNow };
    if (has(block, "exp")) wide.exp = inRatio(block.exp, before, now);
    if (has(block, "exp2")) wide.exp2 = inRatio(block.exp2, out, outNow);
    if (block.repeat) [before, now] = [out, outNow];
    return wide;
  });
  return { ...spec, stem, blocks };
}

// ---- the network

// Whether a block has stride 2.
function halves(block) {
  return block.block === "mf-down" || (block.block === "lite" && block.stride === 2);
}

function halved(side) {
  return Math.ceil(side / 2);
}

function quotient(dividend, divisor) {
  return Math.floor(dividend / divisor);
}

function sides(input) {
  return typeof input === "number" ? [input, input] : input.split("x").map(Number);
}

function featureMap(channels, height, width, heads) {
  return { channels, height, width, head_channels: quotient(channels, heads) };
}

// The network of a valid spec.
function resolve(spec) {
  const full = scaled(completed(spec));
  const [height, width] = sides(full.input);
  const tokens = resolvedTokens(full);
  const stem = featureMap(full.stem, halved(height), halved(width), full.bridge.heads);
  const blocks = resolvedBlocks(full, stem);
  return {
    height,
    width,
    stem,
    blocks,
    head: resolvedHead(full, blocks.at(-1).outputs.channels, tokens),
    tokens,
    groups: full.groups,
    attention: full.attention,
    activation: full.mobile.activation,
    ffn: full.former !== "none" && full.former.ffn,
    bridge_heads: full.bridge.heads,
    gate: full.bridge.gate,
    final: tokens !== null && full.bridge.final,
    projections: full.bridge.projections,
    detector: full.detector === "retinanet" ? retinanet(blocks) : null,
  };
}

function resolvedTokens({ former, tokens }) {
  if (former === "none") return null;
  const { count, dim } = tokens;
  return { count, dim, quarter: quotient(dim, 4), heads: former.heads, head_dim: quotient(dim, former.heads) };
}

function resolvedBlocks(spec, stem) {
  const blocks = [];
  let [inputs, stage] = [stem, 1];
  spec.blocks.forEach((block, index) => {
    for (let time = 0; time < block.repeat; time += 1) {
      const stride = halves(block) ? 2 : 1;
      stage += stride - 1;
      const place = { number: blocks.length + 1, entry: index + 1, kind: block.block };
      blocks.push({ ...place, ...resolvedBlock(spec, block, stride, stage, inputs) });
      inputs = blocks.at(-1).outputs;
    }
  });
  return blocks;
}

function resolvedBlock(spec, block, stride, stage, inputs) {
  const channels = block.out === "same" ? inputs.channels : block.out;
  const size = [inputs.height, inputs.width].map((side) => (stride === 2 ? halved(side) : side));
  const expanded = has(block, "expand") ? block.expand * inputs.channels : block.exp;
  const expanded2 = block.exp2 ?? 4 * channels;
  return {
    kernel: block.kernel ?? (block.block === "lite" ? 3 : spec.mobile.kernel),
    stride,
    stage,
    inputs,
    outputs: featureMap(channels, ...size, spec.bridge.heads),
    expanded,
    expanded2,
    inputs_per_group: quotient(inputs.channels, spec.groups),
    expanded_per_group: quotient(expanded, spec.groups),
    expanded2_per_group: quotient(expanded2, spec.groups),
    residual: stride === 1 && inputs.channels === channels,
  };
}

function resolvedHead({ head, groups, classes }, channels, tokens) {
  if (head === "none") return null;
  const expanded = 6 * channels;
  const features = expanded + (tokens === null ? 0 : tokens.dim);
  return { inputs_per_group: quotient(channels, groups), expanded, features, fc: head.fc, classes };
}

// RetinaNet on the last block of each of its stages; each level above those has half the size of the one below.
function retinanet(blocks) {
  const { stages, channels, last } = DETECTOR;
  const ofStages = blocks.filter(({ stage }) => stages.includes(stage));
  const inputs = Object.fromEntries(ofStages.map(({ stage, outputs }) => [stage, outputs]));
  const levels = {};
  for (let level = stages[0]; level <= last; level += 1) {
    const below = levels[level - 1];
    const { height, width } = inputs[level] ?? { height: halved(below.height), width: halved(below.width) };
    levels[level] = { channels, height, width, head_channels: 0 };
  }
  return { inputs, levels };
}
