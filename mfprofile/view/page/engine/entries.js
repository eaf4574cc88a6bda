// The entries of `blocks`: how one follows another, and what the keys of each demand, alone and of its neighbours, in
// the words and the order of Python's `spec/rules.py`.

// The entries of `blocks` as far as they are known: keys, path, input and output channels.
function chained(data) {
  let inputs = whole(data.stem);
  const entries = [];
  (Array.isArray(data.blocks) ? data.blocks : []).forEach((keys, index) => {
    if (!isMap(keys)) {
      inputs = null;
      return;
    }
    const outputs = keys.out === "same" ? inputs : whole(keys.out);
    const isLaidOut = keys.repeat !== 0 && keys.repeat !== false; // to Python false is 0, though of a wrong type
    const isHalving = keys.block === "mf-down" || (keys.block === "lite" && keys.stride === 2);
    const halves = isLaidOut && isHalving;
    entries.push({ path: ["blocks", index], keys, kind: keys.block, inputs, outputs, isLaidOut, halves });
    if (isLaidOut) inputs = outputs;
  });
  return entries;
}

// The known input channels of each block that an entry lays out: the first's, and its repetitions'.
function inputWidths({ keys, inputs, outputs }) {
  const repeats = whole(keys.repeat ?? 1) > 1;
  const widths = new Set((repeats ? [inputs, outputs] : [inputs]).filter((width) => width !== null));
  return [...widths].sort((one, other) => one - other);
}

function keyBreaches({ keys, path, kind }) {
  const found = [];
  if (has(keys, "exp") && has(keys, "expand")) {
    found.push(breach([...path, "expand"], keys.expand, "'exp' is given as well", "give one of the two"));
  }
  if (!has(keys, "exp") && !has(keys, "expand")) {
    found.push(breach(path, keys, "needs 'exp' (channels) or 'expand' (a ratio to its input channels)"));
  }
  if (has(keys, "exp2") && (kind === "lite" || kind === "mf")) {
    found.push(breach([...path, "exp2"], keys.exp2, `only mf-down has a second expansion, not ${kind}`));
  }
  return found;
}

// Stride, kernel and repeat.
function stepBreaches({ keys, path, kind }) {
  const found = [];
  const [stride, kernel, repeat] = [whole(keys.stride), whole(keys.kernel), whole(keys.repeat)];
  if (kind === "mf" && stride === 2) {
    found.push(breach([...path, "stride"], 2, "an mf block has stride 1", "use mf-down to downsample"));
  }
  if (kind === "mf-down" && stride === 1) {
    found.push(breach([...path, "stride"], 1, "an mf-down block has stride 2", "use mf for stride 1"));
  }
  if (kernel && kernel % 2 === 0) found.push(breach([...path, "kernel"], kernel, ODD_KERNEL));
  if (repeat > 1 && (kind === "mf-down" || (kind === "lite" && stride === 2))) {
    found.push(breach([...path, "repeat"], repeat, "only a block of stride 1 can be repeated"));
  }
  return found;
}

const ODD_KERNEL = "must be odd, so that the padding keeps the resolution";

// The depthwise convolutions that expand have a whole number of filters a channel.
function expansionBreaches(entry) {
  const { keys, path, kind, outputs } = entry;
  const [expanded, second] = [whole(keys.exp), whole(keys.exp2)];
  const found = [];
  if ((kind === "lite" || kind === "mf-down") && expanded) {
    const widths = inputWidths(entry);
    for (const inputs of widths.filter((width) => expanded % width)) {
      const rule = `must be a multiple of the ${inputs} input channels: its depthwise convolution expands them`;
      found.push(breach([...path, "exp"], expanded, rule, multiples(expanded, widths.reduce(lcm))));
    }
  }
  if (kind === "mf-down" && second && outputs && second % outputs) {
    const rule = `must be a multiple of its ${outputs} output channels: a depthwise convolution expands them`;
    found.push(breach([...path, "exp2"], second, rule, multiples(second, outputs)));
  }
  return found;
}

// The groups divide each width that enters or leaves a 1×1 convolution.
function groupBreaches(entry, data) {
  const groups = whole(data.groups ?? 1);
  const broken = pointwiseWidths(entry).filter(([, , channels]) => groups && channels % groups);
  return broken.map(([path, name, channels]) => {
    const value = entry.keys[path.at(-1)];
    const rule = `its ${channels} ${name} channels cannot be split into the ${groups} groups of a 1×1 convolution`;
    return breach(path, value, rule, value === channels ? multiples(channels, groups) : "");
  });
}

// The widths that come of a ratio or of the width multiplier, which no key's own limit holds.
function sizeBreaches(entry) {
  const broken = pointwiseWidths(entry).filter(([, name, channels]) => channels > LIMITS.channels && name !== "input");
  return broken.map(([path, name, channels]) => {
    const rule = `its ${channels} ${name} channels exceed ${LIMITS.channels}`;
    return breach(path, entry.keys[path.at(-1)], rule);
  });
}

// [path of the key, name, channels] of each width of a 1×1 convolution.
function pointwiseWidths(entry) {
  const { keys, path, kind, inputs, outputs } = entry;
  const [expanded, ratio, second] = [whole(keys.exp), whole(keys.expand), whole(keys.exp2)];
  const found = [];
  if (kind === "mf" && inputs) found.push([path, "input", inputs]);
  if (expanded) found.push([[...path, "exp"], "expanded", expanded]);
  if (ratio) {
    for (const width of inputWidths(entry)) found.push([[...path, "expand"], "expanded", ratio * width]);
  }
  if (outputs) found.push([[...path, "out"], "output", outputs]);
  if (second) found.push([[...path, "exp2"], "second expanded", second]);
  return found;
}
