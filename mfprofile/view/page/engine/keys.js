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

// The problems, {key, reason}, of a value and of all that it holds.
function keyProblems(key, value, field) {
  if (field.words?.includes(value)) return [];
  if (!FITS[field.type](value, field)) return [{ key, reason: field.reason }];
  const keyOf = (name) => (key ? `${key}.${name}` : name);
  const { type, each: entry } = field;
  if (type === "list") return [...value].flatMap((each, index) => keyProblems(keyOf(index + 1), each, entry));
  if (type !== "map") return [];
  const missing = field.required.filter((name) => !has(value, name));
  return [
    ...missing.map((name) => ({ key: keyOf(name), reason: "is missing" })),
    ...Object.entries(value).flatMap(([name, each]) => {
      if (has(field.keys, name)) return keyProblems(keyOf(name), each, field.keys[name]);
      return [{ key: keyOf(name), reason: "unknown; press Reset to remove it" }];
    }),
  ];
}
