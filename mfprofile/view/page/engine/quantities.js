// Amounts as people write them (300M, 12MB, 10%), and the limits of a `budget:`.

const AMOUNT = /^(\d{1,30}(?:_\d{3})*(?:\.\d{1,30})?)[ \t-\r]*([A-Za-zµμ]{0,12})$/;
const PERCENT = /^(\d{1,30}(?:\.\d{1,30})?)[ \t-\r]*%$/;
const AROUND = /^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g; // what Python's `strip` removes

// What a pattern captures of a value's text, [] where it does not match.
function captured(pattern, value) {
  return (pattern.exec(String(value).replace(AROUND, "")) ?? []).slice(1);
}

// The whole number that a value means, in "count", "bytes" or "time" (ns), or null. One above 2^53 is null as well: it is not exact.
function wholeAmount(value, units) {
  const [digits, unit = ""] = captured(AMOUNT, value);
  const scale = UNITS[units][unit.toUpperCase()];
  if (digits === undefined || scale === undefined) return null;
  if (units === "time" && !unit && Number(digits.replaceAll("_", ""))) return null; // 12 could be milliseconds
  const [top, bottom] = fraction(digits.replaceAll("_", ""));
  const amount = top * BigInt(scale);
  return amount % bottom || amount / bottom > Number.MAX_SAFE_INTEGER ? null : Number(amount / bottom);
}

// The decimal of a percentage up to 100, as it was written, or null.
function percentOf(value) {
  const [percent] = captured(PERCENT, value);
  return percent !== undefined && Number(percent) <= 100 ? percent : null;
}

// The limits of a valid spec: {name, most, amount}, or {name, most, percent} for a pillar's share. Each has the
// `convention` of the budget, if it has one.
function budget({ budget: { convention, ...sides } = {} }) {
  return Object.entries(sides).flatMap(([side, limits]) =>
    named(limits).map(([name, value]) => ({ name, most: side === "max", convention, ...amountOf(name, value) })),
  );
}

// A map's [name, value] pairs, those of an inner map with a dotted name.
function named(map) {
  return Object.entries(map).flatMap(([key, value]) =>
    isMap(value) ? named(value).map(([inner, each]) => [`${key}.${inner}`, each]) : [[key, value]],
  );
}

// The name of a quantity without its pillar.
function innerName(name) {
  return name.split(".").at(-1);
}

function amountOf(name, value) {
  const percent = percentOf(value);
  return percent === null ? { amount: wholeAmount(value, UNITS_OF[innerName(name)] ?? "count") } : { percent };
}

// Each limit compared with a bill: `counted`, `allowed` (the last whole number that holds) and `holds`. They are null for
// memory, for a latency that is not predicted, and for a limit in another convention, where it matters.
function findings(bill, limits) {
  const pillars = Object.fromEntries(bill.by("pillar").map((total) => [total.name, total]));
  return limits.map((limit) => {
    const [inner, pillar] = limit.name.split(".").reverse();
    const isKnown = inner in UNITS_OF ? typeof bill[inner] === "number" : (limit.convention ?? bill.convention) === bill.convention;
    if (!isKnown) return { ...limit, counted: null, allowed: limit.amount ?? null, holds: null };
    const counted = pillar === undefined ? bill[inner] : (pillars[pillar]?.[inner] ?? 0);
    const allowed = limit.amount ?? partOf(limit, bill[inner]);
    return { ...limit, counted, allowed, holds: limit.most ? counted <= allowed : counted >= allowed };
  });
}

// A share of a whole: rounded down where it is the most that is allowed, up where it is the least.
function partOf({ percent, most }, whole) {
  const [top, bottom] = fraction(percent);
  const [dividend, divisor] = [top * BigInt(whole), 100n * bottom];
  return Number(most ? dividend / divisor : (dividend + divisor - 1n) / divisor);
}
