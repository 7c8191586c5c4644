// What all ways in share: the answer is a session, and the page goes on to where it was asked for.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { keep, type Session, sessionQuery } from "../../api/session";

export function useSignIn<Body>(act: (body: Body) => Promise<Session>, next?: string) {
  const queryClient = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: act,
    onSuccess: async (session) => {
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, keep(session));
      await router.navigate({ href: safeNext(next), replace: true });
    },
  });
}

/** Only addresses of this console: a link in a mail must not lead elsewhere after the sign-in. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  return next;
}
