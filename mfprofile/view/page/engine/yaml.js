// A spec as YAML, in the style of the shipped specs: whole, or as changes to a spec that it extends.

const ORDER = ["input", "classes", "tokens", "stem", "blocks", "head"];
const BLOCK_ORDER = ["block", "exp", "expand", "out", "exp2", "stride", "kernel", "repeat"];
const ALWAYS = ["input", "classes"]; // written even where they are the default
const COLUMNS = ["block", "exp", "out"]; // of a list of blocks; what follows is not aligned

// A valid spec as YAML text; with `patch`, {extends: a name, base: that spec}, only what differs from the base.
function yaml(spec, patch) {
  if (patch === undefined) return lines(shortened(spec));
  return `extends: ${patch.extends}\n${lines(difference(filled(spec), filled(patch.base)))}`;
}

// The spec without the values that equal the defaults.
function shortened(spec) {
  const kept = Object.entries(spec).flatMap(([key, value]) => {
    if (key === "blocks") return [[key, value.map(entryOf)]];
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

// A block's keys in the order in which they are written, without a repeat of 1.
function entryOf(block) {
  const keys = BLOCK_ORDER.filter((key) => has(block, key) && (key !== "repeat" || block.repeat !== 1));
  return Object.fromEntries(keys.map((key) => [key, block[key]]));
}

// The spec with its defaults, its blocks as they are written.
function filled(spec) {
  return { ...completed(spec), blocks: spec.blocks.map(entryOf) };
}

// What changes `base` to `own`: maps merge, a map over a list patches its entries by number, and
// `none` removes a key.
function difference(own, base) {
  const changed = {};
  for (const [key, value] of Object.entries(own)) {
    if (!has(base, key)) changed[key] = value;
    else if (!isEqual(value, base[key])) changed[key] = replacement(key, value, base[key]);
  }
  const given = new Set(Object.keys(changed));
  for (const key of Object.keys(base).filter((each) => !has(own, each))) {
    const rival = { exp: "expand", expand: "exp" }[key]; // giving one removes the other
    if (!given.has(rival)) changed[key] = key === "repeat" ? 1 : "none";
  }
  return changed;
}

function replacement(key, value, base) {
  if (isMap(value) && isMap(base)) return difference(value, base);
  if (key !== "blocks" || value.length !== base.length) return value;
  const entries = value.map((block, index) => [index + 1, difference(block, base[index])]);
  return Object.fromEntries(entries.filter(([, changed]) => Object.keys(changed).length));
}

function isEqual(one, other) {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  const keys = Object.keys(one);
  const isSame = (key) => has(other, key) && isEqual(one[key], other[key]);
  return keys.length === Object.keys(other).length && keys.every(isSame);
}

// ---- the text

function lines(data) {
  const keys = [...new Set([...ORDER.filter((key) => has(data, key)), ...Object.keys(data)])];
  return keys.map((key) => entryLines(key, data[key])).join("");
}

function entryLines(key, value) {
  if (key !== "blocks") return `${pair([key, value])}\n`;
  const written = Array.isArray(value) ? aligned(value) : Object.entries(value).map(pair);
  return `${key}:\n${written.map((line) => `  ${line}\n`).join("")}`;
}

// A line for each block, its kind, expansion and output in columns.
function aligned(blocks) {
  const rows = blocks.map((block) => Object.entries(block).map(pair));
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => {
    const padded = row.slice(0, -1).map((cell, index) => `${cell},`.padEnd((widths[index] ?? 0) + 1));
    return `- {${[...padded, row.at(-1)].join(" ")}}`;
  });
}

function pair([key, value]) {
  return `${key}: ${isMap(value) ? `{${Object.entries(value).map(pair).join(", ")}}` : scalar(value)}`;
}

// A number without an exponent, a plain word as it is, other text in quotes.
function scalar(value) {
  if (typeof value === "number") return decimal(value);
  if (typeof value !== "string") return String(value);
  const isWord = /^[A-Za-z0-9](?:[A-Za-z0-9 %._-]*[A-Za-z0-9%])?$/.test(value) && !/^[0-9._]*$/.test(value);
  return isWord ? value : JSON.stringify(value);
}

function decimal(number) {
  const [top, bottom] = fraction(number);
  const places = String(bottom).length - 1;
  const digits = String(top).padStart(places + 1, "0");
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}
