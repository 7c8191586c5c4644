import { Alert, Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { api, data } from "../../api/client";
import { messageOf } from "../../api/errors";
import { EntryFrame } from "./EntryFrame";
import { typed } from "./form";
import { useSignIn } from "./useSignIn";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { link } = route.useSearch();
  return link === undefined ? <ByPassword /> : <ByLink link={link} />;
}

function ByPassword() {
  const { next } = route.useSearch();
  const signIn = useSignIn(
    (body: { email: string; password: string }) => data(api.POST("/session", { body })),
    next,
  );
  return (
    <EntryFrame title="Sign in" name="Sign in">
      <form
        style={{ display: "contents" }}
        onSubmit={(event) => {
          const value = typed(event);
          signIn.mutate({ email: value("email"), password: value("password") });
        }}
      >
        {signIn.isError ? (
          <Alert color="red" variant="light" role="alert">
            {messageOf(signIn.error)}
          </Alert>
        ) : null}
        <TextInput name="email" label="Email" type="email" autoComplete="username" required autoFocus />
        <PasswordInput name="password" label="Password" autoComplete="current-password" required />
        <Button type="submit" loading={signIn.isPending}>
          Sign in
        </Button>
        <Text fz="xs" c="dimmed">
          Forgotten? An admin of your workspace can make a link to set a new password.
        </Text>
      </form>
    </EntryFrame>
  );
}

/** The link works once: it is used by a click, not by whatever previews addresses. */
function ByLink({ link }: { link: string }) {
  const { next } = route.useSearch();
  const signIn = useSignIn(() => data(api.POST("/session/link", { body: { link } })), next);
  return (
    <EntryFrame title="Sign in by link" name="Sign in">
      {signIn.isError ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(signIn.error)}
        </Alert>
      ) : (
        <Text c="dimmed">This link signs you in. It works once.</Text>
      )}
      <Button loading={signIn.isPending} onClick={() => signIn.mutate(undefined)} autoFocus>
        Sign in
      </Button>
    </EntryFrame>
  );
}
