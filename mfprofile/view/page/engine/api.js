// What the engine offers, under the one global name `mfprofile`.

const API = {
  problems,
  changeProblem,
  nearest,
  commonMultiple,
  resolve,
  rows,
  bill,
  yaml,
  budget,
  findings,
  conventions: CONVENTIONS,
  fields: FIELDS,
  pillars: PILLARS,
};
