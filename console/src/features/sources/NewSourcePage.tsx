import { Button, Radio, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { isApiError, messageOf } from "../../api/errors";
import { useCreateSource } from "../../api/queries/sources";
import { Page } from "../../components/Page";
import { SENDERS } from "./snippets";
import classes from "./sources.module.css";

export function NewSourcePage() {
  const navigate = useNavigate();
  const create = useCreateSource();
  const [kind, setKind] = useState<string>("javascript");
  const problems = isApiError(create.error) ? create.error.byField() : {};
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    create.mutate(
      { name, metadataId: kind },
      {
        onSuccess: (source) =>
          void navigate({ to: "/sources/$sourceId", params: { sourceId: source.id } }),
      },
    );
  };
  return (
    <Page title="What will send events?" name="New source">
      <form onSubmit={(event) => void submit(event)} className={classes.form}>
        <TextInput
          name="name"
          label="Name"
          description="As your team calls it."
          placeholder="Shop, web"
          error={
            problems["name"] ?? problems["slug"] ?? (create.isError ? messageOf(create.error) : null)
          }
          required
          data-autofocus
          autoFocus
        />
        <Radio.Group label="Kind" description="Chooses the code that is shown next." value={kind} onChange={setKind}>
          <Stack gap={8} mt={8}>
            {SENDERS.map((sender) => (
              <Radio.Card key={sender.id} value={sender.id} className={classes.kind}>
                <Radio.Indicator />
                <span>
                  <span className={classes.kindName}>{sender.label}</span>
                  <span className={classes.kindWords}>{sender.words}</span>
                </span>
              </Radio.Card>
            ))}
          </Stack>
        </Radio.Group>
        <Button type="submit" loading={create.isPending} style={{ alignSelf: "flex-start" }}>
          Create source
        </Button>
      </form>
    </Page>
  );
}
