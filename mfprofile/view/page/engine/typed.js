// Whether each key of a spec is known and holds what it may, from FIELDS, in the words of Python's `spec/complaints.py`;
// and `problems`, all that is wrong with a spec.

const MOST_PROBLEMS = 100;
// What looks like a number and is text here, each with what to do; the first that fits holds.
const TRAPS = [
  [/^[-+]?[0-9]{31,}$/, () => "it is far too large"],
  [
    /^0[0-9]{1,30}$/,
    (text) =>
      `write ${text.replace(/^0+/, "") || "0"} without a leading zero, which would make it octal in YAML 1.1`,
  ],
  [/^[-+]?[0-9]+(\.[0-9]+)?$/, (text) => `write ${text}, without quotes`],
  [
    /^[0-9.]+[eE][-+]?[0-9]{1,3}$/,
    () => "write the number out: YAML reads an exponent now as a number, now as text",
  ],
  [/^[0-9]+(:[0-9]+)+$/, () => "YAML 1.1 would read the colon as base 60: write a plain number"],
];
const SWITCHES = { yes: "true", on: "true", y: "true", no: "false", off: "false", n: "false" };

function choiceRemedy(value) {
  if (!Array.isArray(value) && !(isMap(value) && (has(value, "from") || has(value, "to")))) return "";
  return "a list or range is a choice, which only a space may hold: give one value";
}

function numberRemedy(value) {
  if (typeof value === "boolean") return "true and false are no numbers";
  if (typeof value !== "string") return choiceRemedy(value);
  const text = value.trim().replaceAll("_", "");
  const trap = TRAPS.find(([pattern]) => pattern.test(text));
  return trap ? trap[1](text) : "";
}

// For each type of key: what is wrong with a value as [rule, remedy], or null.
const CHECKS = {
  whole(value, { least, most, word }) {
    if (word !== undefined && value === word) return null;
    if (!Number.isInteger(value)) return ["must be a whole number", numberRemedy(value)];
    if (value < least) return [`must be at least ${least}`, ""];
    return value > most ? [`must be at most ${most}`, ""] : null;
  },
  number(value, { above, most }) {
    if (!Number.isFinite(value)) return ["must be a number", numberRemedy(value)];
    if (value <= above) return [`must be more than ${above}`, ""];
    return value > most ? [`must be at most ${most}`, ""] : null;
  },
  switch(value) {
    if (typeof value === "boolean") return null;
    const word = String(value).toLowerCase();
    return ["must be true or false", has(SWITCHES, word) ? `write ${SWITCHES[word]}` : choiceRemedy(value)];
  },
  choice(value, { words }) {
    if (words.includes(value)) return null;
    const quoted = words.map((word) => `'${word}'`);
    const rule = `must be ${[quoted.slice(0, -1).join(", "), quoted.at(-1)].filter(Boolean).join(" or ")}`;
    return [rule, choiceRemedy(value) || nearest(value, words)];
  },
  resolution(value) {
    const written = typeof value === "string" && /^[1-9][0-9]{0,30}x[1-9][0-9]{0,30}$/.test(value);
    if (!written && !Number.isInteger(value)) {
      const rule = "must be a whole number of pixels, or HEIGHTxWIDTH as in 225x321";
      return [rule, choiceRemedy(value) || numberRemedy(value)];
    }
    const fits = sides(value).every((side) => side >= 1 && side <= LIMITS.pixels);
    return fits ? null : [`must be between 1 and ${LIMITS.pixels} pixels`, ""];
  },
  list(value) {
    if (Array.isArray(value)) return null;
    return ["must be a list of blocks, as in '- {block: mf, exp: 96, out: 24}'", ""];
  },
  map(value, { word }, section) {
    if (isMap(value) || (word !== undefined && value === word)) return null;
    if (section === "budget") return [`must be a map (max, min), ${BUDGET_EXAMPLE}`, ""];
    const rule = `must be a map (${knownKeys(section).join(", ")})`;
    return word === undefined ? [rule, choiceRemedy(value)] : [`${rule} or '${word}'`, ""];
  },
};

function knownKeys(section) {
  return section === "" ? ["extends", ...Object.keys(FIELDS[section])] : Object.keys(FIELDS[section]);
}

