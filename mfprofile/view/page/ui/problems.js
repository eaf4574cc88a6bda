// What is wrong with the settings, shown in place of the totals; and what a screen reader says.

/** Show the problems. If they are the same as before, the box is not replaced, so that it keeps the focus. */
function drawProblems(problems, failure) {
  const items = problems.map((problem, index) => element("li", { id: `problem-${index}` },
    element("button", { type: "button", class: "link", onclick: () => show(problem.key) }, shownKey(problem.key)),
    `: ${problem.reason}`));
  if (failure) items.push(element("li", {}, failure));
  const box = element("div", {}, ...(items.length
    ? [element("strong", {}, "Not counted. The figures below are the last valid ones."), element("ul", {}, ...items)] : []));
  if (box.innerHTML !== byId("problems").innerHTML) byId("problems").replaceChildren(...box.childNodes);
}

/** Return the name of a key at the beginning of a line: a blank one in quotes, and "spec" for the spec itself. */
function shownKey(key) {
  return key.trim() || key === "" ? key || "spec" : `'${key}'`;
}

/** Focus the control of a key: its own, that of its section, or the first one within it. */
function show(key) {
  let name = key;
  while (name && !controls.has(name)) name = name.split(".").slice(0, -1).join(".");
  const within = [...controls.keys()].find((other) => other.startsWith(`${key}.`));
  controls.get(name || within)?.inputs[0].focus();
}

/** Return whether a problem of one key is shown at another: at the key itself, at its section, or at the missing tokens. */
function concerns(problem, key) {
  if (problem === key) return true;
  if (controls.has(problem)) return false;
  return problem.startsWith(`${key}.`) || (problem === "tokens" && key.startsWith("tokens."));
}

/** Announce the result once the knobs rest, not at each step of a slider. */
function announce() {
  later("announce", () => {
    const unit = mfprofile.conventions[page.convention].unit;
    const broken = page.limits.filter((limit) => limit.holds === false).map((limit) => `, ${limit.name} ${verdictOn(limit)}`);
    byId("said").textContent = document.body.classList.contains("invalid")
      ? ["Not counted", ...[...document.querySelectorAll("#problems li")].map((item) => item.textContent)].join(". ")
      : `${grouped(page.counted.madds)} ${unit}, ${grouped(page.counted.params)} params${broken.join("")}`;
  }, 800);
}

const waiting = new Map();

/** Do something once nobody has asked for it again for `wait` milliseconds. */
function later(name, action, wait) {
  clearTimeout(waiting.get(name));
  waiting.set(name, setTimeout(action, wait));
}
