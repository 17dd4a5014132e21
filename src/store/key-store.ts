/** An API key without its secret. Times are in ISO 8601, UTC. */
export interface StoredKey {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Of the whole key, in hexadecimal. */
  readonly sha256: string;
  readonly scopes: readonly string[];
  /** Models to which it is limited; null: none. */
  readonly models: readonly string[] | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  /** Where keys are sealed: its seal is missing or wrong, so that somebody else may have written it. */
  readonly unsealed?: true;
}

/** Where API keys are kept. They are revoked, never deleted, so that a log that names one can be understood. */
export interface KeyStore {
  /** Every key, by the time of its creation, also while another transaction goes on. */
  list(): Promise<StoredKey[]>;
  /**
   * A text that tells which keys there are and which are revoked: whenever that is not what it was, another one. Costs a
   * fraction of `list`, some 100 bytes a key, and waits no more than that.
   */
  state(): Promise<string>;
  /** Scopes and names of models have no spaces. */
  insert(key: StoredKey): Promise<void>;
  /** Revokes a key, which loses its seal; once revoked it keeps its first time. False when there is no such key. */
  revoke(id: string, at: string): Promise<boolean>;
}
