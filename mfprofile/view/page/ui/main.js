// The page: its state, and what is drawn anew whenever a knob is turned.

const page = JSON.parse(byId("data").textContent);
page.now = page.spec;
page.convention = page.initial;
page.axis = "block";
page.counted = null; // the last bill that could be counted
page.inputs = new Map();
page.inputsOf = (key) => page.inputs.get(key.split(".")[1]) ?? 8;

function turn(key, value) {
  page.now = withValue(page.now, key, value);
  if (value === undefined) page.now = withoutEmpty(page.now, key);
  draw();
}

/** Return the spec without the maps that a value taken away left empty: an empty budget is none. */
function withoutEmpty(spec, key) {
  const parent = key.split(".").slice(0, -1).join(".");
  const value = parent && parent.split(".")[0] === "budget" ? valueAt(spec, parent) : null;
  return value && !Object.keys(value).length ? withoutEmpty(withValue(spec, parent, undefined), parent) : spec;
}

function draw() {
  const problems = mfprofile.problems(page.now);
  let failure = "";
  if (!problems.length) {
    try {
      page.counted = mfprofile.bill(page.now, page.convention);
      page.original = mfprofile.bill(page.spec, page.convention);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failure = error.message;
    }
  }
  learnInputs();
  refresh(page.now, page.spec, problems);
  const valid = !problems.length && !failure;
  document.body.classList.toggle("invalid", !valid);
  drawProblems(problems, failure);
  drawTotals(valid);
  drawResults();
  drawYaml(valid);
  const told = fragment(page.now, page.spec, page.convention);
  history.replaceState(null, "", told ? `#${told}` : location.pathname + location.search);
}

/** Note each entry's input channels, which its expansion is a multiple of. */
function learnInputs() {
  page.inputs.clear();
  for (const block of page.counted ? page.counted.network.blocks : []) {
    if (!page.inputs.has(String(block.entry))) page.inputs.set(String(block.entry), block.inputs.channels);
  }
}

function drawProblems(problems, failure) {
  const items = problems.map((problem) => element("li", {},
    element("a", { href: "#", onclick: (event) => { event.preventDefault(); show(problem.key); } }, problem.key || "spec"),
    `: ${problem.value === undefined || typeof problem.value === "object" ? "" : `${JSON.stringify(problem.value)} `}${problem.rule}`,
    problem.remedy ? element("em", {}, `; ${problem.remedy}`) : null));
  if (failure) items.push(element("li", {}, failure));
  byId("problems").replaceChildren(...(items.length
    ? [element("strong", {}, "Not a network: the figures below are those of the last one that was."), element("ul", {}, ...items)] : []));
}

function show(key) {
  for (let name = key; name; name = name.split(".").slice(0, -1).join(".")) {
    if (controls.has(name)) return controls.get(name).inputs[0].focus();
  }
  return undefined;
}

function drawTotals(valid) {
  const { counted, original } = page;
  const limits = valid ? mfprofile.findings(counted, mfprofile.budget(page.now)) : [];
  page.limits = limits;
  const told = mfprofile.conventions[page.convention];
  byId("madds-unit").textContent = told.unit;
  byId("about-convention").textContent = `${page.convention}: ${told.about}`;
  for (const name of ["madds", "params", "activations"]) {
    byId(name).textContent = valid ? grouped(counted[name]) : "–";
    byId(`${name}-short`).textContent = valid ? human(counted[name]) : "";
    byId(`${name}-change`).textContent = valid ? change(counted[name], original[name]).replace("=", "as the original") : "";
    const over = limits.some((limit) => limit.name === name && !limit.holds);
    byId(name).closest(".tile").classList.toggle("over", over);
  }
  byId("paper").textContent = valid ? human(mfprofile.bill(page.now, "paper").madds) : "–";
  byId("limits").replaceChildren(...limitList(limits));
}

