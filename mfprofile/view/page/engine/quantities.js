// Amounts as people write them (300M, 12MB, 10%), and the limits of a `budget:`.

const COUNT_UNITS = { "": 1n, K: 10n ** 3n, M: 10n ** 6n, G: 10n ** 9n, B: 10n ** 9n, T: 10n ** 12n };
const BYTE_UNITS = { "": 1n, B: 1n };
[..."KMGT"].forEach((letter, index) => {
  BYTE_UNITS[letter] = BYTE_UNITS[`${letter}B`] = 1000n ** BigInt(index + 1);
  BYTE_UNITS[`${letter}IB`] = 1024n ** BigInt(index + 1);
});
const AMOUNT = /^([0-9]{1,30}(?:_[0-9]{3})*)(?:\.([0-9]{1,30}))?\s*([A-Za-z]{0,12})$/;
const FLOPS = /^([KMGT]?)FLOPS?$/;
const PERCENT = /^([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*%$/;

class QuantityError extends Error {}

// The whole number that a text means, of any size; throws a QuantityError with the rule.
function wholeAmount(text, inBytes) {
  const example = inBytes ? "12MB, 1.5MiB or 12_000_000" : "300M, 0.3G or 300_000_000";
  const units = inBytes ? BYTE_UNITS : COUNT_UNITS;
  const found = ["string", "number"].includes(typeof text) && AMOUNT.exec(String(text).trim());
  if (!found) throw new QuantityError(`must be an amount such as ${example}`);
  const [, whole, part = "", written] = found;
  const unit = written.toUpperCase();
  const digits = whole.replaceAll("_", "");
  const flops = FLOPS.exec(unit);
  if (flops) throw new QuantityError(whichMeant(digits, part, whole, flops[1].replace("K", "k")));
  if (!has(units, unit)) throw new QuantityError(`'${written}' is no unit; write an amount such as ${example}`);
  const [amount, scale] = [BigInt(digits + part) * units[unit], 10n ** BigInt(part.length)];
  if (amount % scale !== 0n) throw new QuantityError(`is no whole number; write an amount such as ${example}`);
  return amount / scale;
}

function whichMeant(digits, part, whole, letter) {
  const half = general(Number(part ? `${digits}.${part}` : digits) / 2);
  const given = part ? `${whole}.${part}` : whole;
  return (
    "1 multiply-add is 2 FLOPs, and papers use the word for either: " +
    `write ${half}${letter} if products and sums were counted, ${given}${letter} if multiply-adds were`
  );
}

// A number as Python's format `g` writes it: six significant digits, an exponent where it is large or small.
function general(number) {
  const [mantissa, exponent] = number.toExponential(5).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(number.toPrecision(6)));
  const sign = power < 0 ? "-" : "+";
  return `${Number(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}

// The number of "300M" or, in bytes, of "12MB"; throws an Error with the rule's text, a RangeError beyond 2^53.
function quantity(text, inBytes = false) {
  return safe(wholeAmount(text, inBytes));
}

function safe(amount) {
  if (amount <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(amount);
  throw new RangeError("is more than this page can count: 2^53 at most");
}

// A percentage as [the decimal as it was written, its numerator, its denominator], or null.
function share(value) {
  const found = typeof value === "string" && PERCENT.exec(value.trim());
  if (!found) return null;
  const [whole, part = ""] = found[1].split(".");
  return [found[1], BigInt(whole + part), 100n * 10n ** BigInt(part.length)];
}

function limitNames() {
  return [...ADDITIVE, MEMORY, ...PILLARS.flatMap((pillar) => ADDITIVE.map((amount) => `${pillar}.${amount}`))];
}

// What a limit on `name` allows: {whole: a BigInt} or {percent, share: [numerator, denominator]}.
function amountOf(name, value) {
  const part = share(value);
  if (part === null) return { whole: wholeAmount(value, name === MEMORY) };
  const [percent, top, bottom] = part;
  if (!name.includes(".")) {
    const rule = `only a pillar has a share, as in former.madds: the whole network has 100 % of its ${name}`;
    throw new QuantityError(rule);
  }
  if (top > bottom) throw new QuantityError("a pillar's share cannot be more than 100 %");
  return { percent, share: [top, bottom] };
}

// Each limit of a `budget:` map, and a fault for each thing in it that is none.
function bounds(map) {
  return Object.entries(map).flatMap(([side, limits]) => {
    if (side !== "max" && side !== "min") return [fault([side], undefined, "unknown key", insteadOf(side, limits))];
    if (!isMap(limits)) return [fault([side], limits, "must be a map of limits, as in '{madds: 300M}'")];
    return Object.entries(limits).flatMap(([key, value]) => boundsUnder(side, key, value));
  });
}

function boundsUnder(side, key, value) {
  if (!PILLARS.includes(key)) return [bound([side, key], key, value)];
  if (isMap(value)) {
    return Object.entries(value).map(([inner, amount]) => bound([side, key, inner], `${key}.${inner}`, amount));
  }
  return [fault([side, key], value, `must be a map (${ADDITIVE.join(", ")}), as in '{madds: 10%}'`)];
}

function fault(path, value, rule, remedy = "") {
  return { path, value, rule, remedy };
}

function bound(path, name, value) {
  if (!limitNames().includes(name) || path.at(-1).includes(".")) {
    return fault(path, undefined, ...unknownLimit(path.at(-1), name, value));
  }
  try {
    return { name, most: path[0] === "max", ...amountOf(name, value) };
  } catch (error) {
    if (error instanceof QuantityError) return fault(path, value, error.message);
    throw error;
  }
}

function unknownLimit(key, name, value) {
  const [pillar, ...rest] = key.split(".");
  if (rest.length && limitNames().includes(key)) {
    return ["unknown key", `write it as '${pillar}: {${rest.join(".")}: ${printed(value)}}'`];
  }
  if (name.endsWith(`.${MEMORY}`)) {
    return ["memory is the whole network's: a pillar has none of its own", `there are ${ADDITIVE.join(", ")}`];
  }
  const known = name.includes(".") ? ADDITIVE : [...ADDITIVE, MEMORY, ...PILLARS];
  return ["unknown key", nearest(key, known) || `there are ${known.join(", ")}`];
}

function insteadOf(key, value) {
  const dash = key.indexOf("-");
  const side = key.slice(0, dash);
  if (dash >= 0 && (side === "max" || side === "min")) {
    return `write it as '${side}: {${key.slice(dash + 1)}: ${printed(value)}}'`;
  }
  const plainValue = typeof value !== "object";
  if ([...ADDITIVE, MEMORY, ...PILLARS].includes(key.split(".")[0]) && plainValue) {
    return `write it as 'max: {${key}: ${printed(value)}}', or under 'min'`;
  }
  return nearest(key, ["max", "min"]) || `limits stand under 'max' and 'min', ${BUDGET_EXAMPLE}`;
}

// A value as Python prints it.
function printed(value, inner = false) {
  if (typeof value === "string") return inner ? `'${value}'` : value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : floating(value);
  if (Array.isArray(value)) return `[${value.map((each) => printed(each, true)).join(", ")}]`;
  if (!isMap(value)) return String(value);
  return `{${Object.entries(value).map(([key, each]) => `'${key}': ${printed(each, true)}`).join(", ")}}`;
}

// The limits of a spec without problems: {name, most, amount}, or {name, most, percent} for a pillar's share, the
// decimal as it was written.
function budget(spec) {
  return bounds(isMap(spec.budget) ? spec.budget : {}).filter((found) => "name" in found).map(shownLimit);
}

function shownLimit({ name, most, whole, percent }) {
  return whole === undefined ? { name, most, percent } : { name, most, amount: safe(whole) };
}

// Each limit held against a bill: `counted` of it, the whole number that it may just reach (`allowed`; of a share that
// part of `whole`), and whether it `holds`, exactly. What a bill does not know, memory, is null.
function findings(counted, limits) {
  const pillars = new Map(counted.by("pillar").map((total) => [total.name, total]));
  return limits.map((limit) => {
    if (limit.name === MEMORY) return { ...limit, counted: null, allowed: limit.amount, whole: null, holds: null };
    const [pillar, inner] = limit.name.includes(".") ? limit.name.split(".") : [null, limit.name];
    const found = pillar === null ? counted[inner] : (pillars.get(pillar)?.[inner] ?? 0);
    const whole = limit.percent === undefined ? null : counted[inner];
    const allowed = whole === null ? limit.amount : partOf(limit, whole);
    return { ...limit, counted: found, allowed, whole, holds: limit.most ? found <= allowed : found >= allowed };
  });
}

// A share of a whole, down where it is the most that is allowed, up where it is the least.
function partOf({ percent, most }, whole) {
  const [, top, bottom] = share(`${percent}%`);
  const product = top * BigInt(whole);
  return Number(most ? product / bottom : (product + bottom - 1n) / bottom);
}
