import type { z } from 'zod';
import { settingsSchema } from '../../../schemas/settings.ts';
import { completeSettings, type ModelSettings, type RequestedSettings } from '../../../src/model/settings.ts';
import type { RegistryLimits } from '../../../src/registry/registry.ts';

export type PartialSettings = z.input<typeof settingsSchema>;

/** Settings as a registration gives them, with the defaults of the interface. */
export function settingsFrom(partial: PartialSettings = {}): RequestedSettings {
  return settingsSchema.parse(partial);
}

/** Settings that a model of these classes would have. */
export function completeFrom(
  partial: PartialSettings = {},
  classes: readonly string[] = ['a', 'b'],
  kind: 'table' | 'vectors' = 'table',
): ModelSettings {
  return completeSettings(settingsFrom(partial), classes, kind);
}

export const LIMITS: RegistryLimits = {
  rows: 1_000_000,
  features: 4096,
  cells: 250_000_000,
  versions: 1000,
  bytes: Number.POSITIVE_INFINITY,
};
