import { Alert, Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, data } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { QueryView } from "../../components/QueryView";
import { TextSkeleton } from "../../components/Skeletons";
import { EntryFrame } from "./EntryFrame";
import { typed } from "./form";
import { useSignIn } from "./useSignIn";

const route = getRouteApi("/invite");

export function InvitePage() {
  const { code = "" } = route.useSearch();
  const params = { path: { code } };
  const invitation = useQuery({
    queryKey: ["invitation", code],
    queryFn: () => data(api.GET("/invites/by-code/{code}", { params })),
    retry: false,
  });
  const workspace = invitation.data?.workspaceName;
  return (
    <EntryFrame title={workspace ? `Join ${workspace}` : "Invitation"} name="Invitation">
      <QueryView
        query={invitation}
        failed="The invitation cannot be used"
        loading={<TextSkeleton lines={4} />}
      >
        {(found) => (
          <>
            <Text c="dimmed">
              You are invited as {found.role}, with {found.email}.
            </Text>
            <Accept code={code} hasAccount={found.hasAccount} email={found.email} />
          </>
        )}
      </QueryView>
    </EntryFrame>
  );
}

function Accept({ code, hasAccount, email }: { code: string; hasAccount: boolean; email: string }) {
  const accept = useSignIn((body: { name: string; password: string }) =>
    data(api.POST("/invites/by-code/{code}/accept", { params: { path: { code } }, body })),
  );
  const problems = isApiError(accept.error) ? accept.error.byField() : {};
  const atFields = problems["name"] ?? problems["password"];
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        const value = typed(event);
        accept.mutate({ name: value("name"), password: value("password") });
      }}
    >
      {accept.isError && !atFields ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(accept.error)}
        </Alert>
      ) : null}
      {/* For password managers: whose password it is. */}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      {hasAccount ? null : (
        <TextInput name="name" label="Your name" autoComplete="name" error={problems["name"]} required autoFocus />
      )}
      <PasswordInput
        name="password"
        label={hasAccount ? "Your password" : "Choose a password"}
        description={hasAccount ? "You have an account on this server." : "At least 12 characters."}
        autoComplete={hasAccount ? "current-password" : "new-password"}
        error={problems["password"]}
        required
      />
      <Button type="submit" loading={accept.isPending}>
        Join
      </Button>
    </form>
  );
}
