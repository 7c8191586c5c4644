// Calls whose answers hold what senders sent: its numbers keep their digits.

import { parseExact } from "../lib/json";
import { send } from "./client";

export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", signal: signal ?? null };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await send(new Request(`${location.origin}/api/v1${path}`, init));
  return (parseExact(await response.text()) as { data: T }).data;
}
