// The plane of MAdds and parameters: the seven models, the original, this variant, and the budget's lines.

const TEXT = 12; // the size of all text, in pixels
const RADIUS = { model: 3.5, original: 5, now: 6 };

/** Return the picture, `room` wide; `models` are {name, madds, params}, `limits` those of the whole network. */
function plane(models, original, now, limits, unit, room) {
  const values = (name) => withNear([...models, original, now].map((point) => point[name]), limits.filter((limit) => limit.name === name));
  const sizeOf = textSizes();
  const frame = framed(room, values("madds"), values("params"), sizeOf);
  const { x, y } = frame;
  const label = `MAdds and parameters: this variant ${grouped(now.madds)} and ${grouped(now.params)}, `
    + `${page.a ? "A" : "the original"} ${grouped(original.madds)} and ${grouped(original.params)}; `
    + models.map(({ name, madds, params }) => `${name} ${human(madds)} and ${human(params)}`).join(", ");
  const at = (point) => ({ cx: x(point.madds), cy: y(point.params) });
  return shape("svg", { viewBox: `0 0 ${frame.width} ${frame.height}`, role: "img", "aria-label": label },
    ...grid(frame, unit),
    ...limits.map((limit) => limitLine(limit, frame)),
    shape("line", { class: "moved", x1: x(original.madds), y1: y(original.params), x2: x(now.madds), y2: y(now.params) }),
    ...names(models, [[original, RADIUS.original], [now, RADIUS.now]], limits, frame, sizeOf),
    ...models.map((model) => shape("circle", { class: "model", ...at(model), r: RADIUS.model }, shape("title", {}, model.name))),
    shape("circle", { class: "original", ...at(original), r: RADIUS.original }),
    shape("circle", { class: limits.some((limit) => !limit.holds) ? "now over" : "now", ...at(now), r: RADIUS.now }));
}

/** Return a function that gives the width and height of a text. */
function textSizes() {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${TEXT}px ${getComputedStyle(document.body).fontFamily}`;
  return (text) => [pen.measureText(text).width, TEXT];
}

/** Return the edges of the plane and its scales, with room for ticks beside it and for the axes' names above and below. */
function framed(room, madds, params, sizeOf) {
  const width = Math.round(Math.min(Math.max(room, 240), 720));
  const height = Math.round(Math.min(Math.max(0.62 * width, 230), 340));
  const [top, bottom] = [3 * TEXT, height - 3.4 * TEXT];
  const y = scale(params, bottom, top, 2 * TEXT);
  const left = 8 + Math.max(0, ...y.ticks.map((value) => sizeOf(tick(value))[0]));
  const [widest] = sizeOf("500M");
  const right = width - widest / 2;
  return { width, height, left, right, top, bottom, x: scale(madds, left, right, 1.2 * widest), y };
}

/** Return the values with the limits near them. A limit far away, or half typed, must not squeeze the rest. */
function withNear(values, limits) {
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...known) / 3, Math.max(...known) * 3];
  return [...known, ...limits.map((limit) => limit.amount).filter((amount) => amount >= low && amount <= high)];
}

/** Return a logarithmic scale that holds all values, with as many ticks as fit that far `apart`. */
function scale(values, from, to, apart) {
  const [low, high] = [Math.log(Math.min(...values) / 1.4), Math.log(Math.max(...values) * 1.4)];
  const place = (value) => from + ((Math.log(Math.max(value, 1)) - low) / (high - low)) * (to - from);
  const roomOf = (ratio) => (Math.log(ratio) / (high - low)) * Math.abs(to - from);
  const [steps, factor] = [[[1, 2, 5], 10, 2], [[1], 10, 10], [[1], 1000, 1000]].find(([, , ratio]) => roomOf(ratio) >= apart) ?? [[1], 1e6];
  place.holds = (value) => value > 0 && Math.log(value) >= low && Math.log(value) <= high;
  place.ticks = [];
  for (let power = 1; power < 1e18; power *= factor)
    for (const step of steps) if (place.holds(step * power)) place.ticks.push(step * power);
  return place;
}

function tick(value) {
  for (const [unit, letter] of UNITS) if (value >= unit) return `${value / unit}${letter}`;
  return String(value);
}

function grid({ left, right, top, bottom, x, y }, unit) {
  return [
    ...x.ticks.flatMap((value) => [
      shape("line", { class: "grid", x1: x(value), x2: x(value), y1: top, y2: bottom }),
      shape("text", { class: "tick", x: x(value), y: bottom + 1.3 * TEXT, "text-anchor": "middle" }, tick(value)),
    ]),
    ...y.ticks.flatMap((value) => [
      shape("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
      shape("text", { class: "tick", x: left - 6, y: y(value) + 0.35 * TEXT, "text-anchor": "end" }, tick(value)),
    ]),
    shape("text", { class: "axis", x: 0, y: TEXT }, "parameters, log scale"),
    shape("text", { class: "axis", x: right, y: bottom + 2.9 * TEXT, "text-anchor": "end" }, `${unit}, log scale`),
  ];
}

function limitLine(limit, frame) {
  const line = ends(limit, frame);
  return line && shape("line", { class: limit.holds ? "limit" : "limit over", ...line });
}

/** Return where a limit's line begins and ends, or null if it is outside the plane. */
function ends(limit, { left, right, top, bottom, x, y }) {
  if (!(limit.name === "madds" ? x : y).holds(limit.amount)) return null;
  return limit.name === "madds"
    ? { x1: x(limit.amount), x2: x(limit.amount), y1: top, y2: bottom }
    : { x1: left, x2: right, y1: y(limit.amount), y2: y(limit.amount) };
}

/** Return the models' names, each clear of points, of other names and, if possible, of the budget's lines.
 *
 * The smallest and the largest come first: if there is no room for all, these two matter most. */
function names(models, others, limits, frame, sizeOf) {
  const { left, right, top, bottom, x, y } = frame;
  const at = ([{ name, madds, params }, radius]) => ({ name, x: x(madds), y: y(params), radius });
  const marks = others.map(at);
  const points = [models[0], models.at(-1), ...models.slice(1, -1)].map((model) => {
    const same = others.filter(([other]) => other.madds === model.madds && other.params === model.params);
    return at([model, Math.max(RADIUS.model, ...same.map(([, radius]) => radius))]);
  });
  const lines = limits.map((limit) => ends(limit, frame)).filter(Boolean)
    .map(({ x1, x2, y1, y2 }) => ({ left: x1 - 2, top: y1 - 2, width: x2 - x1 + 4, height: y2 - y1 + 4 }));
  const within = { left, top: 1.3 * TEXT, width: right - left + sizeOf("500M")[0] / 2, height: bottom - 1.3 * TEXT };
  return placed(points, marks.map((mark) => boxAround(mark, 1)), within, lines, sizeOf).map((box, index) =>
    box && shape("text", { class: "name", x: box.left, y: box.top + 0.8 * TEXT }, points[index].name));
}
