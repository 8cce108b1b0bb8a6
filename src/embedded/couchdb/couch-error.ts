/** An answer of CouchDB's kind that is not a success: a status and the body `{"error","reason"}`. */
export class CouchError extends Error {
  override readonly name = 'CouchError';

  constructor(
    readonly status: number,
    readonly error: string,
    readonly reason: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${error}: ${reason}`);
  }
}

/** 400: the request cannot be understood. */
export function badRequest(reason: string, error = 'bad_request'): CouchError {
  return new CouchError(400, error, reason);
}

/** 404: the database, document, revision or attachment is not there; `deleted` is a reason of its own. */
export function notFound(reason: string): CouchError {
  return new CouchError(404, 'not_found', reason);
}

/** 409: the revision given is not a leaf of the document. */
export function conflict(): CouchError {
  return new CouchError(409, 'conflict', 'Document update conflict.');
}

/** 405: the path exists, but not with this method. */
export function methodNotAllowed(allowed: string): CouchError {
  return new CouchError(405, 'method_not_allowed', `Only ${allowed} allowed`, { Allow: allowed });
}
