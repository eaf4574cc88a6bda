// The bill: a network's rows, one for each op, and their sums, with multiply-adds as a convention counts them. All are
// whole numbers. One that a JavaScript number cannot hold exactly is refused, not rounded.

function exact(amount) {
  if (amount <= Number.MAX_SAFE_INTEGER) return amount; // a rounded amount is above it, too
  throw new RangeError("the network is too large for this page: an amount is above 2^53 and would not be exact");
}

function setting(names, network, block) {
  const on = {
    residual: () => block.residual,
    tokens: () => network.tokens !== null,
    mlp: () => network.tokens !== null && network.attention === "mlp",
    relu: () => network.tokens === null || network.activation === "relu",
    ffn: () => network.ffn,
    gate: () => network.tokens !== null && network.gate,
    projections: () => network.tokens !== null && network.projections,
    final: () => network.final,
    head: () => network.head !== null,
    detector: () => network.detector !== null,
  };
  return names.map((name) => (on[name]() ? "1" : "0")).join("");
}

// Each op of a network in running order: its place and kind, `out` (the shape of its output) and its amounts.
// `products` are multiply-adds before a convention weighs them, `outputs` the number of values in `out`.
function rows(network) {
  const last = network.blocks.at(-1);
  const around = setting(FRAME_SWITCHES, network, last);
  return [
    ...LAYOUTS.before[around].flatMap((form) => placed(FORMS[form], network, last)),
    ...network.blocks.flatMap((block) =>
      LAYOUTS.blocks[`${block.kind} ${setting(BLOCK_SWITCHES, network, block)}`].flatMap((form) =>
        placed(FORMS[form], network, block),
      ),
    ),
    ...LAYOUTS.after[around].flatMap((form) => placed(FORMS[form], network, last)),
  ];
}

function placed(form, network, block) {
  const numbered = (text) => text.replace("#", block.number);
  const path = form.place.path && `${numbered(form.place.path)}.`;
  const place = { block: numbered(form.place.block), stage: form.stage(block), pillar: form.place.pillar };
  return form.ops(network, block).map(([name, kind, role, out, ...amounts]) => {
    const [products, elements, outputs, params, activations, calls] = amounts.map(exact);
    return { name: path + name, ...place, kind, role, out, products, elements, outputs, params, activations, calls };
  });
}

function weighed(row, weights) {
  const weight = weights[`${row.kind} ${row.role}`];
  if (weight === undefined) return 0;
  const [products, elements, outputs, params] = weight;
  return exact(products * row.products + elements * row.elements + outputs * row.outputs + params * row.params);
}

// The nanoseconds of an op on a device, null without a rate. Femtoseconds can be above 2^53, so all is BigInt.
function predicted({ kind, role, products, elements, params, calls }, { rates, batch }) {
  const rate = rates[`${kind} ${role}`];
  if (rate === undefined) return null;
  const nano = BigInt(FEMTOSECONDS);
  const time = femtoseconds([products, elements, params, calls].map(BigInt), rate.map(BigInt), BigInt(batch));
  return exact(Number((time + nano / 2n) / nano));
}

// What a device predicts for rows with their times: {latency, unpriced}, the kinds without a rate with their numbers.
function prediction(ops, device) {
  if (!device) return {};
  const unpriced = new Map();
  for (const { kind, latency } of ops) if (latency === null) unpriced.set(kind, (unpriced.get(kind) ?? 0) + 1);
  const latency = unpriced.size && !device.allows_unpriced ? null : sum(ops, "latency");
  return { latency, unpriced: [...unpriced].sort(), is_tested: !unpriced.size && isTested(ops, device) };
}

// Whether the error of a device holds for a network: its sums are near those of the networks that it was tested on.
function isTested(ops, { tested, batch }) {
  const of = (amount, counts = () => true) => sum(ops.filter(counts), amount);
  const used = ({ kind }) => kind !== "unused";
  const sums = [
    batch * of("products"), batch * of("products", ({ kind }) => kind === "depthwise"), batch * of("elements", used),
    batch * of("elements", ({ kind }) => kind === "softmax"), of("params", used), of("calls", ({ kind }) => !UNCALLED.includes(kind)),
  ];
  return tested === null || tested.every(([least, most], at) => least <= sums[at] && sums[at] <= most);
}

function sum(ops, amount) {
  return ops.reduce((total, row) => exact(total + row[amount]), 0);
}

// The bill of a valid spec, or of a network that `resolve` gave. Throws a RangeError for amounts above 2^53.
function bill(subject, conventionName = "core", device = null) {
  const convention = CONVENTIONS[conventionName];
  const network = has(subject, "bridge_heads") ? subject : resolve(subject);
  const ops = rows(network).map((row) => ({
    ...row,
    madds: weighed(row, convention.weights),
    ...(device && { latency: predicted(row, device) }),
  }));
  const counted = ops.filter((row) => !convention.uncounted_params.includes(row.kind));
  return {
    convention: conventionName,
    unit: convention.unit,
    madds: sum(ops, "madds"),
    params: sum(ops, "params"),
    counted_params: sum(counted, "params"),
    activations: sum(ops, "activations"),
    ...prediction(ops, device),
    rows: ops,
    network,
    by: (axis) => totals(ops, axis, device ? [...AMOUNTS, "latency"] : AMOUNTS),
  };
}

const AMOUNTS = ["madds", "params", "activations"];
const AXES = {
  block: (row) => row.block,
  stage: (row) => (row.stage === null ? "tokens" : String(row.stage)),
  pillar: (row) => row.pillar,
  kind: (row) => row.kind,
  op: (row) => row.name,
};

// The totals by block, stage, pillar, kind or op, in running order; pillars in that of PILLARS.
function totals(ops, axis, amounts) {
  const groups = new Map();
  for (const row of ops) {
    const name = AXES[axis](row);
    const total = groups.get(name) ?? { name, ...Object.fromEntries(amounts.map((amount) => [amount, amount === "latency" ? null : 0])) };
    for (const amount of amounts) if (row[amount] !== null) total[amount] = exact(total[amount] + row[amount]);
    groups.set(name, total);
  }
  if (axis === "pillar") return PILLARS.filter((name) => groups.has(name)).map((name) => groups.get(name));
  return [...groups.values()];
}
