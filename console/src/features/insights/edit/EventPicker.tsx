import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../../../api/errors";
import { eventNamesQuery } from "../../../api/queries/eventSchema";
import { useNow } from "../../../components/RelativeTime";
import { formatCompact, formatNumber } from "../../../lib/format";
import { formatRelative } from "../../../lib/time";
import { eventWords } from "../model";
import { Picker } from "./Picker";

interface Props {
  value: string | undefined;
  onChange: (event: string) => void;
  /** Pseudo-events that fit the question. */
  special: readonly string[];
  /** Which one it is, such as "Step 1". */
  of: string;
}

export function EventPicker({ value, onChange, special, of }: Props) {
  const names = useQuery(eventNamesQuery);
  const now = useNow();
  const offered = (names.data ?? []).filter((event) => !event.isNotOffered || event.name === value);
  const seen = offered.map((event) => ({
    value: event.name,
    label: event.displayName || event.name,
    words: event.description,
    side: [event.isTest ? "test" : "", event.count == null ? "" : formatCompact(event.count)].filter((part) => part !== "").join(" · "),
    detail: [
      event.description ?? "",
      event.count == null
        ? "Some rows of other events"
        : `${formatNumber(event.count)} times, last ${event.lastSeenAt ? formatRelative(event.lastSeenAt, now) : "unknown"}`,
    ].filter((part) => part !== "").join(" · "),
  }));
  const shown = seen.find((event) => event.value === value)?.label ?? eventWords(value ?? "");
  const options = [...special.map((name) => ({ value: name, label: eventWords(name) })), ...seen];
  return (
    <Picker
      what="events"
      label={value ? `${of}: ${shown}. Change` : `${of}: choose an event`}
      shown={value ? shown : "Choose an event"}
      blank={!value}
      value={value}
      options={options}
      loading={names.isPending}
      failed={names.isError ? messageOf(names.error) : undefined}
      onChange={onChange}
      onOpen={() => {
        if (names.isStale) void names.refetch();
      }}
      free
    />
  );
}
