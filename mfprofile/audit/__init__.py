"""The one room that sees both sides: what other counters measure on the model, explained from our rows."""
