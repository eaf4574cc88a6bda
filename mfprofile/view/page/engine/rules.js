// What the keys of a spec demand of one another, in the words and the order of Python's `spec/rules.py`. Values of a
// wrong type are unknown (null) here, and no rule speaks of unknown values. Here are all rules in their order, and those
// of the whole network; those of its blocks are beside, in `entries.js`.

function breach(path, value, rule, remedy = "") {
  return { path, value, rule, remedy };
}

function whole(value) {
  return Number.isInteger(value) && value >= 1 ? value : null;
}

// Whether Python takes a value for true: an empty list or map it does not.
function isFilled(value) {
  return typeof value === "object" ? Object.keys(value).length > 0 : Boolean(value);
}

function sectionOf(data, key) {
  return isMap(data[key]) ? data[key] : {};
}

function lcm(one, other) {
  let [a, b] = [one, other];
  while (b) [a, b] = [b, a % b];
  return (one / a) * other;
}

// The multiples of a number beside a value, as a remedy.
function multiples(value, of) {
  const below = Math.floor(value / of) * of;
  return below ? `${below} and ${below + of} are` : `${of} is`;
}

// Every rule that a spec's mapping breaks, its width applied.
function breaches(data) {
  const entries = chained(data);
  const laidOut = entries.filter((entry) => entry.isLaidOut);
  const found = [
    ...entries.flatMap((entry) => [...keyBreaches(entry), ...stepBreaches(entry)]),
    ...laidOut.flatMap((entry) => [...expansionBreaches(entry), ...groupBreaches(entry, data), ...sizeBreaches(entry)]),
    ...requiredBreaches(data, laidOut),
    ...bridgeBreaches(data, laidOut),
    ...formerBreaches(data),
    ...resolutionBreaches(data, laidOut),
    ...detectorBreaches(data, laidOut),
  ];
  const layout = entries.reduce((total, { keys }) => total + (whole(keys.repeat ?? 1) ?? 0), 0);
  const isGiven = entries.length > 0 || (Array.isArray(data.blocks) && data.blocks.length === 0);
  if (isGiven && (layout < 1 || layout > LIMITS.blocks)) {
    const rule = `must lay out between 1 and ${LIMITS.blocks} blocks, counted after 'repeat'`;
    found.push(breach(["blocks"], layout, rule));
  }
  return found;
}

// What the spec itself requires of its widths.
function requiredBreaches(data, entries) {
  if (sectionOf(data, "require").widths !== "nondecreasing") return [];
  const shrinking = entries.filter(({ inputs, outputs }) => inputs && outputs && outputs < inputs);
  return shrinking.map(({ path, inputs, outputs }) => {
    const rule = `is less than its ${inputs} input channels, and 'require: {widths: nondecreasing}' is given`;
    return breach([...path, "out"], outputs, rule);
  });
}

// The bridge's heads divide each width that a bridge meets, before or after a block.
function bridgeBreaches(data, entries) {
  const { heads: given, final } = { ...DEFAULTS.bridge, ...sectionOf(data, "bridge") };
  const heads = whole(given);
  if (heads === null || data.former === "none" || (data.attention ?? DEFAULTS.attention) !== "mha") return [];
  const isMixed = (kind) => kind === "mf" || kind === "mf-down";
  const kinds = [null, ...entries.map(({ kind }) => kind), isFilled(final) ? "mf" : null];
  const widths = [[["stem"], whole(data.stem)], ...entries.map(({ path, outputs }) => [[...path, "out"], outputs])];
  const broken = widths.filter(([, channels], index) => {
    const meets = isMixed(kinds[index]) || isMixed(kinds[index + 1]);
    return meets && channels && channels % heads;
  });
  return broken.map(([path, channels]) => {
    const rule = `cannot be split among the bridge's ${heads} heads`;
    return breach(path, channels, rule, multiples(channels, heads));
  });
}

function formerBreaches(data) {
  const { activation } = { ...DEFAULTS.mobile, ...sectionOf(data, "mobile") };
  if (data.former === "none") {
    if (activation !== "dy-relu") return [];
    const rule = "DY-ReLU takes its parameters from Former's first token, and there is none";
    return [breach(["mobile", "activation"], activation, rule, "give 'mobile: {activation: relu}' as well")];
  }
  const found = [];
  if (!has(data, "tokens")) {
    const rule = "is missing: Former works on tokens";
    found.push(breach(["tokens"], undefined, rule, "give it, or 'former: none'"));
  }
  const dimension = whole(sectionOf(data, "tokens").dim);
  const heads = whole({ ...DEFAULTS.former, ...sectionOf(data, "former") }.heads);
  const isSplit = (data.attention ?? DEFAULTS.attention) === "mha";
  if (dimension && dimension % 4) {
    const rule = "must be divisible by 4: DY-ReLU's θ squeezes the token to a quarter";
    found.push(breach(["tokens", "dim"], dimension, rule, multiples(dimension, 4)));
  } else if (dimension && heads && isSplit && dimension % heads) {
    const rule = `cannot be split among Former's ${heads} heads`;
    found.push(breach(["tokens", "dim"], dimension, rule, multiples(dimension, lcm(4, heads))));
  }
  return found;
}

// Each layer of stride 2 finds two pixels to halve; and the kernel of all depthwise convolutions.
function resolutionBreaches(data, entries) {
  const found = [];
  const kernel = whole(sectionOf(data, "mobile").kernel);
  if (kernel && kernel % 2 === 0) found.push(breach(["mobile", "kernel"], kernel, ODD_KERNEL));
  const halvings = 1 + entries.filter(({ halves }) => halves).length;
  const given = data.input ?? DEFAULTS.input;
  const least = 2 ** (halvings - 1) + 1;
  const pixels = pixelsOf(given);
  const smallest = Math.min(...pixels);
  if (pixels.length && smallest > 0 && smallest < least) {
    const rule = `the last of its ${halvings} layers of stride 2 would find a single pixel, and shrink it below 1`;
    const remedy = least <= LIMITS.pixels ? `each side must have ${least} pixels or more` : "take some of them away";
    found.push(breach(["input"], data.input, rule, remedy));
  }
  return found;
}

function pixelsOf(value) {
  const parts = Number.isInteger(value) ? [String(value)] : typeof value === "string" ? value.split("x") : [];
  return parts.filter((part) => /^[0-9]{1,9}$/.test(part)).map(Number);
}

// A detector stands on a backbone that has maps of strides 8, 16 and 32.
function detectorBreaches(data, entries) {
  if (data.detector !== "retinanet") return [];
  const found = [];
  const last = DETECTOR.stages.at(-1);
  if (isMap(data.head)) {
    found.push(breach(["detector"], data.detector, "a detector takes the head's place", "give 'head: none' as well"));
  }
  if (data.former !== "none" && { ...DEFAULTS.bridge, ...sectionOf(data, "bridge") }.final === true) {
    const rule = "the final Mobile→Former would feed nothing";
    found.push(breach(["detector"], data.detector, rule, "give 'bridge: {final: false}' as well"));
  }
  const stage = 1 + entries.filter(({ halves }) => halves).length;
  if (entries.length && stage !== last) {
    const rule = `takes the maps of strides 8, 16 and 32: the blocks must end at stage ${last}, not ${stage}`;
    found.push(breach(["detector"], data.detector, rule));
  }
  return found;
}
