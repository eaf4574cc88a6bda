// The page: its state, and what is redrawn whenever a knob is turned.

const page = JSON.parse(byId("data").textContent);
page.now = page.spec;
page.convention = page.initial;
page.axis = "block";
page.last = page.spec; // the last valid spec
page.counted = null; // and its bill
page.a = null; // the pinned variant that this one is compared with, instead of the original
page.originals = new Map(); // the bill of what is compared with, in each convention
page.past = []; // the specs before each turn, for Undo
page.turned = null; // the knob that is being turned: all its steps are one turn
page.recent = []; // the knobs that were turned, the last one at the end
page.problems = [];
page.link = { wrong: [], kept: new Map() }; // what is wrong with the link: texts of parts left out, and values kept at their controls
page.limits = [];
page.room = 0; // the width of the plane, in pixels
page.inputs = new Map();
page.inputsOf = (key) => page.inputs.get(key.split(".")[1]) ?? 8;

function turn(key, value) {
  if (page.turned !== key) page.past.push(page.now);
  page.turned = key;
  page.recent = [...page.recent.filter((other) => other !== key), key];
  page.now = turned(page.now, key, value);
  redraw();
}

/** Draw a state that the user has made, which the address then has as well. */
function redraw() {
  draw();
  announce();
  keepLink();
}

/** Set all knobs at once, as a step that can be undone like any other. */
function turnAll(spec) {
  page.past.push(page.now);
  changeTo(spec);
}

function undo() {
  if (page.past.length) changeTo(page.past.pop());
}

function changeTo(spec) {
  Object.assign(page, { now: spec, turned: null, recent: changes(spec, page.spec).map(([key]) => key) });
  redraw();
}

function draw() {
  const problems = mfprofile.problems(page.now);
  const failure = problems.length ? "" : attempt(() => recount(page.now));
  if (failure) problems.push({ key: page.recent.at(-1) ?? "input", reason: failure, also: [] });
  if (problems.length) attempt(() => recount(page.last));
  page.problems = problems;
  learnInputs();
  refresh(page.now, page.spec, problems);
  document.body.classList.toggle("invalid", problems.length > 0);
  drawProblems(problems);
  drawNotice();
  drawTotals(!problems.length);
  drawResults();
  drawYaml(!problems.length);
  byId("undo").setAttribute("aria-disabled", String(!page.past.length));
}

/** Put the state into the address. Browsers refuse a change at each step of a slider. */
function keepLink() {
  later("link", () => history.replaceState(null, "", link()), 150);
}

