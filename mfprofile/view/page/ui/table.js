// The bill as a table whose rows are also its chart: bars of pillars beside the exact figures.

/** Return the columns of the bill: the name of each quantity, its label, and how its amounts and differences are written. */
function quantities() {
  return [
    { name: "madds", label: mfprofile.conventions[page.convention].unit, write: grouped, short: human, apart: grouped, shortApart: human },
    { name: "params", label: "params", write: grouped, short: human, apart: grouped, shortApart: human },
    ...(isPredicted() ? [{ name: "latency", label: "ms", write: timed, short: timed, apart: timeApart, shortApart: timeApart }] : []),
  ];
}

/** Return whether there is a latency, of this variant and of what it is compared with. */
function isPredicted() {
  return [page.counted, page.original].every((bill) => typeof bill?.latency === "number");
}

/** Return the totals of a bill by an axis, each split by pillar; `place` is what a total is compared by. */
function splitBy(bill, axis) {
  const places = axis === "block" ? placesOf(bill.network) : new Map();
  const groups = new Map(bill.by(axis).map((total) =>
    [total.name, { ...total, place: places.get(total.name) ?? total.name, pillars: Object.fromEntries(mfprofile.pillars.map((pillar) => [pillar, {}])) }]));
  const names = quantities().map(({ name }) => name);
  for (const row of bill.rows) {
    const name = axis === "stage" ? (row.stage === null ? "tokens" : String(row.stage)) : String(row[axis]);
    const amounts = groups.get(name).pillars[row.pillar];
    for (const quantity of names) amounts[quantity] = (amounts[quantity] ?? 0) + row[quantity];
  }
  return [...groups.values()];
}

/** Return the entry and repetition of each numbered block: the numbers change with `repeat`. */
function placesOf(network) {
  const first = new Map();
  return new Map(network.blocks.map(({ number, entry }) => {
    if (!first.has(entry)) first.set(entry, number);
    return [String(number), `entry ${entry}.${number - first.get(entry)}`];
  }));
}

/** Return the remark beside a row's name: a block's kind and output, a stage's stride. */
function aboutRow(axis, name, bill) {
  if (axis === "stage") return name === "tokens" ? "no resolution" : `stride ${2 ** Number(name)}`;
  if (axis !== "block") return "";
  const block = bill.network.blocks.find((candidate) => String(candidate.number) === name);
  if (!block) return "";
  return `${block.kind} ${block.outputs.channels}×${block.outputs.height}×${block.outputs.width}`;
}

/** Return the table of a bill by an axis, with the differences to the original's bill. */
function billTable(bill, original, axis) {
  const [rows, before] = [splitBy(bill, axis), new Map(splitBy(original, axis).map((total) => [total.place, total]))];
  const most = Object.fromEntries(quantities().map(({ name }) => [name, Math.max(1, ...rows.map((row) => row[name]))]));
  const head = element("tr", {}, element("th", { scope: "col" }, axis), ...quantities().flatMap(({ label }) => [
    element("th", { scope: "col", class: "number" }, label),
    element("th", { scope: "col", class: "bar", "aria-label": `${label} by pillar` }, "by pillar"),
    element("th", { scope: "col", class: "number", "aria-label": `share of ${label}` }, "share"),
    element("th", { scope: "col", class: "number", "aria-label": page.a ? `B − A of ${label}` : `change of ${label}` }, page.a ? "B − A" : "change"),
  ]));
  const body = rows.map((row) => tableRow(row, before.get(row.place), bill, axis, most));
  const gone = [...before.values()].filter((row) => !rows.some((other) => other.place === row.place));
  const total = { ...bill, name: "total", pillars: null };
  return element("table", { class: quantities().length > 2 ? "bill three" : "bill" },
    element("caption", {}, `${bill.unit} in convention ‘${bill.convention}’`),
    element("thead", {}, head),
    element("tbody", {}, ...body, ...gone.map((row) => goneRow(row))),
    element("tfoot", {}, tableRow(total, original, bill, "", most)));
}

function tableRow(row, before, bill, axis, most) {
  const about = aboutRow(axis, row.name, bill);
  const cells = quantities().flatMap(({ name, write, apart }) => {
    const old = before ? before[name] : 0;
    return [
      element("td", { class: "number" }, write(row[name])),
      element("td", { class: "bar" }, row.pillars ? bars(row, name, most[name], old, write) : null),
      element("td", { class: "number quiet" }, share(row[name], bill[name])),
      element("td", { class: "number quiet change" }, signed(row[name], old, apart)),
    ];
  });
  return element("tr", {}, element("th", { scope: "row" }, row.name, about ? element("small", {}, ` ${about}`) : null), ...cells);
}

function goneRow(row) {
  const cells = quantities().flatMap(({ name, write, apart }) => [
    element("td", { class: "number" }, write(0)), element("td", { class: "bar" }), element("td"),
    element("td", { class: "number quiet change" }, signed(0, row[name], apart)),
  ]);
  return element("tr", { class: "gone" }, element("th", { scope: "row" }, row.name), ...cells);
}

/** Return one row's bar, with a segment for each pillar and a thin mark where the original's bar ends. */
function bars(row, name, most, before, write) {
  const held = mfprofile.pillars.filter((pillar) => row.pillars[pillar][name]);
  const parts = held.map((pillar) => `${pillar} ${write(row.pillars[pillar][name])}`).join(", ");
  const segments = held.map((pillar) =>
    element("span", { class: `segment ${pillar}`, style: `width:${(100 * row.pillars[pillar][name]) / most}%` }));
  const mark = before && before !== row[name] && before <= most
    ? element("span", { class: "before", style: `left:${(100 * before) / most}%` }) : null;
  const title = mark ? `${parts}; ${rivalName()} ${write(before)}` : parts;
  return parts ? element("div", { class: "bars", role: "img", "aria-label": parts, title }, ...segments, mark) : null;
}

/** Return every op of a bill as CSV: the columns of `mfprofile count --by op --csv`, and then each op's place. */
function csvOf(bill) {
  const columns = ["name", "kind", "role", "out", "madds", "elements", "params", "activations",
    ...(page.device ? ["latency"] : []), "block", "stage", "pillar"];
  const cell = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const line = (row) => columns.map((name) => cell(name === "out" ? row.out.join("×") : String(row[name] ?? ""))).join(",");
  return [columns.join(","), ...bill.rows.map(line)].join("\n") + "\n";
}
