import { Alert, Button, PasswordInput, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, data } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { QueryView } from "../../components/QueryView";
import { TextSkeleton } from "../../components/Skeletons";
import { EntryFrame } from "./EntryFrame";
import { typed } from "./form";
import { useSignIn } from "./useSignIn";

const route = getRouteApi("/reset-password");

export function ResetPage() {
  const { code = "" } = route.useSearch();
  const params = { path: { code } };
  const reset = useQuery({
    queryKey: ["password-reset", code],
    queryFn: () => data(api.GET("/password-resets/{code}", { params })),
    retry: false,
  });
  return (
    <EntryFrame title="Set a new password" name="New password">
      <QueryView query={reset} failed="The link cannot be used" loading={<TextSkeleton />}>
        {(found) => (
          <>
            <Text c="dimmed">For {found.email}. Every other session ends.</Text>
            <NewPassword code={code} />
          </>
        )}
      </QueryView>
    </EntryFrame>
  );
}

function NewPassword({ code }: { code: string }) {
  const set = useSignIn((password: string) =>
    data(api.POST("/password-resets/{code}", { params: { path: { code } }, body: { password } })),
  );
  const problem = isApiError(set.error) ? set.error.byField()["password"] : undefined;
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        const value = typed(event);
        set.mutate(value("password"));
      }}
    >
      {set.isError && !problem ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(set.error)}
        </Alert>
      ) : null}
      <PasswordInput
        name="password"
        label="New password"
        description="At least 12 characters."
        autoComplete="new-password"
        error={problem}
        required
        autoFocus
      />
      <Button type="submit" loading={set.isPending}>
        Set password
      </Button>
    </form>
  );
}