function drawResults() {
  const { counted, original } = page;
  if (!counted) return;
  const unit = mfprofile.conventions[page.convention].unit;
  byId("bill").replaceChildren(billTable(counted, original, page.axis, unit));
  const models = page.models.map((model) => ({ ...model, madds: model.madds[page.convention] }));
  const lines = page.limits.filter((limit) => ["madds", "params"].includes(limit.name));
  byId("plane").replaceChildren(plane(models, original, counted, lines, unit));
  for (const total of splitBy(counted, "pillar")) {
    const part = byId(`pillar-${total.name}`);
    part.textContent = share(total.madds, counted.madds);
  }
  drawBlocks();
}

/** Put beside each block's knobs what the block costs, all its repetitions together, and where the bill has them. */
function drawBlocks() {
  const entries = new Map(page.now.blocks.map((_, index) => [index + 1, { madds: 0, params: 0, numbers: [] }]));
  const entryOf = new Map(page.counted.network.blocks.map((block) => [String(block.number), block.entry]));
  for (const total of page.counted.by("block")) {
    const entry = entries.get(entryOf.get(total.name));
    if (!entry) continue;
    entry.numbers.push(total.name);
    entry.madds += total.madds;
    entry.params += total.params;
  }
  for (const [number, entry] of entries) {
    byId(`cost-${number}`).replaceChildren(
      element("span", {}, `${human(entry.madds)} ${mfprofile.conventions[page.convention].unit}`),
      element("span", {}, `${human(entry.params)} params`));
    byId(`numbers-${number}`).textContent = laidOut(number, entry.numbers);
  }
}

/** Return how the bill numbers an entry, which counts after `repeat`, where it is not as here. */
function laidOut(number, numbers) {
  if (!numbers.length) return "left out";
  if (numbers.length === 1) return numbers[0] === String(number) ? "" : `block ${numbers[0]}`;
  return `blocks ${numbers[0]}–${numbers.at(-1)}`;
}

function drawYaml(valid) {
  const text = valid ? yamlText() : "";
  byId("yaml").textContent = text;
  for (const button of document.querySelectorAll("[data-needs=valid]")) button.disabled = !valid;
}

function yamlText() {
  return mfprofile.yaml(page.now, page.base ? { extends: page.base.name, base: page.base.spec } : undefined);
}

function build() {
  byId("knobs").append(...GROUPS.map(([name, knobs]) =>
    element("fieldset", {}, element("legend", {}, name), ...knobs.map((knob) => control(knob, turn)))));
  byId("blocks").append(...page.spec.blocks.map((block, index) => {
    const number = index + 1;
    const name = `${number} ${block.block}`;
    return element("div", { class: "block", role: "group", "aria-label": `block ${name}` },
      element("div", { class: "which" }, element("strong", {}, String(number)), ` ${block.block}`, element("small", { id: `numbers-${number}` })),
      ...blockKnobs(block, number).map((knob) => control(knob, turn)),
      element("div", { class: "cost", id: `cost-${number}` }));
  }));
  byId("convention").append(...Object.keys(mfprofile.conventions).map((name) => element("option", { value: name }, name)));
  byId("convention").addEventListener("change", (event) => { page.convention = event.target.value; draw(); });
  for (const choice of document.querySelectorAll("input[name=axis]"))
    choice.addEventListener("change", () => { page.axis = choice.value; drawResults(); });
  listen();
  restore();
  addEventListener("hashchange", restore);
}

function listen() {
  const click = (id, action) => byId(id).addEventListener("click", (event) => action(event.currentTarget));
  click("copy-yaml", (button) => copied(yamlText(), button));
  click("copy-link", (button) => copied(location.href, button));
  click("download-csv", () => download(`${page.name}.csv`, csvOf(page.counted), "text/csv"));
  click("print", () => print());
  click("reset", () => { page.now = page.spec; draw(); });
}

function restore() {
  const { spec, convention } = restored(location.hash.slice(1), page.spec);
  Object.assign(page, { now: spec, convention });
  byId("convention").value = convention;
  draw();
}

build();
