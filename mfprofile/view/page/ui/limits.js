// The budget: each limit, the amount of the bill, and a bar that turns red if the limit does not hold.

const ELSEWHERE = { memory: "bytes", latency: "ns" }; // what a page does not count, with its unit

/** Return the list of the findings. A page judges only what it counts, and limits only in their own convention. */
function limitList(findings) {
  return findings.map((limit) => {
    const unit = ELSEWHERE[limit.name.split(".").at(-1)];
    const name = `${limit.name} ${limit.most ? "≤" : "≥"} ${limit.percent ? `${limit.percent} %` : grouped(limit.amount)}${unit && !limit.percent ? ` ${unit}` : ""}`;
    const other = unit ? "only ‘mfprofile check’ judges it" : `a limit in convention ‘${limit.convention}’`;
    if (limit.counted === null) return element("li", {}, `${name}: ${other}`);
    const filled = limit.allowed ? Math.min(100, (100 * limit.counted) / limit.allowed) : 100;
    return element("li", { class: limit.holds ? "limit" : "limit over" },
      element("span", {}, name),
      element("span", { class: "gauge", "aria-hidden": "true" }, element("span", { style: `width:${filled}%` })),
      element("strong", {}, verdictOn(limit)));
  });
}

function verdictOn(limit) {
  const apart = limit.counted === limit.allowed ? "exactly" : change(limit.counted, limit.allowed);
  return `${limit.holds ? "within" : limit.most ? "over" : "under"}: ${apart}`;
}
