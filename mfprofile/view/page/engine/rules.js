// What the keys of a spec demand of one another. A rule is [key, whether it is broken, reason].

// What is wrong with a spec, [] if it can be counted: {key, reason} with a key such as "blocks.8.out". First each key
// alone, then the keys that make a network together, then the network's widths: each part relies on the one before.
function problems(spec) {
  const ofKeys = keyProblems("", spec, FIELDS);
  if (ofKeys.length) return ofKeys;
  const full = completed(spec);
  const broken = brokenOf(settingRules(full));
  return broken.length ? broken : brokenOf(widthRules(full, resolve(full)));
}

// The broken rules as problems, one a key.
function brokenOf(rules) {
  const reasons = new Map(rules.filter(([, isBroken]) => isBroken).map(([key, , reason]) => [key, reason]));
  return [...reasons].map(([key, reason]) => ({ key, reason }));
}

const ODD = "must be odd, so that the padding keeps the resolution";

function settingRules({ input, blocks, mobile, former, tokens, attention, bridge, head, detector }) {
  const number = blocks.reduce((total, { repeat }) => total + repeat, 0);
  const stage = 1 + blocks.filter((block) => block.repeat && halves(block)).length;
  const least = 2 ** (stage - 1) + 1;
  const last = DETECTOR.stages.at(-1);
  const hasFormer = former !== "none";
  const heads = hasFormer && attention === "mha" ? former.heads : 1;
  return [
    ...blocks.flatMap((block, index) => blockRules(`blocks.${index + 1}`, block)),
    ["blocks", number < 1 || number > LIMITS.blocks, `must be 1 to ${LIMITS.blocks} blocks, repetitions included`],
    ["input", Math.min(...sides(input)) < least, `each side must have at least ${least} pixels`],
    ["mobile.kernel", mobile.kernel % 2 === 0, ODD],
    ["mobile.activation", !hasFormer && mobile.activation === "dy-relu", "dy-relu needs Former; use relu"],
    ["tokens", hasFormer && !tokens, "are missing; Former needs them"],
    ["tokens.dim", hasFormer && tokens?.dim % 4 > 0, "must be a multiple of 4"],
    ["tokens.dim", hasFormer && tokens?.dim % heads > 0, `must be a multiple of Former's ${heads} heads`],
    ["detector", detector && head !== "none", "a detector replaces the head; turn the head off"],
    ["detector", detector && hasFormer && bridge.final, "a detector has no final Mobile→Former; turn it off"],
    ["detector", detector && number && stage !== last, `the blocks must end at stage ${last}, not ${stage}`],
  ];
}

function blockRules(key, block) {
  const { block: kind, exp, expand, exp2, stride, kernel, repeat } = block;
  return [
    [key, exp === undefined && expand === undefined, "needs exp or expand"],
    [`${key}.expand`, exp !== undefined && expand !== undefined, "exp is given too; give one of the two"],
    [`${key}.exp2`, exp2 !== undefined && kind !== "mf-down", "only an mf-down block has exp2"],
    [`${key}.stride`, kind === "mf" && stride === 2, "an mf block has stride 1"],
    [`${key}.stride`, kind === "mf-down" && stride === 1, "an mf-down block has stride 2"],
    [`${key}.kernel`, kernel % 2 === 0, ODD],
    [`${key}.repeat`, repeat > 1 && halves(block), "only a block of stride 1 can be repeated"],
  ];
}

// The rules of the widths that ratios, repetitions and `width` lead to.
function widthRules(spec, network) {
  const { blocks, groups } = network;
  const rules = [
    ...blocks.flatMap((block) => blockWidthRules(spec.blocks[block.entry - 1], block, groups)),
    ...blocks.map((block) => shrinkingRule(spec.require, block)),
    ...bridgeRules(network),
  ];
  const after = spec.width === 1 ? "" : ` (after width ${spec.width})`;
  return rules.map(([key, isBroken, reason]) => [key, isBroken, reason + after]);
}

function blockWidthRules({ expand, exp2 }, { entry, kind, inputs, outputs, expanded, expanded2 }, groups) {
  const key = `blocks.${entry}`;
  const first = `${key}.${expand === undefined ? "exp" : "expand"}`;
  const second = exp2 === undefined ? 0 : expanded2; // its default, a multiple of the output, has no rule of its own
  return [
    multiple(first, expanded, kind === "mf" ? 1 : inputs.channels, "the input channels"),
    multiple(first, expanded, groups, "the number of groups"),
    atMost(first, expanded),
    multiple(`${key}.exp2`, second, outputs.channels, "the output channels"),
    atMost(`${key}.exp2`, second),
    multiple(`${key}.out`, outputs.channels, groups, "the number of groups"),
    atMost(`${key}.out`, outputs.channels),
    multiple(key, inputs.channels, kind === "mf" ? groups : 1, "the number of groups"),
  ];
}

function shrinkingRule(require, { entry, inputs, outputs }) {
  const isBroken = require && outputs.channels < inputs.channels;
  return [`blocks.${entry}.out`, isBroken, `must be at least ${inputs.channels}, the input channels`];
}

// The bridge's heads split each feature map before or after a block with a bridge.
function bridgeRules({ stem, blocks, tokens, attention, bridge_heads: heads, final }) {
  if (tokens === null || attention !== "mha") return [];
  const kinds = ["lite", ...blocks.map(({ kind }) => kind), final ? "mf" : "lite"];
  const maps = [["stem", stem], ...blocks.map(({ entry, outputs }) => [`blocks.${entry}.out`, outputs])];
  const bridged = maps.filter((_, index) => kinds[index] !== "lite" || kinds[index + 1] !== "lite");
  return bridged.map(([key, { channels }]) => multiple(key, channels, heads, "the bridge's heads"));
}

function multiple(key, channels, of, what) {
  return [key, channels % of > 0, `${channels} channels are not a multiple of ${of}, ${what}`];
}

function atMost(key, channels) {
  return [key, channels > LIMITS.channels, `${channels} channels are more than ${LIMITS.channels}`];
}
