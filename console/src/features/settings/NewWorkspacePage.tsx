import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, data, type Schema } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { keep, sessionQuery } from "../../api/session";
import { Page } from "../../components/Page";
import { localTimeZone, timeZones } from "../../lib/time";
import classes from "./settings.module.css";

/** Makes a workspace and goes there. */
export function NewWorkspacePage() {
  const queryClient = useQueryClient();
  const router = useRouter();
  const create = useMutation({
    mutationFn: async (body: Schema<"NewWorkspaceBody">) => {
      const { workspace } = await data(api.POST("/workspaces", { body }));
      return data(api.PATCH("/session", { body: { workspaceId: workspace.id } }));
    },
    onSuccess: async (session) => {
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, keep(session));
      await router.navigate({ to: "/" });
    },
  });
  const problems = isApiError(create.error) ? create.error.byField() : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      name: String(form.get("name")),
      timeZone: String(form.get("timeZone")),
      region: form.get("region") === "eu" ? "eu" : "us",
    });
  };
  return (
    <Page title="What is the new workspace for?" name="New workspace">
      <form className={classes.form} onSubmit={submit}>
        <p className={classes.lead}>
          A workspace has its own sources, people, destinations and users. Nothing is shared.
        </p>
        {create.isError && Object.keys(problems).every((field) => field === "") ? (
          <Alert color="red" variant="light" role="alert">
            {messageOf(create.error)}
          </Alert>
        ) : null}
        <TextInput name="name" label="Name" placeholder="My shop" error={problems["name"] ?? problems["slug"]} required autoFocus />
        <Select name="timeZone" label="Time zone" description="Days and weeks of charts begin by it." data={timeZones()} defaultValue={localTimeZone()} searchable allowDeselect={false} error={problems["timeZone"]} />
        <Select
          name="region"
          label="Region"
          description="Which of Segment's hosts it answers like. It stays."
          data={[
            { value: "us", label: "United States" },
            { value: "eu", label: "European Union" },
          ]}
          defaultValue="us"
          allowDeselect={false}
          error={problems["region"]}
        />
        <Button type="submit" loading={create.isPending}>
          Create workspace
        </Button>
      </form>
    </Page>
  );
}
