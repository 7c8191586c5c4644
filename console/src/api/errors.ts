// Errors as the API tells them: what happened, why, what to do.

import type { components } from "./schema.gen";

type Problem = components["schemas"]["ErrorView"];

export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 if no answer came. */
  readonly status: number;
  readonly problems: Problem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, problems: Problem[], retryAfterSeconds?: number) {
    super(problems.map((problem) => problem.message).join("; ") || `the server answered ${status}`);
    this.status = status;
    this.problems = problems;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What is wrong by field, for forms. Without a field: under the empty name. */
  byField(): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const problem of this.problems) fields[problem.field ?? ""] ??= problem.message;
    return fields;
  }

  static async read(response: Response): Promise<ApiError> {
    const retry = Number(response.headers.get("retry-after") ?? NaN);
    const after = Number.isFinite(retry) ? retry : undefined;
    try {
      const body = (await response.json()) as { errors?: Problem[] };
      return new ApiError(response.status, body.errors ?? [], after);
    } catch {
      return new ApiError(response.status, [], after);
    }
  }

  static unreachable(): ApiError {
    const message =
      "The server did not answer. It may be stopped, or the connection is broken. " +
      "This page tries again by itself.";
    return new ApiError(0, [{ type: "unreachable", message, status: 0 }]);
  }
}

export function isApiError(error: unknown, status?: number): error is ApiError {
  return error instanceof ApiError && (status === undefined || error.status === status);
}

/** A sentence for people about anything that was thrown. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
