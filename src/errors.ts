/** The one table of errors: code, HTTP status, title. docs/errors.md says what to do about each. */
export const ERRORS = {
  malformed_http: [400, 'The request is not valid HTTP'],
  malformed_json: [400, 'The body is not valid JSON'],
  malformed_multipart: [400, 'The body is not the multipart form that was expected'],
  invalid_request: [400, 'The request does not fit its schema'],
  unauthenticated: [401, 'A valid API key or token is needed'],
  forbidden: [403, 'The key or token does not allow this'],
  foreign_origin: [403, 'A page of another origin may not do this'],
  not_found: [404, 'There is nothing at this address'],
  model_not_found: [404, 'There is no such model'],
  version_not_found: [404, 'The model has no such version'],
  key_not_found: [404, 'There is no such key'],
  not_acceptable: [406, 'The answer cannot be given in the media type asked for'],
  request_timeout: [408, 'The request did not arrive in time'],
  body_too_large: [413, 'The body is larger than this service accepts'],
  unsupported_media_type: [415, 'The content type is not supported'],
  unsupported_data_format: [415, 'The format of the data file is not supported'],
  invalid_csv: [422, 'The data file is not valid CSV'],
  invalid_ndjson: [422, 'The data file is not valid NDJSON'],
  invalid_parquet: [422, 'The data file is not valid Parquet'],
  invalid_encoding: [422, 'The data file is not UTF-8'],
  no_rows: [422, 'The training set has no rows'],
  row_length: [422, 'A row has too few or too many values'],
  duplicate_column: [422, 'A column occurs twice'],
  unknown_column: [422, 'There is no such column'],
  missing_column: [422, 'A column is missing'],
  invalid_name: [422, 'A column or class has a name that cannot be used'],
  wrong_type: [422, 'A value has the wrong type'],
  not_finite: [422, 'A number is not finite'],
  missing_label: [422, 'A row has no label'],
  unknown_label: [422, 'A label is not one of the classes'],
  one_class: [422, 'The training set has fewer than two classes'],
  class_without_rows: [422, 'A listed class has no rows'],
  no_features: [422, 'No usable feature is left'],
  invalid_settings: [422, 'The settings do not fit the data'],
  invalid_threat: [422, 'The threat model does not fit the model'],
  not_linear: [422, 'The model is not linear in this'],
  too_many_rows: [422, 'The training set has too many rows'],
  too_many_features: [422, 'The training set has too many features'],
  too_many_cells: [422, 'The training set is too large'],
  too_many_instances: [422, 'The request has too many instances'],
  too_much_work: [422, 'The request asks for more work than one request may'],
  invalid_instances: [422, 'Instances could not be certified'],
  rate_limited: [429, 'Too many requests'],
  headers_too_large: [431, 'The headers are larger than this service accepts'],
  internal_error: [500, 'Something went wrong on our side'],
  overloaded: [503, 'Too much is waiting already'],
  timed_out: [503, 'The answer took too long'],
  too_many_models: [507, 'The service holds as many models as it may'],
  worker_failed: [503, 'A worker thread ended over the request'],
  store_failed: [503, 'The store does not answer, or did not take the change'],
  access_unavailable: [503, 'Keys or tokens cannot be checked for now'],
  not_ready: [503, 'The service is not ready'],
  model_damaged: [503, 'The stored model is damaged'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** One place in a request that does not fit, `path` as a JSON Pointer. */
export interface Misfit {
  readonly path: string;
  readonly message: string;
}

/**
 * An error that the caller is told about. `detail` names the row and column, what was expected and what came,
 * and never a value of an applicant.
 */
export class SuretyError extends Error {
  readonly code: ErrorCode;
  readonly misfits: readonly Misfit[];

  constructor(code: ErrorCode, detail: string, options: { misfits?: Misfit[]; cause?: unknown } = {}) {
    super(detail, { cause: options.cause });
    this.name = 'SuretyError';
    this.code = code;
    this.misfits = options.misfits ?? [];
  }

  get status(): number {
    return ERRORS[this.code][0];
  }

  get title(): string {
    return ERRORS[this.code][1];
  }
}

/** Whether an error is one of these. What is none of them says nothing about what was asked: let it through. */
export function hasCode(error: unknown, codes: readonly ErrorCode[]): error is SuretyError {
  return error instanceof SuretyError && codes.includes(error.code);
}

/** Whether an error says what is wrong with the data or the question, and not that the service could not do its work. */
export function isRefusal(error: unknown): error is SuretyError {
  return error instanceof SuretyError && error.status === 422;
}

/** What a value is called in a message: its JSON type, never the value itself. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
