// The link to a state: which changes it holds, and what is wrong with one that somebody wrote by hand.

/** Return the URL's fragment of a state: `tokens.count=4&blocks.8.out=112&convention=paper`. */
function fragment(spec, original, convention) {
  const pairs = new URLSearchParams(changes(spec, original).map(([key, value]) => [key, String(value)]));
  if (convention !== page.initial) pairs.set("convention", convention);
  return pairs.toString();
}

/** Return what a fragment says: the spec with its changes, the convention, and `wrong`, a sentence for each part left out.
 *
 * As on the command line, the last of two values for a key applies. `changes` are [key, value], undefined if removed.
 */
function restored(text, original) {
  const result = { changes: new Map(), convention: page.initial, wrong: [] };
  for (const [key, value] of new URLSearchParams(text)) {
    const problem = key === "convention" ? conventionProblem(value) : mfprofile.changeProblem(key, valueOf(value), original);
    if (problem) result.wrong.push(problem);
    else if (key === "convention") result.convention = value;
    else {
      if (result.changes.has(key)) result.wrong.push(`${key} is given twice; the last value, ${value}, applies`);
      result.changes.delete(key);
      result.changes.set(key, valueOf(value));
    }
  }
  return { ...result, spec: changed(original, result.changes) };
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
