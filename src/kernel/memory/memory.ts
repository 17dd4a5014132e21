/** Where the arrays of a kernel are made. */
export interface Memory {
  floats(length: number): Float32Array;
  doubles(length: number): Float64Array;
  integers(length: number): Int32Array;
  bytes(length: number): Uint8Array;
}
