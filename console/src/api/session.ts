// Who is signed in, and in which workspace. The session is a cookie that scripts cannot read; its
// token against forged requests is kept here and sent with every change.

import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, data, type Schema, setCsrfToken } from "./client";
import { isApiError } from "./errors";

export type Role = Schema<"RoleName">;
export type Session = Schema<"SessionData">;

/** Null means that nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return keep(await data(api.GET("/session", { signal })));
    } catch (error) {
      if (isApiError(error, 401)) return keep(null);
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export function keep<S extends Session | null>(session: S): S {
  setCsrfToken(session?.csrfToken);
  return session;
}

/** For pages inside the shell, which is shown to nobody who is not signed in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new Error("this page needs a session");
  return data;
}

const RANK: Record<Role, number> = { viewer: 0, editor: 1, admin: 2 };

/** Whether the signed-in person may do what needs the role. */
export function useCan(needed: Role): boolean {
  const { data } = useSuspenseQuery(sessionQuery);
  return data !== null && RANK[data.workspace.role] >= RANK[needed];
}
