import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schema } from "../client";

export type User = Schema<"UserView">;
export type Invite = Schema<"InviteView">;

const params = { query: { "pagination[count]": 1000 } };

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async ({ signal }) => (await data(api.GET("/users", { signal, params }))).users,
});

export const invitesQuery = queryOptions({
  queryKey: ["users", "invites"],
  queryFn: async ({ signal }) => (await data(api.GET("/invites", { signal, params }))).invites,
});

function useUserChange<Input, Output>(act: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["users"] }),
  });
}

export function useInvite() {
  return useUserChange((body: Schema<"NewInviteBody">) => data(api.POST("/invites", { body })));
}

export function useWithdrawInvite() {
  return useUserChange((inviteId: string) =>
    data(api.DELETE("/invites/{inviteId}", { params: { path: { inviteId } } })),
  );
}

export function useSetRole() {
  return useUserChange(({ userId, role }: { userId: string; role: Schema<"RoleName"> }) =>
    data(api.PATCH("/users/{userId}", { params: { path: { userId } }, body: { role } })),
  );
}

export function useRemoveUser() {
  return useUserChange((userId: string) =>
    data(api.DELETE("/users/{userId}", { params: { path: { userId } } })),
  );
}

export function usePasswordReset() {
  return useMutation({
    mutationFn: (userId: string) =>
      data(api.POST("/users/{userId}/password-reset", { params: { path: { userId } } })),
  });
}
