/** Entries of the lower triangle of a matrix with so many columns, packed by rows. */
export function packedLength(columns: number): number {
  return (columns * (columns + 1)) / 2;
}
