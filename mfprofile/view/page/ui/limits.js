// The budget: each limit, the amount of the bill, and a bar that turns red if the limit does not hold.


/** Return the list of the findings. A page judges only what it counts, and limits only in their own convention. */
function limitList(findings) {
  return findings.map((limit) => {
    const name = `${quantityOf(limit)} ${limit.most ? "≤" : "≥"} ${limit.percent ? `${limit.percent} %` : amountOf(limit)}`;
    if (limit.counted === null) return element("li", {}, `${name}: ${whyNot(limit)}`);
    const filled = limit.allowed ? Math.min(100, (100 * limit.counted) / limit.allowed) : 100;
    return element("li", { class: limit.holds ? "limit" : "limit over" },
      element("span", {}, name),
      element("span", { class: "gauge", "aria-hidden": "true" }, element("span", { style: `width:${filled}%` })),
      element("strong", {}, verdictOn(limit)));
  });
}

/** Return the quantity of a limit in the words of the page. */
function quantityOf({ name }) {
  return name.replace("madds", "MAdds").replace(".", " ");
}

function isTime({ name }) {
  return name.split(".").at(-1) === "latency";
}

/** Return the amount of a limit, exact. */
function amountOf(limit) {
  if (isTime(limit)) return `${limit.amount / 1e6} ms`;
  return `${grouped(limit.amount)}${limit.name === "memory" ? " bytes" : ""}`;
}

function whyNot(limit) {
  if (isTime(limit)) return page.device ? "it is not predicted" : "it needs a page with a latency model, or ‘mfprofile check’";
  return limit.name === "memory" ? "only ‘mfprofile check’ judges it" : `a limit in convention ‘${limit.convention}’`;
}

/** Return how far an amount is from its limit; of a time, with digits that do not read as the limit. */
function verdictOn(limit) {
  const near = Math.abs(limit.counted - limit.allowed);
  const write = isTime(limit) ? (time) => `${milliseconds(time, near < 1000 ? 6 : 3)} ms` : grouped;
  const apart = near ? change(limit.counted, limit.allowed, write) : "exactly";
  const error = isTime(limit) && !limit.percent && page.counted.is_tested && page.device.error;
  const unknown = isTime(limit) && page.device.error !== null && !page.counted.is_tested;
  const doubt = unknown ? ", by a model whose error on such networks is not known"
    : error && near <= error * limit.counted ? ", nearer than the model’s mean error" : "";
  return `${limit.holds ? "within" : limit.most ? "over" : "under"}: ${apart}${doubt}`;
}
