import type { IncomingMessage } from 'node:http';
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { type UploadModel, uploadSchema } from '../schemas/models.ts';
import { requireModel } from '../src/caller.ts';
import { SuretyError } from '../src/errors.ts';
import { misfit } from '../src/http/problem.ts';
import { datasetFromCsv } from '../src/ingest/csv.ts';
import type { Dataset, DatasetLimits } from '../src/ingest/dataset.ts';
import { datasetFromNdjson } from '../src/ingest/ndjson.ts';
import { datasetFromParquet } from '../src/ingest/parquet/parquet.ts';
import { bodyTooLarge } from '../src/plugins/body-limits.ts';
import { parseJsonText } from '../src/plugins/json-body.ts';
import type { Registration } from '../src/registry/registry.ts';

/** Bytes of part `model`: enough for the types of thousands of columns. */
export const MAX_MODEL_PART_BYTES = 2 ** 20;

const PARQUET = ['application/vnd.apache.parquet', 'application/x-parquet'];

/**
 * Reads a registration sent as a multipart form: part `model`, then part `data` as it streams in.
 */
export async function readUpload(
  request: FastifyRequest,
  limits: DatasetLimits,
  maxBodyBytes: number,
): Promise<Registration> {
  let upload: UploadModel | undefined;
  let dataset: Dataset | undefined;
  limitBytes(request.raw, maxBodyBytes);
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field' && part.fieldname === 'model') {
        upload = readModelPart(request, part);
        requireModel(request.caller, upload.name);
      } else if (part.type === 'file' && part.fieldname === 'data') {
        if (upload === undefined) throw malformed("Expected a part 'model' before the part 'data'");
        dataset = await readData(part, upload, limits, maxBodyBytes);
      } else throw malformed("Expected the parts 'model' (JSON) and 'data' (a file), got another");
    }
  } catch (error) {
    request.raw.unpipe();
    request.raw.resume(); // what the client still sends is thrown away, so that it reads the answer
    if (isOfForm(error)) throw malformed('The form cannot be read', error);
    throw error;
  }
  if (upload === undefined || dataset === undefined) {
    throw malformed("Expected the parts 'model' (JSON) and 'data' (a file), in this order");
  }
  return { name: upload.name, settings: upload.settings, threats: upload.threats, dataset };
}

/** What the form's parser (@fastify/busboy) says of a form that it cannot read: its errors have no codes. */
function isOfForm(error: unknown): error is Error {
  if (!(error instanceof Error) || error.constructor !== Error) return false;
  return /^Multipart: Boundary not found$|^(.+ terminated early due to u|U)nexpected end of multipart data$/.test(
    error.message,
  );
}

/** The form's parser limits its parts, not the bytes around them. Too many are reported to it like a failure of the connection. */
function limitBytes(raw: IncomingMessage, most: number): void {
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received <= most) return;
    raw.off('data', count);
    raw.emit('error', bodyTooLarge(most));
  };
  raw.on('data', count);
}

/** The form's parser has parsed the part already where it says that it is JSON. */
function readModelPart(request: FastifyRequest, { value, valueTruncated }: MultipartValue): UploadModel {
  if (valueTruncated) throw malformed(`Part 'model' may have at most ${MAX_MODEL_PART_BYTES} bytes`);
  let json = value;
  try {
    if (typeof value === 'string') json = parseJsonText(request, value);
  } catch {
    throw new SuretyError('malformed_json', "Part 'model' is not valid JSON");
  }
  const parsed = uploadSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const misfits = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message,
  }));
  throw misfit("part 'model'", misfits);
}

async function readData(
  part: MultipartFile,
  upload: UploadModel,
  limits: DatasetLimits,
  maxBodyBytes: number,
): Promise<Dataset> {
  const read = readerFor(part);
  const dataset = await read(part.file, upload, limits).catch((error: unknown) => {
    // A file cut off at the limit may have failed to parse at the cut: the limit is the reason.
    throw part.file.truncated ? bodyTooLarge(maxBodyBytes) : error;
  });
  if (part.file.truncated) throw bodyTooLarge(maxBodyBytes);
  return dataset;
}

function readerFor({ filename, mimetype }: MultipartFile): typeof datasetFromCsv {
  if (/\.csv$/i.test(filename) || mimetype === 'text/csv') return datasetFromCsv;
  if (/\.(ndjson|jsonl)$/i.test(filename) || mimetype === 'application/x-ndjson') return datasetFromNdjson;
  if (/\.parquet$/i.test(filename) || PARQUET.includes(mimetype)) return datasetFromParquet;
  throw new SuretyError(
    'unsupported_data_format',
    'data: expected a .csv, .ndjson, .jsonl or .parquet file (or the content type text/csv, application/x-ndjson or application/vnd.apache.parquet)',
  );
}

function malformed(detail: string, cause?: Error): SuretyError {
  return new SuretyError('malformed_multipart', detail, { cause });
}