// What is of a wrong type or size in a section: its keys in their order, then those that it does not know.
function sectionFaults(section, map, path) {
  const found = Object.entries(FIELDS[section]).flatMap(([key, field]) => {
    const inner = [...path, key];
    if (has(map, key)) return valueFaults(key, field, map[key], inner);
    return field.required ? [breach(inner, undefined, "is missing")] : [];
  });
  const unknown = Object.keys(map).filter((key) => !has(FIELDS[section], key) && (section !== "" || key !== "name"));
  return [...found, ...unknown.map((key) => unknownKey(section, key, path))];
}

function unknownKey(section, key, path) {
  const inner = [...path, key];
  if (section === "" && key === "extends") {
    const rule = "must stand in the spec itself, not in a change to it";
    return breach(inner, undefined, rule, "load the other spec instead");
  }
  return breach(inner, undefined, "unknown key", nearest(key, knownKeys(section)));
}

function valueFaults(key, field, value, path) {
  const wrong = CHECKS[field.type](value, field, key);
  if (wrong) return [breach(path, value, ...wrong)];
  if (field.type === "list") return value.flatMap((entry, index) => entryFaults(key, entry, [...path, index]));
  return field.type === "map" && has(FIELDS, key) && isMap(value) ? sectionFaults(key, value, path) : [];
}

function entryFaults(section, entry, path) {
  if (isMap(entry)) return sectionFaults(section, entry, path);
  return [breach(path, entry, ...CHECKS.map(entry, {}, section))];
}

// ---- all that is wrong

function dotted(path) {
  return path.map((part) => (typeof part === "number" ? part + 1 : part)).join(".");
}

// A problem for each key or entry without a value.
function emptyProblems(value, path = []) {
  if (typeof value !== "object" || value === null) return [];
  const children = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return children.flatMap(([key, child]) => {
    const inner = [...path, key];
    const empty = child === null || child === undefined;
    const own = empty ? [breach(inner, undefined, "is empty", "give a value, or leave the key away")] : [];
    return [...own, ...emptyProblems(child, inner)];
  });
}

// The value without the keys that are empty.
function withoutEmpty(value) {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isMap(value)) return value;
  const given = Object.entries(value).filter(([, child]) => child !== null && child !== undefined);
  return Object.fromEntries(given.map(([key, child]) => [key, withoutEmpty(child)]));
}

// A number as Python writes a float.
function floating(number) {
  if (Number.isInteger(number)) return `${number}.0`;
  const [mantissa, exponent] = number.toExponential().split("e");
  return Number(exponent) < -4 ? `${mantissa}e-${String(-exponent).padStart(2, "0")}` : String(number);
}

function brokenRules(data, faults) {
  const isNumber = typeof data.width === "number";
  if (faults.length === 0 && isNumber && data.width !== 1) {
    const when = ` (after width ${floating(data.width)})`;
    const found = breaches(scaled(completed(data)));
    return found.map((each) => ({ ...each, rule: each.rule + when }));
  }
  return faults.length === 0 || !isNumber ? breaches(data) : [];
}

// All that is wrong with a spec, each a broken rule: [] for one that can be counted. Of a value that is of a wrong type
// or size one problem is enough.
function problems(spec) {
  if (!isMap(spec)) {
    return [{ ...breach([], spec, "must be a map of keys such as 'stem' and 'blocks'"), key: "" }];
  }
  const empty = emptyProblems(spec);
  const data = withoutEmpty(spec);
  const faults = sectionFaults("", data, []);
  const named = has(data, "name") ? [breach(["name"], undefined, "unknown key", "name the file")] : [];
  const isEmpty = new Set(empty.map(({ path }) => dotted(path)));
  const first = [...empty, ...named, ...faults.filter(({ path }) => !isEmpty.has(dotted(path)))];
  const told = new Set(first.map(({ path }) => dotted(path)));
  const limits = isMap(data.budget) ? bounds(data.budget).filter((found) => !("name" in found)) : [];
  const later = [
    ...brokenRules(data, faults).slice(0, MOST_PROBLEMS + 1),
    ...limits.slice(0, MOST_PROBLEMS + 1).map((each) => ({ ...each, path: ["budget", ...each.path] })),
  ];
  const found = [...first, ...later.filter(({ path }) => !told.has(dotted(path)))];
  return found.map((each) => ({ ...each, key: dotted(each.path) }));
}
