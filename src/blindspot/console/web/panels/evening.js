// The evening of an operation: its passes, and which of them waits for a person.

export function Evening() {
  return null;
}
