// Whole numbers as people read them, by the same rules as on the command line.

const UNITS = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
const MINUS = "−";

/** Return the exact number in groups of three digits: 286,732,160. */
function grouped(number) {
  const digits = String(Math.abs(number)).replace(/\B(?=(\d{3})+$)/g, ",");
  return number < 0 ? MINUS + digits : digits;
}

/** Return the number to two decimals of its unit: 286.73M. */
function human(number) {
  for (const [unit, letter] of UNITS) {
    const hundredths = Math.floor((Math.abs(number) * 100 + unit / 2) / unit);
    if (hundredths >= 100) return `${number < 0 ? MINUS : ""}${(hundredths / 100).toFixed(2)}${letter}`;
  }
  return String(number);
}

/** Return nanoseconds in milliseconds with three decimals, or with other `digits`, ties to even as in Python. */
function milliseconds(time, digits = 3) {
  if (time === null) return ""; // only ops without a price
  const isTie = digits === 3 && time % 62500 === 0 && time % 1000 === 500 && Math.floor(time / 1000) % 2 === 0;
  const [whole, part] = ((isTie ? time - 500 : time) / 1e6).toFixed(digits).split(".");
  return `${grouped(Number(whole))}.${part}`;
}

/** Return a time as the command line writes it; one that would read as zero, as "<0.001". */
function timed(time) {
  return time && Math.abs(time) < 500 ? "<0.001" : milliseconds(time);
}

/** Return a difference of times as the command line writes it, but with enough digits not to read as zero. */
function timeApart(time) {
  let digits = 3;
  while (time && digits < 6 && !Number(milliseconds(time, digits).replaceAll(",", ""))) digits += 1;
  return milliseconds(time, digits);
}

/** Return a part of a total in percent, to one decimal. */
function share(part, whole) {
  if (part === null) return "";
  return whole ? `${((100 * part) / whole).toFixed(1)} %` : "–";
}

/** Return the signed difference, exact and in percent of the old, to the first decimal that is not zero; "=" for none. */
function change(now, before, write = grouped) {
  if (now === before) return "=";
  const exact = signed(now, before, write);
  if (!before) return exact;
  const share = (100 * Math.abs(now - before)) / before;
  let digits = 1;
  while (!Number(share.toFixed(digits))) digits += 1;
  return `${exact} (${exact[0]}${share.toFixed(digits)} %)`;
}

/** Return the signed difference, exact; the empty text for none. */
function signed(now, before, write = grouped) {
  if (now === before) return "";
  return `${now > before ? "+" : MINUS}${write(Math.abs(now - before))}`;
}
