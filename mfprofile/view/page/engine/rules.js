// What the keys of a spec demand of one another. A rule is [key, whether it is broken, reason, the other keys that it
// reads, the number of channels that it is about]. The reasons are those of the command line, in the words of controls.

// What is wrong with a spec, [] if it can be counted: {key, reason, also, value} with a key such as "blocks.8.out". First
// each key alone, then the keys that make a network together, then the network's widths: each part relies on the one before.
function problems(spec) {
  const ofKeys = keyProblems("", spec, FIELDS);
  if (ofKeys.length) return ofKeys;
  const full = completed(spec);
  const broken = brokenOf(settingRules(full));
  return broken.length ? broken : brokenOf(widthRules(full, resolve(full)));
}

// The broken rules as problems, one a key.
function brokenOf(rules) {
  const broken = rules.filter(([, isBroken]) => isBroken).map(([key, , reason, also = [], value]) => [key, { key, reason, also, value }]);
  return [...new Map(broken).values()];
}

const ODD = "must be odd: padding for an even kernel would change the resolution";

function settingRules({ input, blocks, mobile, former, tokens, attention, bridge, head, detector }) {
  const number = blocks.reduce((total, { repeat }) => total + repeat, 0);
  const stage = 1 + blocks.filter((block) => block.repeat && halves(block)).length;
  const least = 2 ** (stage - 1) + 1;
  const last = DETECTOR.stages.at(-1);
  const hasFormer = former !== "none";
  const heads = hasFormer && attention === "mha" ? former.heads : 1;
  const dim = tokens?.dim;
  const halving = blocks.flatMap((block, index) => (block.repeat && halves(block) ? [`blocks.${index + 1}.stride`, `blocks.${index + 1}.repeat`] : []));
  const keysOf = (name) => blocks.map((_, index) => `blocks.${index + 1}.${name}`);
  const small = `is too small: the last of the ${stage} layers of stride 2 would read a single pixel; use `
    + (least > FIELDS.keys.input.most ? "fewer of these layers" : `at least ${least} pixels on each side`);
  const end = `reads maps of strides 8, 16 and 32: the blocks must end at stage ${last}, not ${stage}`;
  return [
    ...blocks.flatMap((block, index) => blockRules(`blocks.${index + 1}`, block)),
    ["blocks", number < 1 || number > LIMITS.blocks, `must be between 1 and ${LIMITS.blocks} blocks, repetitions included`, keysOf("repeat")],
    ["input", Math.min(...sides(input)) < least, small, halving],
    ["mobile.kernel", mobile.kernel % 2 === 0, ODD],
    ["mobile.activation", !hasFormer && mobile.activation === "dy-relu", "DY-ReLU needs Former's first token, but there is no Former; use relu", ["former"]],
    ["tokens", hasFormer && !tokens, "is missing: Former needs tokens; give their number and dimension, or turn Former off", ["former"]],
    ["tokens.dim", hasFormer && dim % heads > 0, `must be a multiple of Former's ${heads} heads; ${multiples(dim, commonMultiple(4, heads))}`, ["former.heads"]],
    ["tokens.dim", hasFormer && dim % 4 > 0, `must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; ${multiples(dim, 4)}`],
    ["detector", detector && head !== "none", "a detector replaces the head; turn the head off", ["head"]],
    ["detector", detector && hasFormer && bridge.final, "a detector does not read the final Mobile→Former; turn it off", ["bridge.final"]],
    ["detector", detector && number && stage !== last, end, [...keysOf("stride"), ...keysOf("repeat")]],
  ];
}

function blockRules(key, block) {
  const { block: kind, exp, expand, exp2, stride, kernel, repeat } = block;
  return [
    [key, exp === undefined && expand === undefined, "needs an expansion: exp (channels) or expand (ratio to the input channels)", [`${key}.exp`, `${key}.expand`]],
    [`${key}.expand`, exp !== undefined && expand !== undefined, "'exp' is also given; keep one of the two", [`${key}.exp`]],
    [`${key}.exp2`, exp2 !== undefined && kind !== "mf-down", `only mf-down blocks have a second expansion, not ${kind} blocks; remove it`],
    [`${key}.stride`, kind === "mf" && stride === 2, "an mf block has stride 1; use 1"],
    [`${key}.stride`, kind === "mf-down" && stride === 1, "an mf-down block has stride 2; use 2"],
    [`${key}.kernel`, kernel % 2 === 0, ODD],
    [`${key}.repeat`, repeat > 1 && halves(block), "only blocks of stride 1 can be repeated; use 1", [`${key}.stride`]],
  ];
}

