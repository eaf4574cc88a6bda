// A spec as YAML, written as the specs that ship are: whole, or as a patch of one that it extends.

const ORDER = ["input", "classes", "tokens", "stem", "blocks", "head"];
const BLOCK_ORDER = ["block", "exp", "expand", "out", "exp2", "stride", "kernel", "repeat"];
const ALWAYS = ["input", "classes"]; // written even where they are the default
const COLUMNS = ["block", "exp", "out"]; // of a list of blocks; what follows is not aligned

// The spec as YAML text; with `patch`, {extends: a name, base: that spec}, only what differs from the base.
function yaml(spec, patch) {
  if (patch === undefined) return lines(shortened(withoutEmpty(spec)));
  const [own, base] = [withoutEmpty(spec), withoutEmpty(patch.base)].map(filled);
  return `extends: ${scalar(patch.extends)}\n${lines(difference(own, base, ""))}`;
}

// The spec without what says no more than the defaults.
function shortened(spec) {
  const kept = Object.entries(spec).flatMap(([key, value]) => {
    if (key === "blocks" && Array.isArray(value)) return [[key, value.map((block) => entryOf(block))]];
    const usual = DEFAULTS[key];
    if (isMap(usual) && isMap(value)) {
      const differing = Object.entries(value).filter(([inner, each]) => each !== usual[inner]);
      return differing.length ? [[key, Object.fromEntries(differing)]] : [];
    }
    return value === usual && !ALWAYS.includes(key) ? [] : [[key, value]];
  });
  const always = ALWAYS.filter((key) => !has(spec, key)).map((key) => [key, DEFAULTS[key]]);
  return Object.fromEntries([...always, ...kept]);
}

// A block's keys in the order in which they are written, without a repeat that says nothing.
function entryOf(block) {
  if (!isMap(block)) return block;
  const keys = [...BLOCK_ORDER.filter((key) => has(block, key)), ...Object.keys(block)];
  const kept = [...new Set(keys)].filter((key) => key !== "repeat" || block.repeat !== 1);
  return Object.fromEntries(kept.map((key) => [key, block[key]]));
}

// The spec with its defaults, where its shape allows; a default that is written out differs from none.
function filled(spec) {
  const blocks = Array.isArray(spec.blocks) ? spec.blocks.map(entryOf) : spec.blocks;
  return Array.isArray(spec.blocks) && spec.blocks.every(isMap)
    ? { ...completed(spec), blocks }
    : { ...DEFAULTS, ...spec, blocks };
}

// What to lay over `base` to have `own`: maps merge, all else replaces, a map over a list patches its entries by
// number, and `none` takes a key away.
function difference(own, base, path) {
  const changed = {};
  for (const [key, value] of Object.entries(own)) {
    if (!has(base, key)) changed[key] = value;
    else if (!isEqual(value, base[key])) changed[key] = replacement(key, value, base[key], path);
  }
  const given = new Set(Object.keys(changed));
  for (const key of Object.keys(base).filter((each) => !has(own, each))) {
    const rival = { exp: "expand", expand: "exp" }[key]; // the one takes the other away
    if (!given.has(rival)) changed[key] = key === "repeat" ? 1 : "none";
  }
  return changed;
}

function replacement(key, value, base, path) {
  if (isMap(value) && isMap(base)) return difference(value, base, `${path}${key}.`);
  const patches = key === "blocks" && path === "" && Array.isArray(value) && Array.isArray(base);
  if (!patches || value.length !== base.length || ![...value, ...base].every(isMap)) return value;
  const entries = value.map((block, index) => [index + 1, difference(block, base[index], "blocks.")]);
  return Object.fromEntries(entries.filter(([, changed]) => Object.keys(changed).length));
}

function isEqual(one, other) {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  const isSame = Array.isArray(one) === Array.isArray(other) && keys.length === others.length;
  return isSame && keys.every((key) => has(other, key) && isEqual(one[key], other[key]));
}

// ---- the text

function lines(data) {
  const keys = [...new Set([...ORDER.filter((key) => has(data, key)), ...Object.keys(data)])];
  return keys.map((key) => entryLines(key, data[key])).join("");
}

function entryLines(key, value) {
  if (key !== "blocks" || typeof value !== "object" || Object.keys(value).length === 0) {
    return `${scalar(key)}: ${flow(value)}\n`;
  }
  const written = Array.isArray(value) ? aligned(value) : patchLines(value);
  return `${key}:\n${written.map((line) => `  ${line}\n`).join("")}`;
}

function patchLines(patches) {
  return Object.entries(patches).map(([number, changed]) => `${number}: ${flow(changed)}`);
}

// A line for each block, its kind, expansion and output below one another.
function aligned(blocks) {
  const cells = blocks.map((block) => (isMap(block) ? Object.entries(block).map(pair) : []));
  const columns = blocks.map((block) => (isMap(block) ? Object.keys(block).map(columnOf) : []));
  const widths = COLUMNS.map((_, column) =>
    Math.max(0, ...cells.flatMap((row, at) => row.filter((cell, index) => columns[at][index] === column).map(length))),
  );
  return blocks.map((block, at) => {
    if (!isMap(block)) return `- ${flow(block)}`;
    const inOrder = columns[at].every((column, index) => index >= COLUMNS.length || column === index);
    const padded = cells[at].map((cell, index) => {
      if (index === cells[at].length - 1) return cell;
      return `${cell},`.padEnd(inOrder && index < COLUMNS.length ? widths[index] + 1 : 0);
    });
    return `- {${padded.join(" ")}}`;
  });
}

function columnOf(key) {
  return COLUMNS.indexOf(key === "expand" ? "exp" : key);
}

function length(text) {
  return text.length;
}

function pair([key, value]) {
  return `${scalar(key)}: ${flow(value)}`;
}

function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  return isMap(value) ? `{${Object.entries(value).map(pair).join(", ")}}` : scalar(value);
}

// A number without an exponent, a word as it is where it is plainly a word, other text in quotes.
function scalar(value) {
  if (typeof value === "number") return decimal(value);
  if (typeof value !== "string") return String(value);
  const isWord = /^[A-Za-z0-9](?:[A-Za-z0-9 %._-]*[A-Za-z0-9%])?$/.test(value);
  const readsOtherwise = /^[0-9._]*$/.test(value) || ["true", "false", "null"].includes(value);
  return isWord && !readsOtherwise ? value : quoted(value);
}

function quoted(text) {
  const isPrintable = !/[\u0000-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ud800-\udfff]/.test(text);
  return isPrintable ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

function decimal(number) {
  if (Number.isInteger(number) || !Number.isFinite(number)) return String(number);
  const [top, bottom] = fraction(Math.abs(number));
  const places = String(bottom).length - 1;
  const digits = String(top).padStart(places + 1, "0");
  const written = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return number < 0 ? `-${written}` : written;
}
