import { Alert, Button, PasswordInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, data, type Schema } from "../../api/client";
import { isApiError, messageOf } from "../../api/errors";
import { setupQuery } from "../../api/queries/setup";
import { localTimeZone, timeZones } from "../../lib/time";
import { EntryFrame } from "./EntryFrame";
import { typed } from "./form";
import { useSignIn } from "./useSignIn";

const route = getRouteApi("/setup");

export function SetupPage() {
  const { token } = route.useSearch();
  const setup = useQuery(setupQuery);
  const begin = useSignIn((body: Schema<"SetupBody">) => data(api.POST("/setup", { body })));
  if (setup.data?.needed === false && !begin.isSuccess) return <Navigate to="/sign-in" />;
  const problems = isApiError(begin.error) ? begin.error.byField() : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    const value = typed(event);
    begin.mutate({
      setupToken: value("setupToken"),
      name: value("name"),
      email: value("email"),
      password: value("password"),
      workspaceName: value("workspaceName"),
      timeZone: value("timeZone"),
      region: value("region") === "eu" ? "eu" : "us",
    });
  };
  return (
    <EntryFrame title="Set up this server" name="Set up">
      <form onSubmit={submit} style={{ display: "contents" }}>
        {begin.isError && (problems[""] ?? !isApiError(begin.error)) ? (
          <Alert color="red" variant="light" role="alert">
            {messageOf(begin.error)}
          </Alert>
        ) : null}
        <TextInput
          name="setupToken"
          label="Set-up token"
          description="The server prints it when it starts without any user."
          defaultValue={token}
          error={problems["setupToken"]}
          required
        />
        <TextInput name="name" label="Your name" autoComplete="name" error={problems["name"]} required />
        <TextInput name="email" label="Email" type="email" autoComplete="username" error={problems["email"]} required />
        <PasswordInput
          name="password"
          label="Password"
          description="At least 12 characters."
          autoComplete="new-password"
          minLength={12}
          error={problems["password"]}
          required
        />
        <TextInput name="workspaceName" label="Workspace" placeholder="My shop" error={problems["workspaceName"]} required />
        <Select
          name="timeZone"
          label="Time zone"
          description="Days and weeks of charts begin by it."
          data={timeZones()}
          defaultValue={localTimeZone()}
          searchable
          error={problems["timeZone"]}
          required
        />
        <Select
          name="region"
          label="Region"
          description="Which of Segment's hosts this workspace answers like. It stays."
          data={REGIONS.filter(({ value }) => setup.data?.regions.includes(value) ?? true)}
          defaultValue="us"
          allowDeselect={false}
          error={problems["region"]}
        />
        <Button type="submit" loading={begin.isPending}>
          Create the workspace
        </Button>
      </form>
    </EntryFrame>
  );
}

const REGIONS: { value: Schema<"RegionName">; label: string }[] = [
  { value: "us", label: "United States" },
  { value: "eu", label: "European Union" },
];
