// Calls of the API that its document does not describe for this build.

import { send } from "./client";

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await send(new Request(`${location.origin}/api/v1${path}`, init));
  return ((await response.json()) as { data: T }).data;
}
