import { Alert, Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api, data } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { keep, useSession } from "../../api/session";
import { Facts } from "../../components/Facts";
import { notifyDone } from "../../components/notify";
import { Sessions } from "./Sessions";
import classes from "./settings.module.css";

export function AccountSettings() {
  const { user, workspace } = useSession();
  const change = useMutation({
    mutationFn: (body: { current: string; new: string }) =>
      data(api.PATCH("/session/password", { body })),
  });
  const problems = isApiError(change.error) ? change.error.byField() : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    change.mutate(
      { current: String(values.get("current")), new: String(values.get("new")) },
      {
        onSuccess: (session) => {
          keep(session);
          form.reset();
          notifyDone("The password is changed. Every other session of yours has ended.");
        },
      },
    );
  };
  return (
    <div className={classes.account}>
      <Facts
        items={[
          ["Name", user.name],
          ["Email", user.email],
          ["Role here", workspace.role],
        ]}
      />
      <Sessions />
      <form className={classes.form} onSubmit={submit}>
        <h2 className={classes.heading}>Change password</h2>
        {change.isError && !problems["current"] && !problems["new"] ? (
          <Alert color="red" variant="light" role="alert">
            {messageOf(change.error)}
          </Alert>
        ) : null}
        <PasswordInput name="current" label="Current password" autoComplete="current-password" error={problems["current"]} required />
        <PasswordInput name="new" label="New password" description="At least 12 characters." autoComplete="new-password" error={problems["new"]} required />
        <Button type="submit" loading={change.isPending}>
          Change password
        </Button>
      </form>
    </div>
  );
}
