// The setting of the knobs: a spec, as a plain mapping, and how it differs from the page's original.
// Keys are dotted and count blocks from 1, as in `--set blocks.8.out=112`.

function pathOf(key) {
  return key.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) - 1 : part));
}

function valueAt(spec, key) {
  return pathOf(key).reduce((value, part) => (value === null || typeof value !== "object" ? undefined : value[part]), spec);
}

/** Return a copy of a spec with one value set, or removed if it is undefined. */
function withValue(spec, key, value) {
  const copy = structuredClone(spec);
  const path = pathOf(key);
  const last = path.pop();
  let place = copy;
  for (const part of path) {
    if (place[part] === null || typeof place[part] !== "object") place[part] = {};
    place = place[part];
  }
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

/** Return a spec with one knob turned: its value set or, if it is undefined, removed with the maps that are empty then. */
function turned(spec, key, value) {
  const copy = withValue(spec, key, value);
  return value === undefined ? withoutEmpty(copy, key) : copy;
}

/** Return the spec without an empty parent of a removed key: an empty budget is no budget, empty tokens are no tokens. */
function withoutEmpty(spec, key) {
  const parent = key.split(".").slice(0, -1).join(".");
  const value = ["budget", "tokens"].includes(parent.split(".")[0]) ? valueAt(spec, parent) : null;
  return value && !Object.keys(value).length ? turned(spec, parent, undefined) : spec;
}

/** Return the value that a text means: a number, true or false, or a word. */
function read(text) {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed) || /^(\d+\.\d*|\.\d+)$/.test(trimmed)) return Number(trimmed);
  return { true: true, false: false }[trimmed] ?? trimmed;
}

/** Return the leaves of a spec by their keys. */
function leaves(value, prefix = "", result = new Map()) {
  for (const [name, inner] of Object.entries(value)) {
    const key = prefix + (Array.isArray(value) ? Number(name) + 1 : name);
    if (inner !== null && typeof inner === "object") leaves(inner, `${key}.`, result);
    else result.set(key, inner);
  }
  return result;
}

/** Return the changes that make `spec` out of `original`: a key with its value, or with "" if it was removed. */
function changes(spec, original) {
  const [now, before] = [leaves(spec), leaves(original)];
  const changed = [...now].filter(([key, value]) => before.get(key) !== value);
  const replaced = (key) => changed.some(([other]) => key.startsWith(`${other}.`));
  const gone = [...before.keys()].filter((key) => !now.has(key) && !replaced(key)).map((key) => [key, ""]);
  return [...gone, ...changed];
}
