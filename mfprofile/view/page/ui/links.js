// The link to a state: which changes it holds, and what is wrong with one that somebody wrote by hand.

/** Return the URL's fragment of a state: `tokens.count=4&blocks.8.out=112&convention=paper&A.tokens.count=3`. */
function fragment(spec, original, convention, pinned) {
  const pairs = new URLSearchParams(changes(spec, original).map(([key, value]) => [key, String(value)]));
  if (convention !== page.initial) pairs.set("convention", convention);
  if (pinned) pairs.set("A", "original");
  for (const [key, value] of pinned ? changes(pinned, original) : []) pairs.set(`A.${key}`, String(value));
  return pairs.toString();
}

/** Return what a fragment says: the convention, the spec and its changes, those of the pinned variant A, or null without
 * one, and `wrong`, a sentence for each part left out.
 *
 * As on the command line, the last of two values for a key applies. A change is undefined if it removes its key.
 */
function restored(text, original) {
  const result = { changes: new Map(), pinned: null, convention: page.initial, wrong: [] };
  for (const [name, value] of new URLSearchParams(text)) {
    const [, ofA, key] = /^(A\.)?(.*)$/s.exec(name);
    const problem = partProblem(name, key, value, original);
    if (problem) result.wrong.push(`${ofA ? "A: " : ""}${problem}`);
    else if (name === "convention") result.convention = value;
    else {
      if (ofA || name === "A") result.pinned ??= new Map();
      if (name !== "A") note(ofA ? result.pinned : result.changes, key, value, result.wrong);
    }
  }
  return { ...result, spec: changed(original, result.changes) };
}

/** Return what is wrong with a part of a link, "" for nothing. */
function partProblem(name, key, value, original) {
  if (name === "convention") return conventionProblem(value);
  if (name === "A") return value === "original" ? "" : `A = '${value}': must be 'original'; change A with A.KEY=VALUE, as in A.tokens.count=4`;
  return mfprofile.changeProblem(key, valueOf(value), original);
}

function note(changes, key, value, wrong) {
  if (changes.has(key)) wrong.push(`${key} is given twice; the last value, ${value}, applies`);
  changes.delete(key);
  changes.set(key, valueOf(value));
}

/** Return the value in a link; an empty one removes its key. */
function valueOf(text) {
  return text === "" ? undefined : read(text);
}

function conventionProblem(name) {
  const names = Object.keys(mfprofile.conventions);
  if (names.includes(name)) return "";
  const meant = mfprofile.nearest(name, names);
  return `unknown convention '${name}'; ${meant ? `did you mean '${meant}'?` : `use one of ${names.join(", ")}`}`;
}

function changed(original, changes) {
  return [...changes].reduce((spec, [key, value]) => turned(spec, key, value), original);
}

/** Return the spec of the changes that are valid together, and the problem of each other one by its key.
 *
 * While a rule is broken, the last change that it is about is left out.
 */
function validPart(original, changes) {
  const [kept, left] = [new Map(changes), new Map()];
  for (;;) {
    const spec = changed(original, kept);
    const [problem] = mfprofile.problems(spec);
    if (!problem || !kept.size) return { spec, left };
    const about = [problem.key, ...problem.also];
    const isAbout = (key) => about.some((each) => `${key}.`.startsWith(`${each}.`) || `${each}.`.startsWith(`${key}.`));
    const key = [...kept.keys()].findLast(isAbout) ?? [...kept.keys()].at(-1);
    kept.delete(key);
    left.set(key, problem);
  }
}
