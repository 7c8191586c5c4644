import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import { api, data } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { useCan, useSession } from "../../api/session";
import { Facts } from "../../components/Facts";
import { Id } from "../../components/Id";
import { notifyDone } from "../../components/notify";
import { timeZones } from "../../lib/time";
import classes from "./settings.module.css";

export function WorkspaceSettings() {
  const { workspace } = useSession();
  const canEdit = useCan("admin");
  const queryClient = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const [timeZone, setTimeZone] = useState(workspace.timeZone);
  const update = useMutation({
    mutationFn: () => data(api.PATCH("/", { body: { name, timeZone } })),
    onSuccess: async () => {
      notifyDone("Saved");
      await queryClient.invalidateQueries();
    },
  });
  const problems = isApiError(update.error) ? update.error.byField() : {};
  const changed = name !== workspace.name || timeZone !== workspace.timeZone;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {update.isError && Object.keys(problems).every((field) => field === "") ? (
        <Alert color="red" variant="light" role="alert">
          {messageOf(update.error)}
        </Alert>
      ) : null}
      <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} disabled={!canEdit} error={problems["name"]} required />
      <Select
        label="Time zone"
        description="Days and weeks of charts begin by it."
        data={timeZones()}
        value={timeZone}
        onChange={(value) => value && setTimeZone(value)}
        searchable
        allowDeselect={false}
        disabled={!canEdit}
        error={problems["timeZone"]}
      />
      <Facts
        items={[
          ["Id", <Id key="id" value={workspace.id} what="workspace id" />],
          ["Slug", <Id key="slug" value={workspace.slug} what="slug" />],
          ["Region", workspace.region === "eu" ? "European Union" : "United States"],
        ]}
      />
      {canEdit ? (
        <Button type="submit" loading={update.isPending} disabled={!changed}>
          Save
        </Button>
      ) : null}
    </form>
  );
}
