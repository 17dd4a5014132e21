/** Names and the last version number each has used; kept when models are deleted. */
export interface NameTable {
  name: string;
  last_version: number;
}

export interface ModelTable {
  name: string;
  version: number;
  digest: string;
  created_at: string;
}

/** A part of a model; its bytes are in `chunk`. */
export interface BlobTable {
  name: string;
  version: number;
  part: string;
  bytes: number;
  sha256: string;
  /** Null: not sealed. */
  seal: string | null;
}

export interface ChunkTable {
  name: string;
  version: number;
  part: string;
  position: number;
  data: Uint8Array;
}

/** An API key; lists are separated by spaces. */
export interface AccessKeyTable {
  id: string;
  name: string;
  sha256: string;
  scopes: string;
  models: string | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** Null: not sealed, or revoked. */
  seal: string | null;
}

export interface Tables {
  name: NameTable;
  model: ModelTable;
  blob: BlobTable;
  chunk: ChunkTable;
  access_key: AccessKeyTable;
}
