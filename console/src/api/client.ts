// The one door to the API: typed by its OpenAPI document, with the session's cookie and token
// against forged requests. Failed answers are thrown as `ApiError`.

import createClient from "openapi-fetch";
import { ApiError } from "./errors";
import type { components, paths } from "./schema.gen";

/** Types of the API by name, as in its document. */
export type Schema<K extends keyof components["schemas"]> = components["schemas"][K];

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

let csrfToken: string | undefined;
let signedOut: () => void = () => {};

export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Called when an answer says that the session is over. */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

export async function send(request: Request): Promise<Response> {
  if (!SAFE.has(request.method) && csrfToken !== undefined) {
    request.headers.set("X-CSRF-Token", csrfToken);
  }
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw ApiError.unreachable();
  }
  if (response.ok) return response;
  // Signing in with a wrong password is no end of a session.
  const asksForSession = new URL(request.url).pathname.startsWith("/api/v1/session");
  if (response.status === 401 && !asksForSession) signedOut();
  throw await ApiError.read(response);
}

export const api = createClient<paths>({
  baseUrl: `${globalThis.location.origin}/api/v1`,
  fetch: send,
  credentials: "same-origin",
});

/** The `data` of an answer. */
export async function data<T>(
  answer: Promise<{ data?: { data: T } | undefined; response: Response }>,
): Promise<T> {
  const { data: body, response } = await answer;
  if (body === undefined) throw new ApiError(response.status, []);
  return body.data;
}
