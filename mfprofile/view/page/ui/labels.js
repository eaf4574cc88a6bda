// Where the names of points go: on the first side where they meet no point, no other name and no edge.

/** The sides of a point for its name, the best first: how far to the right and how far down, -1 to 1. */
const SIDES = [[-1, -1], [1, 1], [1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, 1]];

/** Return a box for each point's name, or null where none is free.
 *
 * Points are {name, x, y, radius}. A name avoids the boxes `taken` and all other points, stays `within` a box and, if
 * possible, avoids the `lines`.
 */
function placed(points, taken, within, lines, sizeOf) {
  const names = [];
  return points.map((point) => {
    const others = points.filter((other) => other !== point).map((other) => boxAround(other, 6));
    const boxes = SIDES.map((side) => boxBeside(point, side, sizeOf(point.name)))
      .filter((box) => contains(within, box) && ![...taken, ...others, ...names].some((other) => meet(box, other)));
    const chosen = boxes.find((box) => !lines.some((line) => meet(box, line))) ?? boxes[0] ?? null;
    if (chosen) names.push(chosen);
    return chosen;
  });
}

/** Return the box of a text on a side of a point: clear of it, nearer at a corner. */
function boxBeside({ x, y, radius }, [right, down], [width, height]) {
  const gap = radius + (right && down ? 1.5 : 4);
  return {
    left: x + (right > 0 ? gap : right < 0 ? -gap - width : -width / 2), width,
    top: y + (down > 0 ? gap : down < 0 ? -gap - height : -height / 2), height,
  };
}

/** Return the box around a point, with a margin. */
function boxAround({ x, y, radius }, apart) {
  const half = radius + apart;
  return { left: x - half, top: y - half, width: 2 * half, height: 2 * half };
}

function meet(one, other) {
  return one.left < other.left + other.width && other.left < one.left + one.width
    && one.top < other.top + other.height && other.top < one.top + one.height;
}

function contains(outer, inner) {
  return outer.left <= inner.left && inner.left + inner.width <= outer.left + outer.width
    && outer.top <= inner.top && inner.top + inner.height <= outer.top + outer.height;
}
