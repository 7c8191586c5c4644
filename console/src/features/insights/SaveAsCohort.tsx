// Keeps the people behind a number as a list.

import { Button, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { UsersRound } from "lucide-react";
import { useState } from "react";
import { useCreateCohort } from "../../api/queries/cohorts";
import type { PeopleQuery } from "../../api/queries/insights";
import { useCan } from "../../api/session";
import { notifyFailed } from "../../components/notify";

export function SaveAsCohort({ behind }: { behind: PeopleQuery }) {
  const may = useCan("editor");
  const [opened, at] = useDisclosure(false);
  const [name, setName] = useState("");
  const create = useCreateCohort();
  const navigate = useNavigate();
  if (!may) return null;
  const save = () =>
    create.mutate({ name: name.trim(), behind }, {
      onSuccess: (made) => void navigate({ to: "/cohorts/$cohortId", params: { cohortId: made.id } }),
      onError: (error) => notifyFailed("Not saved", error),
    });
  return (
    <Popover opened={opened} onChange={(open) => (open ? at.open() : at.close())} position="bottom-end" shadow="none" width={280} trapFocus returnFocus withinPortal>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<UsersRound size={14} aria-hidden />} onClick={at.toggle}>
          Save as cohort
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") save();
          }}
        >
          <TextInput label="Name" value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
          <Button type="submit" size="xs" mt={8} disabled={name.trim() === ""} loading={create.isPending}>
            Save these people
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
