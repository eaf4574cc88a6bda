// The controls that turn the knobs. Each control is made once; `refresh` puts the state into all of them.

const controls = new Map();

/** Return the control of a knob: its label, and a field with a slider, a choice or a switch. */
function control(knob, turn) {
  const made = { knob, inputs: [], node: null };
  controls.set(knob.key, made);
  const id = `knob-${knob.key}`;
  if (knob.toggle || knob.switch) made.inputs = [toggle(knob, id, turn)];
  else if (knob.choice) made.inputs = [choice(knob, id, turn)];
  else made.inputs = [field(knob, id, turn), knob.text || knob.field ? null : slider(knob, turn)].filter(Boolean);
  const label = element("label", { for: id }, knob.label, knob.unit ? element("small", {}, ` ${knob.unit}`) : null);
  made.node = element("div", { class: `knob${knob.short ? ` short ${knob.key.split(".").pop()}` : ""}` }, label, ...made.inputs);
  return made.node;
}

function field(knob, id, turn) {
  const numeric = !knob.text;
  return element("input", {
    id,
    type: "text",
    inputmode: numeric ? "numeric" : "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: knob.text ?? knob.hint ?? "",
    oninput: (event) => turn(knob.key, event.target.value === "" ? undefined : written(knob, event.target.value)),
    onkeydown: (event) => stepped(event, knob, turn),
  });
}

/** Return what a field's text means: a budget of 300M stays as it is written, and so does a rectangle. */
function written(knob, text) {
  return read(text);
}

/** Let the arrow keys step a whole number up and down, as a number field's would. */
function stepped(event, knob, turn) {
  const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const now = read(event.target.value || knob.hint || "");
  if (!direction || typeof now !== "number" || knob.text) return;
  event.preventDefault();
  const { step } = stepOf(knob);
  turn(knob.key, Math.round((now + direction * step) * 1e6) / 1e6);
}

function stepOf(knob) {
  return knob.field ? { step: knob.label === "kernel" ? 2 : 1 } : sliderRange(knob, page.now, page.spec, page.inputsOf(knob.key));
}

function slider(knob, turn) {
  return element("input", {
    type: "range",
    "aria-label": `${knob.label}, slider`,
    oninput: (event) => turn(knob.key, Number(event.target.value)),
  });
}

function choice(knob, id, turn) {
  const options = knob.choice.map((word) => element("option", { value: word }, word));
  return element("select", { id, onchange: (event) => turn(knob.key, event.target.value) }, ...options);
}

/** Return a switch: of a value that is true or false, or of a whole section that may be `none`. */
function toggle(knob, id, turn) {
  const on = () => (knob.toggle ? sectionOf(knob) : true);
  return element("input", {
    id,
    type: "checkbox",
    role: "switch",
    onchange: (event) => turn(knob.key, event.target.checked ? on() : knob.toggle ? "none" : false),
  });
}

function sectionOf(knob) {
  const usual = valueAt(page.spec, knob.key);
  return structuredClone(typeof usual === "object" ? usual : knob.toggle);
}

/** Put the state into every control, but for the field that is being typed in; mark what is broken and what changed. */
function refresh(spec, original, problems) {
  for (const { knob, inputs, node } of controls.values()) {
    const value = valueAt(spec, knob.key);
    const broken = problems.filter((problem) => concerns(problem.key, knob.key));
    const live = knob.when ? knob.when(spec) : true;
    for (const input of inputs) {
      input.disabled = !live;
      put(input, knob, value, spec, original);
    }
    if (broken.length) inputs[0].setAttribute("aria-invalid", "true");
    else inputs[0].removeAttribute("aria-invalid");
    inputs[0].title = broken.map((problem) => problem.rule).join("; ");
    node.classList.toggle("changed", JSON.stringify(value) !== JSON.stringify(valueAt(original, knob.key)));
  }
}

/** Return whether a problem with one key is shown at another: at its own, or at the section it is in. */
function concerns(problem, key) {
  return problem === key || (problem.startsWith(`${key}.`) && !controls.has(problem));
}

function put(input, knob, value, spec, original) {
  if (input.type === "checkbox") input.checked = knob.toggle ? value !== "none" && value !== undefined : value === true;
  else if (input.type === "range") slide(input, knob, value, spec, original);
  else if (input !== document.activeElement || read(input.value) !== value) {
    const text = value === undefined ? (knob.initial ?? "") : value;
    if (input.value !== String(text) && !(input === document.activeElement && input.value === "")) input.value = text;
  }
}

function slide(input, knob, value, spec, original) {
  const range = sliderRange(knob, spec, original, page.inputsOf(knob.key));
  input.disabled ||= typeof (value ?? knob.initial) !== "number";
  for (const name of ["min", "max", "step"]) if (input[name] !== String(range[name])) input[name] = range[name];
  if (input !== document.activeElement || Number(input.value) !== value) input.value = value ?? knob.initial ?? range.min;
}