/** Return why an action failed: an amount is too large to be exact; or the empty text. */
function attempt(action) {
  try {
    action();
    return "";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

/** Count a spec and its rival in the convention, and both in the other. */
function recount(spec) {
  const original = page.originals.get(page.convention) ?? countedTwice(rival());
  page.originals.set(page.convention, original);
  Object.assign(page, { original, counted: countedTwice(spec), last: spec });
}

function countedTwice(spec) {
  const bill = mfprofile.bill(spec, page.convention, page.device);
  return { ...bill, other: mfprofile.bill(bill.network, otherConvention()).madds };
}

/** Return the second convention: the paper's, or core if the paper's is chosen, as in the last line of `count`. */
function otherConvention() {
  return page.convention === "paper" ? "core" : "paper";
}

/** Return the address of this page in its present state. */
function link() {
  const state = fragment(page.now, page.spec, page.convention, page.a);
  return `${location.href.split("#")[0]}${state ? `#${state}` : ""}`;
}

/** Note the input channels of each entry: the step of its expansion. */
function learnInputs() {
  page.inputs.clear();
  for (const block of page.counted ? page.counted.network.blocks : []) {
    if (!page.inputs.has(String(block.entry))) page.inputs.set(String(block.entry), block.inputs.channels);
  }
}

function drawYaml(valid) {
  byId("yaml").textContent = valid ? yamlText() : "# not counted: see the settings marked in red";
  byId("full").textContent = valid ? mfprofile.yaml(page.now) : "";
  for (const id of ["full-title", "full"]) byId(id).hidden = !page.base; // the text above is the whole spec then
  for (const button of document.querySelectorAll("[data-needs=valid]")) button.disabled = !valid;
}

function yamlText(spec = page.now) {
  return mfprofile.yaml(spec, page.base ? { extends: page.base.name, base: page.base.spec } : undefined);
}

function build() {
  byId("knobs").append(...KNOBS.map((groups) => element("div", {}, ...groups.map(([name, knobs]) =>
    element("fieldset", {}, element("legend", {}, name), ...knobs
      .filter((knob) => page.device || knob.key !== "budget.max.latency").map((knob) => control({ name: knob.label, ...knob }, turn)))))));
  byId("latency").closest(".tile").hidden = byId("about-model").hidden = !page.device;
  byId("blocks").append(...page.spec.blocks.map((block, index) => {
    const number = index + 1;
    const name = `${number} ${block.block}`;
    const knobs = blockKnobs(block, number).map((knob) => control(knob, turn));
    const errors = blockKnobs(block, number).map((knob) => controls.get(knob.key).error);
    return element("div", { class: "block", role: "group", "aria-label": `block ${name}` },
      element("div", { class: "which" }, element("strong", {}, String(number)), ` ${block.block}`, element("small", { id: `numbers-${number}` })),
      ...knobs, element("div", { class: "cost", id: `cost-${number}` }), ...errors);
  }));
  byId("convention").append(...Object.keys(mfprofile.conventions).map((name) => element("option", { value: name }, name)));
  byId("convention").addEventListener("change", (event) => { page.convention = event.target.value; redraw(); });
  for (const choice of document.querySelectorAll("input[name=axis]"))
    choice.addEventListener("change", () => { page.axis = choice.value; drawResults(); });
  byId("words").append(...WORDS.map(([word, meaning]) => element("div", {}, element("dt", {}, word), element("dd", {}, meaning))));
  listen();
  measure();
  restore();
  addEventListener("hashchange", restore);
  addEventListener("resize", measure);
}

function listen() {
  const click = (id, action) => byId(id).addEventListener("click", (event) => action(event.currentTarget));
  click("copy-yaml", (button) => copied(yamlText(), button));
  click("copy-link", (button) => copied(link(), button));
  click("download-csv", () => download(csvName(page.now), csvOf(page.counted), "text/csv"));
  click("pin", (button) => { pin(page.now); said(button, "Pinned as A"); });
  click("swap", swap);
  click("unpin", () => { pin(null); byId("pin").focus(); });
  click("copy-a", (button) => copied(yamlText(page.a), button));
  click("csv-a", () => download(csvName(page.a, "A"), csvOf(page.original), "text/csv"));
  click("print", () => print());
  click("undo", undo);
  click("dismiss", dismiss);
  click("reset", () => { forgetLink(); turnAll(page.spec); });
  addEventListener("change", () => { page.turned = null; });
  addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.target.type === "text") return;
    event.preventDefault();
    undo();
  });
}

/** Return the name of the CSV file of a variant, with the convention and whether it has changed. */
function csvName(spec, label = changes(spec, page.spec).length ? "changed" : null) {
  return `${[page.name, label, page.convention].filter(Boolean).join("-")}.csv`;
}

/** Remove from the state, and so from the address, what is wrong with the link. */
function dismiss() {
  const left = stillWrong().map(([key]) => key);
  forgetLink();
  if (left.length) turnAll(left.reduce((spec, key) => turned(spec, key, valueAt(page.spec, key)), page.now));
  else redraw();
  byId("convention").focus();
}

function forgetLink() {
  page.link = { wrong: [], kept: new Map() };
}

/** Show the state of the address. What its link has wrong is named; a wrong value of a control stays there. */
function restore() {
  const { changes: given, pinned, convention, wrong } = restored(location.hash.slice(1), page.spec);
  const { spec: last, left } = validPart(page.spec, given);
  page.recent = [...given.keys()];
  const kept = new Map();
  for (const [key, problem] of left) {
    if (hostOf(problem)) {
      kept.set(key, given.get(key));
      continue;
    }
    given.delete(key);
    wrong.push(sentence(problem));
  }
  Object.assign(page, { now: changed(page.spec, given), last: failureOf(last) ? page.spec : last, convention, turned: null });
  page.a = pinned && pinnedIn(pinned, wrong);
  page.originals.clear();
  byId("convention").value = convention;
  page.link = { wrong, kept };
  draw();
  sayNotice();
}

/** Return the variant A of a link, or null if it cannot be counted; add what is left out of it to `wrong`. */
function pinnedIn(changes, wrong) {
  const { spec, left } = validPart(page.spec, changes);
  const failure = failureOf(spec);
  for (const text of [...[...left.values()].map(sentence), failure].filter(Boolean)) wrong.push(`A: ${text}`);
  return failure ? null : spec;
}

function failureOf(spec) {
  return attempt(() => mfprofile.bill(spec, page.convention, page.device));
}

function sayNotice() {
  const parts = [...byId("wrong").children].map((item) => item.textContent);
  if (parts.length) byId("said").textContent = [byId("notice-title").textContent, ...parts, byId("whose").textContent].join(". ");
}

build();
