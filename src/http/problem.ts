import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../schemas/problem.ts';
import { type ErrorCode, type Misfit, SuretyError } from '../errors.ts';
import { answerHeaders } from './answer-headers.ts';
import { challenge } from './bearer.ts';

/** Errors of Fastify and its plugins that are the caller's doing. Their own messages may quote the body. */
const KNOWN: Partial<Record<string, [code: ErrorCode, detail: string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_json', 'The body is not valid JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed_json', 'The body is empty; expected JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_json', 'The body is not as long as Content-Length says'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'Expected application/json, or multipart/form-data for POST /models',
  ],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['malformed_multipart', 'Expected a multipart form with a boundary'],
  FST_PARTS_LIMIT: ['malformed_multipart', "Expected two parts, 'model' and 'data'"],
  FST_FILES_LIMIT: ['malformed_multipart', "Expected one file, in part 'data'"],
  FST_FIELDS_LIMIT: ['malformed_multipart', "Expected one field, 'model'"],
  FST_PROTO_VIOLATION: ['malformed_multipart', "Expected two parts, 'model' and 'data'"],
  FST_INVALID_JSON_FIELD_ERROR: ['malformed_json', "Part 'model' is not valid JSON"],
  FST_MP_PREMATURE_CLOSE: ['malformed_multipart', 'The form ends before its last boundary'],
  FST_ERR_BAD_URL: ['not_found', 'The address is not a valid URL'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing at this address'],
};

/**
 * Misfits named in one answer, and characters of a message: a large body that fits nowhere gets a small
 * answer.
 */
const MAX_MISFITS = 100;
const MAX_MESSAGE_LENGTH = 300;

/** For errors that Fastify finds before any route or hook, such as an address that is no URL. What hooks add is added here. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.headers(answerHeaders('encrypted' in request.raw.socket));
  if (request.server.draining) reply.header('connection', 'close');
  sendProblem(toSuretyError(error), request, reply);
}

/** The problem details of an error for an answer that has begun; logged as those of other answers are. */
export function problemOf(error: unknown, request: FastifyRequest): Problem {
  const known = toSuretyError(error as FastifyError);
  logOurs(known, request);
  return describe(known, request);
}

/** Logs what is our doing, with the request's id. */
export function logOurs({ status, code, cause }: SuretyError, request: FastifyRequest): void {
  if (status < 500 || cause === undefined) return;
  request.log.error({ err: cause, code }, 'request failed');
}

export function sendProblem(error: SuretyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = describe(error, request);
  reply.header('x-request-id', request.id);
  if (error.status === 503) reply.header('retry-after', '1');
  if (error.code === 'unauthenticated' || error.code === 'forbidden')
    reply.header('www-authenticate', challenge(error, request));
  return reply.code(error.status).type('application/problem+json').serializer(JSON.stringify).send(problem);
}

/** Problem details; the code goes into the request's log line too. */
function describe(error: SuretyError, request: FastifyRequest): Problem {
  request.summary = { ...request.summary, code: error.code };
  return problemFor(error, request.id);
}

/** Problem details (RFC 9457). */
export function problemFor(error: SuretyError, requestId: string): Problem {
  return {
    type: `urn:surety:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.misfits.length > 0 && { errors: [...error.misfits] }),
  };
}

/** Errors of Fastify and its plugins as ours; whatever else nobody expected is `internal_error`. */
export function toSuretyError(error: FastifyError): SuretyError {
  if (error instanceof SuretyError) return error;
  if (error.validation !== undefined) {
    const place = error.validationContext ?? 'body';
    const misfits = error.validation.map(({ instancePath, message }) => ({
      path: instancePath === '/' ? '' : instancePath, // the type provider's name for the whole body
      message: message ?? 'does not fit',
    }));
    return misfit(place, misfits);
  }
  const known = KNOWN[error.code];
  if (known !== undefined) return new SuretyError(known[0], known[1], { cause: error });
  if (error instanceof SyntaxError) return new SuretyError('malformed_json', 'The body is not valid JSON');
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500)
    return new SuretyError('invalid_request', 'The request does not fit what is at its address', {
      cause: error,
    });
  return new SuretyError('internal_error', 'The request failed on our side; its id is in our log', {
    cause: error,
  });
}

/** A request that does not fit its schema. However many misfits there are, the answer stays small. */
export function misfit(place: string, all: readonly Misfit[]): SuretyError {
  const misfits = all
    .slice(0, MAX_MISFITS)
    .map(({ path, message }) => ({ path, message: message.slice(0, MAX_MESSAGE_LENGTH) }));
  const first = misfits[0];
  const where = first === undefined || first.path === '' ? place : `${place} ${first.path}`;
  const more = all.length > 1 ? `, and ${all.length - 1} more` : '';
  return new SuretyError('invalid_request', `${where}: ${first?.message ?? 'does not fit'}${more}`, {
    misfits,
  });
}
