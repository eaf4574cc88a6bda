// Two variants side by side: A is pinned, B is the one that the knobs turn.

/** Keep the present variant as A, and compare with it from now on; null ends the comparison. */
function pin(spec) {
  page.a = spec;
  page.originals.clear();
  redraw();
}

function swap() {
  const a = page.a;
  page.a = page.now;
  page.originals.clear();
  turnAll(a);
}

/** Return what each difference on the page is against: A, or the original. */
function rival() {
  return page.a ?? page.spec;
}

/** Return the name of what each difference on the page is against. */
function rivalName() {
  return page.a ? "A" : page.name;
}

function drawCompared() {
  byId("compare").hidden = !page.a;
  byId("rival").textContent = rivalName();
  if (!page.a || !page.counted) return;
  const apart = changes(page.last, page.a).map(([key]) => element("li", {},
    `${nameOf(key)}: ${shownSetting(page.a, key)} → ${shownSetting(page.last, key)}`));
  fill(byId("apart"), apart.length ? apart : [element("li", {}, "none: A and B are the same")]);
  byId("compared").replaceChildren(...quantities().map(comparedTable));
}

function shownSetting(spec, key) {
  const value = valueAt(spec, key);
  return typeof value === "object" ? "on" : String(value ?? controls.get(key)?.knob.text ?? "the default");
}

/** Return a table of one quantity: the total, the pillars and the blocks of A and B, and B's differences. */
function comparedTable(quantity) {
  const total = { name: "total", place: "total" };
  const groups = [
    ["", [{ ...total, ...page.original }], [{ ...total, ...page.counted }]],
    ...["pillar", "block"].map((axis) => [axis, splitBy(page.original, axis), splitBy(page.counted, axis)]),
  ];
  const heads = ["A", "B", "B − A"].map((text) => element("th", { scope: "col", class: "number" }, text));
  const [one, other] = [page.original, page.counted].map((bill) => bill.latency);
  const isClose = quantity.name === "latency" && one !== other && Math.abs(one - other) < (comparedError() ?? 1) * Math.max(one, other);
  return element("div", { class: "side" }, element("table", { class: "sides" },
    element("caption", {}, quantity.label, isClose ? element("small", {}, ` the totals differ by less than the model’s error${shownError()}`) : null),
    element("thead", {}, element("tr", {}, element("td"), ...heads)),
    ...groups.map(([axis, before, now]) => element("tbody", {},
      axis && element("tr", {}, element("th", { scope: "rowgroup", colspan: 4, class: "quiet" }, `by ${axis}`)),
      ...pairedBy(before, now).map(([a, b]) => comparedRow(a, b, quantity))))));
}

function shownError() {
  const error = comparedError();
  return error === null ? ", which is not known" : ` of ${(100 * error).toFixed(1)} %`;
}

/** Return the error of the latency model, or null if it is not known for one of the two. */
function comparedError() {
  return page.original.is_tested && page.counted.is_tested ? page.device.error : null;
}

/** Return the totals of A and B in pairs of the same place, those of B first; one of the two can be missing. */
function pairedBy(before, now) {
  const [as, bs] = [before, now].map((totals) => new Map(totals.map((total) => [total.place, total])));
  return [...now.map((b) => [as.get(b.place), b]), ...before.filter((a) => !bs.has(a.place)).map((a) => [a, undefined])];
}

function comparedRow(a, b, { name, write, short, apart, shortApart }) {
  const renumbered = a && b && a.name !== b.name ? ` (A: ${a.name})` : "";
  const twice = (exact, rounded) => [element("span", { class: "exact" }, exact), element("span", { class: "short" }, rounded)];
  const cell = (total) => element("td", { class: "number" }, ...(total ? twice(write(total[name]), short(total[name])) : ["–"]));
  const [now, before] = [b?.[name] ?? 0, a?.[name] ?? 0];
  const [, part] = change(now, before).split(" (");
  return element("tr", {}, element("th", { scope: "row" }, b ? b.name + renumbered : `${a.name} of A`), cell(a), cell(b),
    element("td", { class: "number" }, ...twice(signed(now, before, apart) || "=", signed(now, before, shortApart) || "="), part ? element("small", {}, ` (${part}`) : null));
}
