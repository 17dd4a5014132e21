import { KernelMemory } from './kernel-memory.ts';

/**
 * A memory that all threads share: an area for what they read together, and a slot for each thread to work in. Posting it
 * to another thread shares it. Pages that nobody touches take no physical memory.
 */
export interface SlottedMemory {
  readonly memory: WebAssembly.Memory;
  readonly commonBytes: number;
  readonly slotBytes: number;
}

/**
 * A memory for these arrays, by their bytes: `common` ones, and `own` ones in each of `slots` slots. Throws a RangeError when
 * it would be larger than a WebAssembly memory can be, 4 GiB.
 */
export function makeSlottedMemory(
  common: readonly number[],
  own: readonly number[],
  slots: number,
): SlottedMemory {
  const commonBytes = KernelMemory.bytesFor(...common);
  const slotBytes = KernelMemory.bytesFor(...own);
  const { memory } = KernelMemory.ofSize(commonBytes + slots * slotBytes);
  return { memory, commonBytes, slotBytes };
}

/** The common area's arrays; they are laid out anew, over what is there. */
export function commonArea({ memory }: SlottedMemory): KernelMemory {
  return new KernelMemory(memory);
}

/** A slot's arrays, likewise. */
export function slotArea({ memory, commonBytes, slotBytes }: SlottedMemory, slot: number): KernelMemory {
  return new KernelMemory(memory, commonBytes + slot * slotBytes);
}
