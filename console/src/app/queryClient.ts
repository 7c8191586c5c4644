import { QueryClient } from "@tanstack/react-query";
import { onSignedOut, setCsrfToken } from "../api/client";
import { isApiError } from "../api/errors";
import { sessionQuery } from "../api/session";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the server refused it refuses again; only a broken connection or a busy part may heal.
      retry: (failures, error) =>
        failures < 2 && (!isApiError(error) || error.status === 0 || error.status === 503),
      throwOnError: false,
    },
  },
});

onSignedOut(() => {
  setCsrfToken(undefined);
  const session = queryClient.getQueryData(sessionQuery.queryKey);
  if (session === null || session === undefined) return;
  // Everything that was shown belonged to the session; the address stays, to come back to.
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
});
