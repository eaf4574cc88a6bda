// The budget: each limit, what the bill has of it, and a bar that turns red where it does not hold.

/** Return the list of what was found of the limits; memory is not counted in a page. */
function limitList(found) {
  return found.map((limit) => {
    const name = `${limit.name} ${limit.most ? "≤" : "≥"} ${limit.percent ? `${limit.percent} %` : grouped(limit.amount)}${limit.name === "memory" ? " bytes" : ""}`;
    if (limit.counted === null) return element("li", {}, `${name}: counted by ‘mfprofile check’ alone`);
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
