// What the engine offers, under the one global name `mfprofile`.

const API = {
  problems,
  completed,
  resolve,
  rows,
  bill,
  yaml,
  budget,
  findings,
  quantity,
  conventions: CONVENTIONS,
  limits: LIMITS,
  defaults: DEFAULTS,
  fields: FIELDS,
  pillars: PILLARS,
};
