// The rows of the failsafe ladder that are nearest to their limits. Records `ladder/DRONE`.

export function Ladder() {
  return null;
}
