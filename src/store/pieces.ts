/** How many bytes there are in all pieces. */
export function bytesIn(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Fills pieces of `bytes` together, one after the other. Throws a RangeError when they are not as large. */
export function writerInto(pieces: readonly Uint8Array[], bytes: number): (data: Uint8Array) => void {
  const room = bytesIn(pieces);
  if (room !== bytes) throw new RangeError(`expected room for ${bytes} bytes, got ${room}`);
  let piece = 0;
  let filled = 0;
  return (data) => {
    for (let from = 0; from < data.length; ) {
      const target = pieces[piece]!;
      const length = Math.min(data.length - from, target.length - filled);
      target.set(data.subarray(from, from + length), filled);
      from += length;
      filled += length;
      if (filled === target.length) [piece, filled] = [piece + 1, 0];
    }
  };
}

/** Copies pieces into others of the same size together. */
export function copyPieces(from: readonly Uint8Array[], to: readonly Uint8Array[]): void {
  const write = writerInto(to, bytesIn(from));
  for (const piece of from) write(piece);
}
