// What is wrong with the settings, over the totals that they leave without a figure; and what a screen reader is told.

/** Show the problems; the box stays as it is where they are the same, so that a focus in it is kept. */
function drawProblems(problems, failure) {
  const items = problems.map((problem, index) => element("li", { id: `problem-${index}` },
    element("button", { type: "button", class: "link", onclick: () => show(problem.key) }, problem.key || "spec"),
    `: ${problem.reason}`));
  if (failure) items.push(element("li", {}, failure));
  const box = element("div", {}, ...(items.length
    ? [element("strong", {}, "Not counted; below, the last figures."), element("ul", {}, ...items)] : []));
  if (box.innerHTML !== byId("problems").innerHTML) byId("problems").replaceChildren(...box.childNodes);
}

/** Lead to the control of a key: its own, that of the section it is in, or the first one within it. */
function show(key) {
  let name = key;
  while (name && !controls.has(name)) name = name.split(".").slice(0, -1).join(".");
  const within = [...controls.keys()].find((other) => other.startsWith(`${key}.`));
  controls.get(name || within)?.inputs[0].focus();
}

/** Return whether a problem with one key is shown at another: at its own, at the section it is in, or at what is missing of one. */
function concerns(problem, key) {
  if (problem === key) return true;
  if (controls.has(problem)) return false;
  return problem.startsWith(`${key}.`) || (problem === "tokens" && key.startsWith("tokens."));
}

/** Tell the outcome once the knobs have come to rest, not at each step of a slider. */
function announce() {
  later("announce", () => {
    const unit = mfprofile.conventions[page.convention].unit;
    const found = page.limits.filter((limit) => limit.holds === false).map((limit) => `, ${limit.name} ${verdictOn(limit)}`);
    byId("said").textContent = document.body.classList.contains("invalid")
      ? ["Not counted", ...[...document.querySelectorAll("#problems li")].map((item) => item.textContent)].join(". ")
      : `${grouped(page.counted.madds)} ${unit}, ${grouped(page.counted.params)} params${found.join("")}`;
  }, 800);
}

const waiting = new Map();

/** Do something once it has not been asked for again for some milliseconds. */
function later(name, action, wait) {
  clearTimeout(waiting.get(name));
  waiting.set(name, setTimeout(action, wait));
}
