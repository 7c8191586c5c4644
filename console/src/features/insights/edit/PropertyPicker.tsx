import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "../../../api/errors";
import { propertiesQuery, type PropertyName } from "../../../api/queries/eventSchema";
import { formatCompact } from "../../../lib/format";
import type { PropertyRef } from "../model";
import { Picker } from "./Picker";

/** What each kind of property is called. */
export const SCOPES = { event: "property", user: "trait", context: "context" } as const;

const SCOPE_WORDS: Record<string, string> = {
  event: "property of the event",
  user: "trait of the person user",
  context: "browser, device and place context",
};

const isScope = (text: string): text is keyof typeof SCOPES => text in SCOPES;

/** Properties of an event and traits of people. Without an event: properties of all. */
export function useProperties(event: string | undefined) {
  const named = event !== undefined && !event.startsWith("_") ? event : undefined;
  const all = useQuery(propertiesQuery(undefined));
  const own = useQuery({ ...propertiesQuery(named), enabled: named !== undefined });
  const ofEvent = named === undefined ? all.data?.filter((one) => one.of === "event") : own.data;
  const others = all.data?.filter((one) => one.of !== "event") ?? [];
  return {
    list: [...(ofEvent?.filter((one) => one.of === "event") ?? []), ...others],
    isPending: all.isPending || (named !== undefined && own.isPending),
    error: all.error ?? own.error,
  };
}

/** What it means, and what was seen of it. */
function detailOf(one: PropertyName): string | undefined {
  const seen = one.samples?.length ? `Seen: ${one.samples.slice(0, 6).join(", ").slice(0, 180)}` : undefined;
  return [one.description || undefined, seen].filter((part) => part !== undefined).join(" · ") || undefined;
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
  const isChosen = (one: PropertyName) => one.name === value?.property && one.of === (value.of ?? "event");
  const offered = list.filter((one) => !one.isNotOffered || isChosen(one));
  const fitting = type ? offered.filter((one) => one.types?.includes(type)) : offered;
  const options = fitting.map((one) => ({
    value: `${one.of}:${one.name}`,
    label: one.displayName || one.name,
    words: `${SCOPE_WORDS[one.of] ?? ""} ${one.description ?? ""}`,
    side: `${one.of === "event" || !isScope(one.of) ? "" : `${SCOPES[one.of]} · `}${one.types?.[0] ?? ""} · ${formatCompact(one.count)}`,
    detail: detailOf(one),
  }));
  const choose = (chosen: string) => {
    const at = chosen.indexOf(":");
    const of = chosen.slice(0, at);
    const found = fitting.find((one) => one.of === of && one.name === chosen.slice(at + 1));
    if (found && isScope(found.of)) onChange({ property: found.name, of: found.of }, found);
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
