// The knobs: which keys can be turned, the range of each slider, and when a knob has an effect.

const isFormer = (spec) => spec.former !== "none";
const splits = (spec) => isFormer(spec) && spec.attention !== "mlp";
const FORMER = { ffn: true, heads: 4 };

/** The groups of knobs that a whole network has, in columns; a `choice` is a word, a `switch` on or off, the rest are numbers.
 * `keys` is the keyboard of a phone if digits are not enough, `wide` whether a value takes the slider's room. */
const KNOBS = [
  [["Image and tokens", [
    { key: "input", label: "input", unit: "pixels", least: 32, step: 32, keys: "text", wide: (value) => String(value).includes("x") },
    { key: "tokens.count", label: "tokens", unit: "M", least: 1, step: 1, most: 16, when: isFormer },
    { key: "tokens.dim", label: "token dimension", unit: "d", step: dimensionStep, when: isFormer },
  ]], ["Mobile", [
    { key: "width", label: "width multiplier", least: 0.25, step: 0.05, most: 2, initial: 1, keys: "decimal" },
    { key: "stem", label: "stem", unit: "channels", step: 4 },
    { key: "groups", label: "groups of 1×1", least: 1, step: 1, most: 8, initial: 1 },
    { key: "mobile.kernel", label: "depthwise kernel", least: 1, step: 2, most: 9, initial: 3 },
    { key: "mobile.activation", label: "activation", choice: ["dy-relu", "relu"] },
  ]]],
  [["Former and bridge", [
    { key: "former", label: "Former", toggle: FORMER },
    { key: "attention", label: "attention", choice: ["mha", "mlp"], when: isFormer },
    { key: "former.ffn", label: "FFN", switch: true, when: isFormer },
    { key: "former.heads", label: "Former's heads", least: 1, step: 1, most: 8, when: splits },
    { key: "bridge.heads", label: "bridge's heads", least: 1, step: 1, most: 8, when: splits },
    { key: "bridge.gate", label: "gate", switch: true, when: isFormer },
    { key: "bridge.final", label: "final Mobile→Former", switch: true, when: isFormer },
    { key: "bridge.projections", label: "projections on Mobile's side", switch: true, when: isFormer },
  ]]],
  [["Head", [
    { key: "head", label: "head", toggle: { fc: 1280 } },
    { key: "head.fc", label: "hidden layer", unit: "channels", step: 64, when: (spec) => spec.head !== "none" },
    { key: "classes", label: "classes", least: 10, step: 10, when: (spec) => spec.head !== "none" },
  ]], ["Budget", [
    { key: "budget.max.madds", label: "at most MAdds", unit: "e.g. 300M", text: "none" },
    { key: "budget.max.params", label: "at most params", unit: "e.g. 12M", text: "none" },
    { key: "budget.max.latency", label: "at most latency", unit: "e.g. 12ms", text: "none" },
  ]]],
];

/** Return the knobs of one block; `inputs` are its input channels, which some of its widths must be multiples of. */
function blockKnobs(block, number) {
  const expands = block.block !== "mf";
  const outOf = (spec) => valueAt(spec, `blocks.${number}.out`);
  const kernelOf = (spec) => valueAt(spec, "mobile.kernel") ?? 3;
  const knob = (name, rest) => ({ key: `blocks.${number}.${name}`, name: `Block ${number}, ${rest.label}`, ...rest, short: true });
  return [
    "expand" in block
      ? knob("expand", { label: "expansion", unit: "× expand", least: 1, step: 1, most: 12 })
      : knob("exp", { label: "expansion", unit: "exp", step: (spec, inputs) => (expands ? inputs : 8) }),
    knob("out", { label: "width", unit: "out", step: 8, keys: "text" }),
    block.block === "mf-down" ? knob("exp2", { label: "2nd expansion", field: true, step: outOf, hint: (spec) => 4 * outOf(spec) || "4·out" }) : null,
    block.block === "lite" ? knob("stride", { label: "stride", field: true, least: 1, step: 1, hint: "1" }) : null,
    knob("kernel", { label: "kernel", field: true, least: 1, step: 2, hint: block.block === "lite" ? "3" : kernelOf }),
    knob("repeat", { label: "repeat", field: true, least: 0, step: 1, hint: "1" }),
  ].filter(Boolean);
}

function dimensionStep(spec) {
  const heads = valueAt(spec, "former.heads");
  return splits(spec) && Number.isInteger(heads) && heads > 0 && heads <= 64 ? mfprofile.commonMultiple(4, heads) : 4;
}

/** Return a slider's least, most and step: around the original's value, unless the knob says otherwise. */
function sliderRange(knob, spec, original, inputs) {
  const wanted = typeof knob.step === "function" ? knob.step(spec, inputs) : knob.step;
  const step = wanted > 0 ? wanted : 1;
  const usual = valueAt(original, knob.key);
  const twice = typeof usual === "number" ? Math.ceil((2 * usual) / step) * step : 16 * step;
  return { min: knob.least ?? step, max: Math.max(knob.most ?? 0, knob.most && usual <= knob.most ? 0 : twice), step };
}
