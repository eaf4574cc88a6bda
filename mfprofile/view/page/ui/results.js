// The results on the page: the totals, the budget, the bill, and the cost beside each block's knobs.

function drawTotals(valid) {
  const { counted, original } = page;
  const limits = valid ? mfprofile.findings(counted, mfprofile.budget(page.now)) : [];
  page.limits = limits;
  const { about } = mfprofile.conventions[page.convention];
  byId("about-convention").textContent = `${page.convention}: ${about}`;
  fill(byId("madds-unit"), unitIn(page.convention));
  fill(byId("other-name"), unitIn(otherConvention()));
  for (const name of ["madds", "params", "activations", "other"]) {
    byId(name).textContent = counted ? grouped(counted[name]) : "–";
    byId(`${name}-short`).textContent = counted ? human(counted[name]) : "";
    const over = limits.find((limit) => limit.name === name && !limit.holds);
    const apart = valid ? change(counted[name], original[name]).replace("=", page.a ? "as A" : "as the original") : whoseFigure();
    byId(`${name}-change`).textContent = over ? `${apart}; ${over.most ? "over" : "under"} budget` : apart;
    byId(name).closest(".tile").classList.toggle("over", over !== undefined);
  }
  if (page.device) drawLatency(valid, limits);
  byId("besides").textContent = counted
    ? `${grouped(counted.activations)} activations; ${grouped(counted.other)} ${byId("other-name").textContent}` : "";
  byId("limits").replaceChildren(...limitList(limits));
}

/** Return the unit of a convention with its name, which is shorter on a phone. */
function unitIn(name) {
  return [mfprofile.conventions[name].unit, element("span", {}, " in convention"), ` ‘${name}’`];
}

/** Return whose figures are shown while the settings cannot be counted. */
function whoseFigure() {
  return changes(page.last, page.spec).length ? "last valid figure" : `figure of ${page.name}`;
}

/** Show the predicted latency, or why there is none, and by what it is predicted. */
function drawLatency(valid, limits) {
  const { device, counted, original } = page;
  const kinds = (counted?.unpriced ?? []).map(([kind, number]) => `${kind} (${number})`).join(", ");
  const latency = counted?.latency ?? null;
  const over = limits.find((limit) => limit.name === "latency" && limit.holds === false);
  const apart = isPredicted() ? change(latency, original.latency, timeApart).replace("=", page.a ? "as A" : "as the original") : "not predicted";
  byId("latency").textContent = latency === null ? "–" : timed(latency);
  byId("latency-error").textContent = latency === null ? "" : device.error === null || !counted.is_tested ? "error not known" : `± ${(100 * device.error).toFixed(1)} %`;
  byId("latency-change").textContent = [valid ? apart : whoseFigure(), over && "over budget"].filter(Boolean).join("; ");
  byId("latency").closest(".tile").classList.toggle("over", over !== undefined);
  const lacks = latency === null ? `. There is no latency, because the model never saw ops of kind ${kinds}` : `. Not in the latency, because the model never saw them: ${kinds}`;
  byId("about-model").textContent = `ms: predicted by latency model ${counted && !counted.is_tested ? device.about_others : device.about}${kinds ? lacks : ""}`;
}

function drawResults() {
  const { counted, original } = page;
  if (!counted) return;
  byId("bill").replaceChildren(billTable(counted, original, page.axis));
  byId("mark").hidden = !byId("bill").querySelector(".before");
  byId("mark-name").textContent = `${rivalName()}’s amount, where it differs`;
  hint();
  drawPlane();
  drawPillars();
  drawBlocks();
  drawCompared();
}

/** Draw the plane as wide as there is room, and show the key of the lines in it. */
function drawPlane() {
  const models = page.models.map((model) => ({ ...model, madds: model.madds[page.convention] }));
  const lines = page.limits.filter((limit) => ["madds", "params"].includes(limit.name));
  const unit = mfprofile.conventions[page.convention].unit;
  byId("plane").replaceChildren(plane(models, page.original, page.counted, lines, unit, page.room));
  byId("plane-budget").hidden = !byId("plane").querySelector(".limit:not(.over)");
  byId("plane-over").hidden = !byId("plane").querySelector(".limit.over");
  const named = new Set([...byId("plane").querySelectorAll(".name")].map((node) => node.textContent));
  const unnamed = models.filter((model) => !named.has(model.name)).map((model) => `${model.name} (${human(model.madds)}, ${human(model.params)})`);
  byId("unnamed").textContent = unnamed.length ? `Dots without room for a name: ${unnamed.join(", ")}` : "";
}

/** Say that the bill is wider than its box, if it is. */
function hint() {
  const { scrollWidth, clientWidth } = byId("bill");
  byId("bill-hint").hidden = scrollWidth <= clientWidth;
}

/** Measure the room for the plane; redraw it if that has changed. */
function measure() {
  const room = byId("plane").clientWidth;
  hint();
  if (room === page.room) return;
  page.room = room;
  if (page.counted) drawPlane();
}

/** Put each pillar's share beside its colour, and the difference to the original. */
function drawPillars() {
  const [now, before] = [page.counted, page.original].map((bill) => new Map(bill.by("pillar").map((total) => [total.name, total.madds])));
  for (const pillar of mfprofile.pillars) {
    const madds = now.get(pillar) ?? 0;
    byId(`pillar-${pillar}`).textContent = share(madds, page.counted.madds);
    byId(`pillar-${pillar}-change`).textContent = signed(madds, before.get(pillar) ?? 0);
  }
}

/** Put the cost of each block beside its knobs, all repetitions together, and its numbers in the bill. */
function drawBlocks() {
  const entries = new Map(page.last.blocks.map((_, index) => [index + 1, { madds: 0, params: 0, latency: 0, numbers: [] }]));
  const entryOf = new Map(page.counted.network.blocks.map((block) => [String(block.number), block.entry]));
  for (const total of page.counted.by("block")) {
    const entry = entries.get(entryOf.get(total.name));
    if (!entry) continue;
    entry.numbers.push(total.name);
    entry.madds += total.madds;
    entry.params += total.params;
    entry.latency += total.latency ?? 0;
  }
  for (const [number, entry] of entries) {
    byId(`cost-${number}`).replaceChildren(
      element("span", {}, `${human(entry.madds)} ${mfprofile.conventions[page.convention].unit}`),
      element("span", {}, `${human(entry.params)} params`),
      ...(isPredicted() ? [element("span", {}, `${timed(entry.latency)} ms`)] : []));
    byId(`numbers-${number}`).textContent = laidOut(number, entry.numbers);
  }
}

/** Return the numbers of an entry in the bill, which counts repetitions, if they differ from its own. */
function laidOut(number, numbers) {
  if (!numbers.length) return "left out";
  if (numbers.length === 1) return numbers[0] === String(number) ? "" : `block ${numbers[0]}`;
  return `blocks ${numbers[0]}–${numbers.at(-1)}`;
}
