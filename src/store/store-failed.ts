import { SuretyError } from '../errors.ts';
import { StoreUnavailableError } from './store.ts';

/** Where the store refused. */
const REFUSED = {
  register: 'the store did not take the model; nothing was registered',
  delete: 'the store did not delete the model; nothing was deleted',
  createKey: 'the store did not take the key; ask again',
  revokeKey: 'the store did not take the revocation; ask again',
} as const;

/** Where its answer did not come: a commit that was asked for may have been made. */
const SILENT = {
  register:
    'the store does not answer, so it is not known whether it has the model; asking again is safe: the same content gives the version that is there',
  delete: 'the store does not answer, so it is not known whether the model is deleted; asking again is safe',
  createKey:
    'the store does not answer, so it is not known whether it has the key; ask again, and revoke the one that nobody has, if GET /keys shows it',
  revokeKey: 'the store does not answer, so it is not known whether the key is revoked; asking again is safe',
} as const;

/** What a caller is told when a change failed in the store. That nothing was changed, only where this is known. */
export function storeFailed(change: keyof typeof REFUSED, cause: unknown): SuretyError {
  const details = cause instanceof StoreUnavailableError ? SILENT : REFUSED;
  return new SuretyError('store_failed', details[change], { cause });
}
