// The controls that turn the knobs. Each control is made once; `refresh` puts the state into all of them.

const controls = new Map();

/** Return the control of a knob: its label, and a field with a slider, a choice or a switch. */
function control(knob, turn) {
  const made = { knob, inputs: [], node: null, error: element("ul", { class: "error", id: `error-${knob.key}`, hidden: true }) };
  controls.set(knob.key, made);
  const id = `knob-${knob.key}`;
  if (knob.toggle || knob.switch) made.inputs = [toggle(knob, id, turn)];
  else if (knob.choice) made.inputs = [choice(knob, id, turn)];
  else made.inputs = [field(knob, id, turn), knob.text || knob.field ? null : slider(knob, turn)].filter(Boolean);
  const label = element("label", { for: id }, knob.label, ...(knob.unit ? [" ", element("small", {}, knob.unit)] : []));
  made.node = element("div", { class: `knob${knob.short ? ` short ${knob.key.split(".").pop()}` : ""}` },
    label, ...made.inputs, knob.short ? null : made.error); // a block has its errors below all of its knobs
  return made.node;
}

function field(knob, id, turn) {
  return element("input", {
    id,
    type: "text",
    "aria-label": knob.short ? knob.name : null,
    inputmode: knob.text ? "text" : knob.keys ?? "numeric",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: knob.text ?? "",
    oninput: (event) => turn(knob.key, event.target.value.trim() === "" ? undefined : read(event.target.value)),
    onkeydown: (event) => stepped(event, knob, turn),
    onblur: (event) => write(event.target, knob, valueAt(page.now, knob.key)),
  });
}

/** Let the arrow keys move a number to its next step, as in a number field. */
function stepped(event, knob, turn) {
  const up = event.key === "ArrowUp";
  const now = read(event.target.value || event.target.placeholder);
  if ((!up && event.key !== "ArrowDown") || typeof now !== "number" || knob.text) return;
  event.preventDefault();
  const { min, step } = sliderRange(knob, page.now, page.spec, page.inputsOf(knob.key));
  const steps = Math.round(((now - min) / step) * 1e6) / 1e6;
  const next = min + step * Math.max(0, up ? Math.floor(steps) + 1 : Math.ceil(steps) - 1);
  turn(knob.key, Math.round(next * 1e6) / 1e6);
}

/** Return a slider, for the mouse only: the field beside it has the arrow keys. */
function slider(knob, turn) {
  return element("input", {
    type: "range",
    tabindex: -1,
    "aria-label": `${knob.name}, slider`,
    oninput: (event) => turn(knob.key, Number(event.target.value)),
  });
}

function choice(knob, id, turn) {
  const options = knob.choice.map((word) => element("option", { value: word }, word));
  return element("select", { id, onchange: (event) => turn(knob.key, event.target.value) }, ...options);
}

/** Return a switch, of a value that is true or false or of a whole section. A section comes back as it was. */
function toggle(knob, id, turn) {
  let kept = valueAt(page.spec, knob.key);
  const section = (on) => {
    if (!on) kept = valueAt(page.now, knob.key);
    return on ? structuredClone(typeof kept === "object" ? kept : knob.toggle) : "none";
  };
  return element("input", {
    id,
    type: "checkbox",
    role: "switch",
    onchange: ({ target }) => turn(knob.key, knob.toggle ? section(target.checked) : target.checked),
  });
}

/** Put the state into every control except the field that has the focus; mark what has changed. */
function refresh(spec, original, problems) {
  for (const { knob, inputs, node } of controls.values()) {
    const value = valueAt(spec, knob.key);
    const broken = problems.some((problem) => [controlOf(problem.key), hostOf(problem)].includes(knob.key));
    const live = knob.when ? knob.when(spec) : true;
    for (const input of inputs) {
      input.disabled = !live && !broken; // a wrong value can be corrected
      put(input, knob, value, spec, original);
    }
    node.classList.toggle("wide-field", knob.wide?.(value) ?? false);
    node.classList.toggle("changed", settingOf(knob, spec) !== settingOf(knob, rival()));
  }
}

/** Return what a control sets itself: of a section, whether it is on. */
function settingOf(knob, spec) {
  const value = valueAt(spec, knob.key);
  return knob.toggle ? typeof value === "object" : value;
}

function put(input, knob, value, spec, original) {
  if (input.type === "checkbox") input.checked = knob.toggle ? typeof value === "object" : value === true;
  else if (input.type === "range") slide(input, knob, value, spec, original);
  else {
    if (knob.hint) input.placeholder = typeof knob.hint === "function" ? knob.hint(spec) : knob.hint;
    const typed = input.value.trim() === "" ? undefined : read(input.value);
    if (input !== document.activeElement || typed !== value) write(input, knob, value);
  }
}

function write(input, knob, value) {
  const text = String(value ?? knob.initial ?? "");
  if (input.value !== text) input.value = text;
}

function slide(input, knob, value, spec, original) {
  const range = sliderRange(knob, spec, original, page.inputsOf(knob.key));
  input.disabled ||= typeof (value ?? knob.initial) !== "number";
  for (const name of ["min", "max", "step"]) if (input[name] !== String(range[name])) input[name] = range[name];
  if (input !== document.activeElement || Number(input.value) !== value) input.value = value ?? knob.initial ?? range.min;
}
