// The plane of MAdds and parameters: the seven models, the original, this variant, and the budget's lines.

const PLANE = { width: 560, height: 340, left: 58, right: 16, top: 14, bottom: 44 };

/** Return the picture; `models` are {name, madds, params}, `limits` those of the whole network. */
function plane(models, original, now, limits, unit) {
  const values = (name) => withNear([...models, original, now].map((point) => point[name]), limits.filter((limit) => limit.name === name));
  const x = scale(values("madds"), PLANE.left, PLANE.width - PLANE.right);
  const y = scale(values("params"), PLANE.height - PLANE.bottom, PLANE.top);
  const label = `MAdds and parameters: this variant ${grouped(now.madds)} and ${grouped(now.params)}, `
    + `the original ${grouped(original.madds)} and ${grouped(original.params)}`;
  return shape("svg", { viewBox: `0 0 ${PLANE.width} ${PLANE.height}`, role: "img", "aria-label": label },
    ...grid(x, y, unit),
    ...limits.map((limit) => limitLine(limit, x, y)),
    ...models.flatMap((model, index) => modelMark(model, x, y, index % 2)),
    shape("line", { class: "moved", x1: x(original.madds), y1: y(original.params), x2: x(now.madds), y2: y(now.params) }),
    shape("circle", { class: "original", cx: x(original.madds), cy: y(original.params), r: 5 }),
    shape("circle", { class: limits.some((limit) => !limit.holds) ? "now over" : "now", cx: x(now.madds), cy: y(now.params), r: 6 }));
}

/** Return the values with the limits near them: one far away, or half typed, shall not squeeze the rest. */
function withNear(values, limits) {
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...known) / 3, Math.max(...known) * 3];
  return [...known, ...limits.map((limit) => limit.amount).filter((amount) => amount >= low && amount <= high)];
}

/** Return a logarithmic scale that holds all values, with its ticks. */
function scale(values, from, to) {
  const [low, high] = [Math.log(Math.min(...values) / 1.3), Math.log(Math.max(...values) * 1.3)];
  const place = (value) => from + ((Math.log(Math.max(value, 1)) - low) / (high - low)) * (to - from);
  const steps = high - low > 5 ? [1] : [1, 2, 5];
  place.holds = (value) => value > 0 && Math.log(value) >= low && Math.log(value) <= high;
  place.ticks = [];
  for (let power = 1; power < 1e18; power *= 10)
    for (const step of steps) if (place.holds(step * power)) place.ticks.push(step * power);
  return place;
}

function tick(value) {
  for (const [unit, letter] of UNITS) if (value >= unit) return `${value / unit}${letter}`;
  return String(value);
}

function grid(x, y, unit) {
  const { width, height, left, right, top, bottom } = PLANE;
  return [
    ...x.ticks.flatMap((value) => [
      shape("line", { class: "grid", x1: x(value), x2: x(value), y1: top, y2: height - bottom }),
      shape("text", { class: "tick", x: x(value), y: height - bottom + 15, "text-anchor": "middle" }, tick(value)),
    ]),
    ...y.ticks.flatMap((value) => [
      shape("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      shape("text", { class: "tick", x: left - 6, y: y(value) + 4, "text-anchor": "end" }, tick(value)),
    ]),
    shape("text", { class: "axis", x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, `${unit}, log scale`),
    shape("text", { class: "axis", transform: `translate(13 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "parameters, log scale"),
  ];
}

function limitLine(limit, x, y) {
  if (!(limit.name === "madds" ? x : y).holds(limit.amount)) return null;
  const { width, height, left, right, top, bottom } = PLANE;
  const name = limit.holds ? "limit" : "limit over";
  if (limit.name === "madds") return shape("line", { class: name, x1: x(limit.amount), x2: x(limit.amount), y1: top, y2: height - bottom });
  return shape("line", { class: name, x1: left, x2: width - right, y1: y(limit.amount), y2: y(limit.amount) });
}

/** Return a model's point, with its name above to the left or, as every other, below to the right. */
function modelMark(model, x, y, below) {
  const place = [x(model.madds), y(model.params)];
  const name = below
    ? { x: place[0] + 8, y: place[1] + 15, "text-anchor": "start" } : { x: place[0] - 8, y: place[1] - 7, "text-anchor": "end" };
  return [
    shape("circle", { class: "model", cx: place[0], cy: place[1], r: 3.5 }),
    shape("text", { class: "name", ...name }, model.name),
  ];
}
