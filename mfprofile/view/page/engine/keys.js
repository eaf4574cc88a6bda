// Each key of a spec alone: whether it is known, and whether its value is one that FIELDS allows.

const FITS = {
  whole: (value, { least, most }) => Number.isInteger(value) && value >= least && value <= most,
  number: (value, { above, most }) => typeof value === "number" && value > above && value <= most,
  switch: (value) => typeof value === "boolean",
  choice: () => false, // its words are all that it may be
  resolution: (value, { pattern, most }) =>
    (Number.isInteger(value) || RegExp(pattern).test(value)) && sides(value).every((side) => side >= 1 && side <= most),
  amount: (value, { units }) => wholeAmount(value, units) !== null,
  share: (value, { units }) => percentOf(value) !== null || wholeAmount(value, units) !== null,
  map: isMap,
  list: Array.isArray,
};

// The problems, {key, reason, also}, of a value and of all that it holds.
function keyProblems(key, value, field) {
  if (field.words?.includes(value)) return [];
  if (!FITS[field.type](value, field)) return [{ key, reason: withNearest(field.reason, value, field.words), also: [] }];
  const keyOf = (name) => (key ? `${key}.${name}` : name);
  const { type, each: entry } = field;
  if (type === "list") return [...value].flatMap((each, index) => keyProblems(keyOf(index + 1), each, entry));
  if (type !== "map") return [];
  const missing = field.required.filter((name) => !has(value, name));
  return [
    ...missing.map((name) => ({ key: keyOf(name), reason: `is missing: ${field.keys[name].reason}`, also: [] })),
    ...Object.entries(value).flatMap(([name, each]) => {
      if (has(field.keys, name)) return keyProblems(keyOf(name), each, field.keys[name]);
      return [{ key: keyOf(name), reason: unknownKey(name, field), also: [] }];
    }),
  ];
}

function unknownKey(name, field) {
  return withNearest("unknown key", name, Object.keys(field.keys));
}

// What is wrong with a change of one key, "" if the spec has such a key and the value fits where it holds other keys.
// `value` is undefined where the key is removed.
function changeProblem(key, value, { blocks }) {
  let field = FIELDS;
  const path = [];
  const at = (last) => shownKey(path.slice(0, last).join("."));
  for (const part of key.split(".")) {
    path.push(part);
    if (field.type === "list") {
      if (!/^\d{1,5}$/.test(part) || !has(blocks, part - 1)) return `${at()}: no such entry: blocks has entries 1 to ${blocks.length}`;
      field = field.each;
    } else if (field.type !== "map") return `${at(-1)}: ${field.reason}`;
    else if (has(field.keys, part)) field = field.keys[part];
    else return `${at()}: ${unknownKey(part, field)}`;
  }
  const holds = field.type === "list" || path.at(-2) === "blocks" || (field.type === "map" && value !== undefined);
  return holds && !field.words?.includes(value) ? `${key} = ${shownValue(value)}: ${field.reason}` : "";
}

// A key at the beginning of a line, in quotes if it has letters that no key has.
function shownKey(key) {
  return /^[\w.-]+$/.test(key) ? key : `'${key}'`;
}

function shownValue(value) {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : `'${value ?? ""}'`;
}

// ---- similar words, as Python's difflib finds them

// A reason with the word that was probably meant, if there is one.
function withNearest(reason, word, words) {
  const meant = nearest(String(word), words ?? []);
  return meant ? `${reason}; did you mean '${meant}'?` : reason;
}

// The most similar of the words, or undefined where none is similar.
function nearest(word, words) {
  const given = word.toLowerCase();
  if (given.length > 60) return undefined;
  const ranked = words.map((each) => [(2 * commonLetters(each, given)) / (each.length + given.length), each]);
  return ranked.filter(([ratio]) => ratio >= 0.6).sort().at(-1)?.[1];
}

// How many letters two texts have in common: those of the longest common run, and of the texts on either side of it.
function commonLetters(one, other) {
  let [size, first, second] = [0, 0, 0];
  for (let i = 0; i < one.length; i += 1) {
    for (let j = 0; j < other.length; j += 1) {
      let run = 0;
      while (i + run < one.length && one[i + run] === other[j + run]) run += 1;
      if (run > size) [size, first, second] = [run, i, j];
    }
  }
  if (!size) return 0;
  return size + commonLetters(one.slice(0, first), other.slice(0, second)) + commonLetters(one.slice(first + size), other.slice(second + size));
}
