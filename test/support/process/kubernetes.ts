import { readdirSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';

const FOLDER = new URL('../../../deploy/kubernetes/', import.meta.url);

/** What every Kubernetes object has. */
interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The files of deploy/kubernetes. */
export function manifestFiles(): string[] {
  return readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
}

/** A file as the caller knows it to be, if `problemsOf` finds none. */
export function readManifest<Manifest = TypeMeta>(file: string): Manifest {
  return parseManifest(readFileSync(new URL(file, FOLDER), 'utf8'));
}

/** Parses one document; throws where YAML is wrong, odd, or names a key twice. */
export function parseManifest<Manifest = TypeMeta>(text: string): Manifest {
  const document = parseDocument(text, { strict: true, uniqueKeys: true, stringKeys: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw problem;
  return document.toJS();
}

/**
 * What is wrong with a manifest by the published schema of its kind: members with wrong values, and members that the
 * schema does not have. The generated validators pass over the latter, but read every member that they know.
 */
export async function problemsOf(manifest: TypeMeta): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const path = `kubernetes-models/${apiVersion}/${kind}`;
  const module = await import(path);
  const read = new Set<string>();
  try {
    module[kind].prototype.validate.call(watched(manifest, '', read));
  } catch (error) {
    return [(error as Error).message];
  }
  return paths(manifest, '')
    .filter((path) => !read.has(path))
    .map((path) => `${path}: ${kind} of ${apiVersion} has no such member`);
}

/** The value, which notes the path of each member that is read. */
function watched<Value>(value: Value, path: string, read: Set<string>): Value {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof key !== 'string') return member;
      read.add(`${path}/${key}`);
      return watched(member, `${path}/${key}`, read);
    },
  });
}

function paths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    `${path}/${key}`,
    ...paths(member, `${path}/${key}`),
  ]);
}
