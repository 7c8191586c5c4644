// Adds people to a list by their user ids, or takes them off it.

import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useChangeList, type ListChanged } from "../../../api/queries/cohorts";
import { notifyFailed } from "../../../components/notify";
import { plural } from "../../../lib/format";
import { idsIn } from "./ids";

/** Most ids in one request of the API. */
const IDS_MAX = 100_000;

export function ImportPeople({ cohortId }: { cohortId: string }) {
  const [text, setText] = useState("");
  const [done, setDone] = useState<{ removed: boolean; found: ListChanged }>();
  const change = useChangeList(cohortId);
  const ids = idsIn(text);
  const send = (remove: boolean) =>
    change.mutate({ userIds: ids, remove }, {
      onSuccess: (found) => {
        setDone({ removed: remove, found });
        setText("");
      },
      onError: (error) => notifyFailed("The list was not changed", error),
    });
  const cannot = ids.length === 0 || ids.length > IDS_MAX;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!cannot) send(false);
      }}
    >
      <Textarea
        label="User ids"
        description="One a line, or by commas. Of a CSV file with headings, the column user_id."
        minRows={5}
        maxRows={12}
        autosize
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={ids.length > IDS_MAX ? `At most ${IDS_MAX.toLocaleString("en-US")} at once` : undefined}
      />
      <div style={{ display: "flex", gap: 8, marginTop: 8 }}>
        <Button type="submit" size="xs" disabled={cannot} loading={change.isPending}>
          {ids.length === 0 ? "Add people" : `Add ${plural(ids.length, "person", "people")}`}
        </Button>
        <Button size="xs" variant="default" disabled={cannot} onClick={() => send(true)}>
          Take off
        </Button>
      </div>
      {done ? (
        <p role="status" style={{ margin: "8px 0 0" }}>
          {done.removed ? "Taken off" : "Added"}: {plural(done.found.matched, "person", "people")}.
          {done.found.unknown > 0 ? ` ${plural(done.found.unknown, "id is", "ids are")} not known, such as ${done.found.unknownSample.slice(0, 5).join(", ")}.` : ""}
        </p>
      ) : null}
    </form>
  );
}
