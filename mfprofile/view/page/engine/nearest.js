// "did you mean …?": the most alike of some words, as Python's difflib judges it (Ratcliff and Obershelp).

// The longest stretch that both have in common within their windows, the earliest in `one`, then in `other`.
function longestMatch(one, other, [from, to, otherFrom, otherTo]) {
  let best = [from, otherFrom, 0];
  for (let start = from; start < to; start += 1) {
    for (let at = otherFrom; at < otherTo; at += 1) {
      let size = 0;
      while (start + size < to && at + size < otherTo && one[start + size] === other[at + size]) size += 1;
      if (size > best[2]) best = [start, at, size];
    }
  }
  return best;
}

function matches(one, other, [from, to, otherFrom, otherTo]) {
  const [start, at, size] = longestMatch(one, other, [from, to, otherFrom, otherTo]);
  if (size === 0) return 0;
  const before = matches(one, other, [from, start, otherFrom, at]);
  return before + size + matches(one, other, [start + size, to, at + size, otherTo]);
}

function nearest(word, words) {
  const written = [...String(word).toLowerCase()].slice(0, 60);
  let [best, likeness] = ["", 0.6];
  for (const each of words) {
    const letters = written.length + each.length;
    const ratio = (2 * matches([...each], written, [0, each.length, 0, written.length])) / letters;
    if (ratio > likeness || (ratio === likeness && each > best)) [best, likeness] = [each, ratio];
  }
  return best && `did you mean '${best}'?`;
}
