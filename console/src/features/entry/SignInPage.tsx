import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { messageOf } from "../../api/errors";
import { EntryFrame } from "./EntryFrame";
import { useSignIn } from "./useSignIn";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const { next } = route.useSearch();
  const signIn = useSignIn<{ email: string; password: string }>("/session", next);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate({
      email: String(form.get("email")),
      password: String(form.get("password")),
    });
  };
  return (
    <EntryFrame title="Sign in" name="Sign in">
      <form onSubmit={submit} style={{ display: "contents" }}>
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
      </form>
    </EntryFrame>
  );
}
