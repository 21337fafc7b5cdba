// The masked picture of a drone, while somebody looks.

export function Picture() {
  return null;
}
