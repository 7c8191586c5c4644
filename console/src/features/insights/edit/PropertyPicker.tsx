import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "../../../api/errors";
import { propertiesQuery, type PropertyName } from "../../../api/queries/eventSchema";
import { formatCompact } from "../../../lib/format";
import type { PropertyRef } from "../model";
import { Picker } from "./Picker";

/** Properties of an event and traits of people. Without an event: properties of all. */
export function useProperties(event: string | undefined) {
  const named = event !== undefined && !event.startsWith("_") ? event : undefined;
  const all = useQuery(propertiesQuery(undefined));
  const own = useQuery({ ...propertiesQuery(named), enabled: named !== undefined });
  const ofEvent = named === undefined ? all.data?.filter((one) => one.of === "event") : own.data;
  const traits = all.data?.filter((one) => one.of === "user") ?? [];
  return {
    list: [...(ofEvent ?? []), ...traits],
    isPending: all.isPending || (named !== undefined && own.isPending),
    error: all.error ?? own.error,
  };
}

interface Props {
  event: string | undefined;
  value: PropertyRef | undefined;
  onChange: (property: PropertyRef, seen: PropertyName | undefined) => void;
  label: string;
  shown: ReactNode;
  blank?: boolean;
  /** Only those seen with a type. */
  type?: string;
  target?: (open: () => void, isOpen: boolean) => ReactNode;
}

export function PropertyPicker({ event, value, onChange, label, shown, blank = false, type, target }: Props) {
  const { list, isPending, error } = useProperties(event);
  const fitting = type ? list.filter((one) => one.types?.includes(type)) : list;
  const options = fitting.map((one) => ({
    value: `${one.of}:${one.name}`,
    label: one.name,
    words: one.of === "user" ? "trait of the person user" : "property of the event",
    side: `${one.of === "user" ? "trait · " : ""}${one.types?.[0] ?? ""} · ${formatCompact(one.count)}`,
    detail: one.samples?.length ? `Seen: ${one.samples.slice(0, 6).join(", ").slice(0, 180)}` : undefined,
  }));
  const choose = (chosen: string) => {
    const at = chosen.indexOf(":");
    const of = chosen.slice(0, at);
    const found = fitting.find((one) => one.of === of && one.name === chosen.slice(at + 1));
    if (found) onChange({ property: found.name, of: found.of === "user" ? "user" : "event" }, found);
  };
  return (
    <Picker
      what="properties"
      label={label}
      shown={shown}
      blank={blank}
      value={value ? `${value.of ?? "event"}:${value.property}` : undefined}
      options={options}
      loading={isPending}
      failed={error ? messageOf(error) : undefined}
      onChange={choose}
      {...(target ? { target } : {})}
    />
  );
}