// The rules of the widths that ratios, repetitions and `width` lead to.
function widthRules(spec, network) {
  const { blocks } = network;
  const rules = [
    ...blocks.flatMap((block) => blockWidthRules(spec, blocks, block)),
    ...blocks.map((block) => shrinkingRule(spec, block)),
    ...bridgeRules(network),
  ];
  if (spec.width === 1) return rules;
  const after = (reason) => (reason.includes("; use ") ? reason.replace("; use ", ` (after width ${spec.width}); use what becomes `) : `${reason} (after width ${spec.width})`);
  return rules.map(([key, isBroken, reason, also, value]) => [key, isBroken, after(reason), [...also, "width"], value]);
}

function blockWidthRules(spec, blocks, { entry, kind, inputs, outputs, expanded, expanded2 }) {
  const { expand, exp2 } = spec.blocks[entry - 1];
  const { groups } = spec;
  const key = `blocks.${entry}`;
  const first = `${key}.${expand === undefined ? "exp" : "expand"}`;
  const second = exp2 === undefined ? 0 : expanded2; // its default, a multiple of the output, has no rule of its own
  const source = [sourceKey(spec, entry), `${key}.repeat`, `${key}.out`];
  const all = blocks.filter((block) => block.entry === entry).map((block) => block.inputs.channels).reduce(commonMultiple);
  const expands = (of, what, remedy = of) => (number) => `must be a multiple of the ${of} ${what} channels: a depthwise convolution expands them; ${multiples(number, remedy)}`;
  const splits = (what, isOwn = true) => (number) =>
    `${number} ${what} channels cannot be split into ${groups} groups (1×1 convolutions)${isOwn ? `; ${multiples(number, groups)}` : ""}`;
  return [
    multiple(first, expanded, kind === "mf" ? 1 : inputs.channels, expands(inputs.channels, "input", all), source),
    multiple(first, expanded, groups, splits("expanded", !expand), ["groups", ...source]),
    atMost(first, expanded, "expanded", source),
    multiple(`${key}.exp2`, second, outputs.channels, expands(outputs.channels, "output"), [`${key}.out`]),
    atMost(`${key}.exp2`, second, "second expanded", [`${key}.out`]),
    multiple(`${key}.out`, outputs.channels, groups, splits("output"), ["groups"]),
    atMost(`${key}.out`, outputs.channels, "output", []),
    multiple(key, inputs.channels, kind === "mf" ? groups : 1, splits("input", false), ["groups", ...source]),
  ];
}

// The key that decides the input channels of an entry.
function sourceKey({ blocks }, entry) {
  const before = blocks.slice(0, entry - 1).findLastIndex(({ out, repeat }) => repeat && out !== "same");
  return before < 0 ? "stem" : `blocks.${before + 1}.out`;
}

function shrinkingRule(spec, { entry, inputs, outputs }) {
  const isBroken = spec.require && outputs.channels < inputs.channels;
  const reason = `is less than the ${inputs.channels} input channels, but the spec requires nondecreasing widths`;
  return [`blocks.${entry}.out`, isBroken, reason, [sourceKey(spec, entry)], outputs.channels];
}

// The bridge's heads split each feature map before or after a block with a bridge.
function bridgeRules({ stem, blocks, tokens, attention, bridge_heads: heads, final }) {
  if (tokens === null || attention !== "mha") return [];
  const kinds = ["lite", ...blocks.map(({ kind }) => kind), final ? "mf" : "lite"];
  const maps = [["stem", stem], ...blocks.map(({ entry, outputs }) => [`blocks.${entry}.out`, outputs])];
  const bridged = maps.filter((_, index) => kinds[index] !== "lite" || kinds[index + 1] !== "lite");
  const reason = (number) => `must be a multiple of the bridge's ${heads} heads; ${multiples(number, heads)}`;
  return bridged.map(([key, { channels }]) => multiple(key, channels, heads, reason, ["bridge.heads"]));
}

function multiple(key, channels, of, reasonOf, also) {
  const isBroken = channels % of > 0;
  return [key, isBroken, isBroken ? reasonOf(channels) : "", also, channels];
}

function atMost(key, channels, what, also) {
  return [key, channels > LIMITS.channels, `${channels} ${what} channels exceed the limit of ${LIMITS.channels}`, also];
}

// The remedy that names the multiples next to a number.
function multiples(number, of) {
  const below = number - (number % of);
  return below ? `use ${below} or ${below + of}` : `use ${of}`;
}

function commonMultiple(one, other) {
  let [a, b] = [one, other];
  while (b) [a, b] = [b, a % b];
  return (one * other) / a;
}
