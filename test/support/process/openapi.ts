import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Response as Received } from 'supertest';
import { parse } from 'yaml';

interface Reference {
  $ref: string;
}

interface Response {
  content?: Record<string, object>;
  headers?: Record<string, Reference | { required?: boolean }>;
}

/** Headers are not asked for where a test has none to show. */
type Answer = Pick<Received, 'status' | 'type' | 'text' | 'body'> & {
  readonly headers?: Received['headers'];
};

interface Operation {
  operationId: string;
  description?: string;
  security?: object[];
  responses: Record<string, Reference | Response>;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: Record<'schemas' | 'responses' | 'headers', Record<string, object>>;
}

const text = readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8');
export const document: OpenApi = parse(text);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

/** What is wrong with a value as a named schema of openapi.yaml has it; null when nothing is. */
export function misfitsOf(schema: string, value: unknown): string | null {
  const validate = ajv.getSchema(`openapi#/components/schemas/${schema}`)!;
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

/** Steps to a part of the document as JSON Pointer has them. */
const stepsOf = ({ $ref }: Reference) =>
  $ref
    .slice(2)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** A part of the document, also where it is named among the components. */
export function resolved<Part extends object>(part: Part | Reference): Part {
  if (!('$ref' in part)) return part;
  const named = stepsOf(part).reduce<unknown>(
    (place, step) => (place as Record<string, unknown>)[step],
    document,
  );
  return named as Part;
}

/** Fails unless openapi.yaml has this response: operation, status, content type, body, and headers that are always there. */
export function conforms(method: string, address: string, response: Answer): void {
  const [path] = address.split('?') as [string];
  const template = Object.keys(document.paths).find((candidate) => fits(candidate, path));
  if (template === undefined) {
    if (['not_found', 'unauthenticated'].includes(response.body.code)) return; // no operation at all
    throw new Error(`openapi.yaml has no path for ${path}`);
  }
  const documented = document.paths[template]![method]?.responses[response.status];
  if (documented === undefined) {
    if (response.status === 404 && response.body.code === 'not_found') return;
    throw new Error(`openapi.yaml has no ${method} ${template} ${response.status}: ${response.text}`);
  }
  const { content, headers = {} } = resolved(documented);
  for (const [name, header] of Object.entries(headers)) {
    if (!response.headers || !resolved(header).required) continue;
    if (response.headers[name.toLowerCase()] === undefined)
      throw new Error(`${method} ${template} ${response.status}: expected the header ${name}`);
  }
  if (content === undefined) {
    if (response.text) throw new Error(`${method} ${template} ${response.status}: expected no body`);
    return;
  }
  const type = response.type;
  if (content[type] === undefined) {
    throw new Error(`openapi.yaml has no ${method} ${template} ${response.status} ${type}`);
  }
  const place =
    '$ref' in documented ? stepsOf(documented) : ['paths', template, method, 'responses', response.status];
  const pointer = [...place, 'content', type, 'schema']
    .map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .join('/');
  const validate = ajv.getSchema(`openapi#/${pointer}`)!;
  // superagent takes every image for bytes
  const text = response.text ?? (response.body as Buffer).toString();
  const body = type.endsWith('json') ? response.body : text;
  if (!validate(body))
    throw new Error(`${method} ${path} ${response.status}: ${ajv.errorsText(validate.errors)}`);
}

function fits(template: string, path: string): boolean {
  const pattern = template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}
