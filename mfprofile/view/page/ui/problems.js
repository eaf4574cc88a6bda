// What is wrong with the settings, each beside the control that was turned last; and what a screen reader says.

/** Show each problem at its control, those that no control can mend in the notice, and a line on all beside the totals. */
function drawProblems(problems) {
  const at = Map.groupBy(problems, hostOf);
  for (const [key, { error, inputs, knob }] of controls) {
    const own = (at.get(key) ?? []).sort((one, other) => (controlOf(other.key) === key) - (controlOf(one.key) === key));
    fill(error, own.map((problem) => element("li", {}, ...worded(problem, key, knob))));
    const marked = own.length || problems.some((problem) => controlOf(problem.key) === key);
    const about = own.length ? key : problems.filter((problem) => controlOf(problem.key) === key).map(hostOf)[0];
    const attributes = { "aria-invalid": marked ? "true" : null, "aria-describedby": marked ? `error-${about}` : knob.hint ? "grey" : null };
    for (const [name, value] of Object.entries(attributes)) {
      if (value) inputs[0].setAttribute(name, value);
      else inputs[0].removeAttribute(name);
    }
  }
  fill(byId("homeless"), (at.get(undefined) ?? []).map((problem) => element("li", {}, sentence(problem))));
  fill(byId("state"), stateLine(problems));
}

/** Replace what an element holds, unless it is the same: a button in it keeps the focus. */
function fill(node, children) {
  const next = element("div", {}, ...children);
  if (next.innerHTML !== node.innerHTML) node.replaceChildren(...next.childNodes);
  node.hidden = !node.childNodes.length;
}

/** Return a problem at a control, with buttons that lead to the other controls that it is about. */
function worded({ key, reason, also, value }, host, knob) {
  const own = controlOf(key);
  const amount = value ?? valueAt(page.now, key);
  const isSeen = !["number", "string"].includes(typeof amount) || reason.startsWith(`${amount} `) || String(amount) === String(valueAt(page.now, host));
  const written = isSeen ? "" : ` = ${amount}`;
  if (own && own !== host) return [goTo(own, nameOf(key)), `${written}: ${reason}`];
  const name = controls.has(key) ? knob.short && knob.label : nameOf(key);
  const other = also.map(controlOf).find((each) => each && each !== host && !each.endsWith(".repeat"));
  return [name ? `${name}${written}: ${reason}` : reason, ...(other ? [". See ", goTo(other)] : [])];
}

function goTo(key, name = nameOf(key)) {
  return element("button", { type: "button", class: "link", onclick: () => controls.get(key).inputs[0].focus() }, name);
}

/** Return the line beside the totals: what is wrong, or how much has changed. */
function stateLine(problems) {
  if (!problems.length) {
    const number = changes(page.now, rival()).length;
    const toSides = () => byId("compare-title").focus();
    return page.a
      ? [`${settings(number, "No setting")} of B ${number > 1 ? "differ" : "differs"} from A. `, element("button", { type: "button", class: "link", onclick: toSides }, "See both side by side")]
      : [`${settings(number, "No setting")} changed.`];
  }
  const first = hostOf(problems[0]);
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : "";
  const those = more ? "they are" : "that is";
  return [element("strong", {}, "Not counted:"), " ", first ? goTo(first) : nameOf(problems[0].key), `${more}. Until ${those} mended, the figures are those of ${whose()}.`];
}

function settings(number, none) {
  return number ? `${number} ${number === 1 ? "setting" : "settings"}` : none;
}

/** Return the variant whose figures are shown, in words. */
function whose() {
  const number = changes(page.last, page.spec).length;
  return number ? `${page.name} with ${settings(number)} changed` : page.name;
}

/** Show what is wrong with the link that opened the page: the parts left out, and then those to mend at their controls. */
function drawNotice() {
  const left = stillWrong();
  byId("notice").hidden = !page.link.wrong.length && !left.length;
  fill(byId("wrong"), [...page.link.wrong.map((text) => element("li", {}, text)), ...left.map((part) => element("li", {}, ...linkPart(part)))]);
  const names = left.map(([key]) => inSentence(nameOf(key)));
  byId("whose").textContent = left.length ? `Until ${joined(names)} ${left.length > 1 ? "are" : "is"} mended, the figures are those of ${whose()}.`
    : page.problems.length ? "" : `The figures are those of ${whose()}.`;
}

/** Return [key, problem] of each value of the link that still waits to be mended at its control. */
function stillWrong() {
  if (!page.problems.length || !page.link.kept.size) return [];
  const { left } = validPart(page.spec, new Map(page.recent.map((key) => [key, valueAt(page.now, key)])));
  return [...left].filter(([key]) => page.link.kept.has(key) && page.link.kept.get(key) === valueAt(page.now, key));
}

/** Return a wrong part of a link, with a button that leads to its control. */
function linkPart([key, problem]) {
  const value = valueAt(page.now, key);
  const place = controlOf(problem.key) === controlOf(key) ? "" : `${nameOf(problem.key)}: `;
  return [goTo(controlOf(key) ?? hostOf(problem), nameOf(key)), `${value === undefined ? " removed" : ` = ${value}`}: ${place}${problem.reason}`];
}

/** Return where a problem is shown: at the control turned last of those that it is about, or at the first of them. */
function hostOf({ key, also }) {
  const keys = [key, ...also];
  const isAbout = (turned) => controls.has(turned) && keys.some((each) => turned === each || turned.startsWith(`${each}.`));
  return page.recent.findLast(isAbout) ?? keys.map(controlOf).find(Boolean);
}

/** Return the control of a key: its own, that of its section, or the first one within it. A block has one for its expansion. */
function controlOf(key) {
  let name = controls.has(key) ? key : key.replace(/\.expand$/, ".exp");
  while (name && !controls.has(name)) name = name.split(".").slice(0, -1).join(".");
  if (name || key === "blocks") return name || undefined;
  return [...controls.keys()].find((other) => other.startsWith(`${key}.`));
}

/** Return a key in the words of the controls. */
function nameOf(key) {
  return controls.get(key)?.knob.name ?? key.replace(/^blocks\.(\d+)(\.|$)/, (_, number, dot) => `Block ${number}${dot && ", "}`);
}

/** Return a name without a comma and a capital letter, for a list of names. */
function inSentence(name) {
  return name.replace(/^Block (\d+), (.*)$/, "$2 of block $1");
}

function joined(names) {
  return [names.slice(0, -1).join(", "), names.at(-1)].filter(Boolean).join(" and ");
}

function sentence({ key, reason }) {
  return `${nameOf(key)}: ${reason}`;
}

/** Announce the result once the knobs rest, not at each step of a slider. */
function announce() {
  later("announce", () => {
    const unit = mfprofile.conventions[page.convention].unit;
    const broken = page.limits.filter((limit) => limit.holds === false).map((limit) => `, ${quantityOf(limit)} ${verdictOn(limit)}`);
    byId("said").textContent = page.problems.length
      ? ["Not counted", ...page.problems.map(sentence)].join(". ")
      : `${grouped(page.counted.madds)} ${unit}, ${grouped(page.counted.params)} params${isPredicted() ? `, ${milliseconds(page.counted.latency)} ms` : ""}${broken.join("")}`;
  }, 800);
}

const waiting = new Map();

/** Do something once nobody has asked for it again for `wait` milliseconds. */
function later(name, action, wait) {
  clearTimeout(waiting.get(name));
  waiting.set(name, setTimeout(action, wait));
}
