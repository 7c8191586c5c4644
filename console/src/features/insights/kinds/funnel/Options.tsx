// What a funnel may say besides its steps: what is counted, held and excluded, and the figures wanted
// further.

import { ActionIcon, Menu } from "@mantine/core";
import { X } from "lucide-react";
import { EventLine } from "../../edit/Common";
import { AddButton, ChipButton, MenuChip, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { More } from "../../edit/More";
import { PropertyPicker } from "../../edit/PropertyPicker";
import type { EditorProps } from "../../kind";
import { selectorName } from "../../model";
import { holdWords, type Query } from "./model";

const EXCLUSIONS_MAX = 4;

export function FunnelOptions({ query, onChange }: EditorProps<Query>) {
  return (
    <More used={isUsed(query)}>
      <Exclusions query={query} onChange={onChange} />
      <div className={classes.line}>
        <Word>counting</Word>
        <MenuChip
          what="What is counted"
          value={query.count ?? "uniques"}
          options={[
            { value: "uniques", label: query.hold ? "each pair once" : "each person once" },
            { value: "totals", label: "every path", disabled: query.order === "any" || query.hold != null },
          ]}
          onChange={(count) => onChange({ ...query, count })}
        />
        <Word>with the same</Word>
        <HoldChip query={query} onChange={onChange} />
      </div>
      {query.users === "new" ? (
        <div className={classes.line}>
          <Word>starting</Word>
          <MenuChip
            what="When new people start"
            value={query.first_day === true ? "first" : "any"}
            options={[
              { value: "any", label: "on any day" },
              { value: "first", label: "on their first day" },
            ]}
            onChange={(when) => onChange({ ...query, first_day: when === "first" ? true : undefined })}
          />
        </div>
      ) : null}
      <Further query={query} onChange={onChange} />
    </More>
  );
}

function isUsed({ exclusions = [], count = "uniques", hold, first_day, interval, time_bins, sum, optional_step }: Query): boolean {
  return exclusions.length > 0 || count !== "uniques" || [hold, first_day, interval, time_bins, sum, optional_step].some((one) => one != null);
}

function HoldChip({ query, onChange }: EditorProps<Query>) {
  const hold = query.hold ?? undefined;
  const property = hold === undefined || hold === "session" ? undefined : hold.property;
  return (
    <>
      <Menu position="bottom-start" shadow="none" withinPortal>
        <Menu.Target>
          <ChipButton label={`Same at all steps: ${hold ? holdWords(hold) : "nothing"}. Change`} blank={!hold}>
            {hold === "session" ? "session" : "property"}
          </ChipButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onChange({ ...query, hold: undefined })}>Nothing is held</Menu.Item>
          <Menu.Item onClick={() => onChange({ ...query, hold: "session" })}>Session</Menu.Item>
          <Menu.Item onClick={() => onChange({ ...query, hold: { property: property ?? { property: "" } } })}>A property of the events</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {property ? (
        <PropertyPicker
          event={query.steps[0]?.event ?? undefined}
          value={property.property === "" ? undefined : property}
          label={property.property === "" ? "Choose the property to hold" : `Held: ${property.property}. Change`}
          shown={property.property === "" ? "a property" : property.property}
          blank={property.property === ""}
          onChange={(chosen) => onChange({ ...query, hold: { property: chosen } })}
        />
      ) : null}
    </>
  );
}

function Exclusions({ query, onChange }: EditorProps<Query>) {
  const exclusions = query.exclusions ?? [];
  const steps = query.steps.length;
  if (query.order === "any" || steps < 2) return null;
  const replace = (at: number, by: (typeof exclusions)[number] | undefined) =>
    onChange({ ...query, exclusions: exclusions.flatMap((old, index) => (index === at ? (by ? [by] : []) : [old])) });
  const places = [
    { value: "any", label: "between any steps" },
    ...Array.from({ length: steps - 1 }, (_, index) => ({ value: String(index + 1), label: `between steps ${index + 1} and ${index + 2}` })),
  ];
  return (
    <>
      {exclusions.map((one, index) => (
        <div key={index}>
          <EventLine
            mark="×"
            of={`Excluded event ${index + 1}`}
            selector={one.event}
            special={["_active"]}
            onChange={(event) => replace(index, { ...one, event })}
            onRemove={() => replace(index, undefined)}
          />
          <div className={classes.line}>
            <MenuChip
              what={`Where ${selectorName(one.event)} may not be`}
              value={one.from == null ? "any" : String(one.from)}
              options={places}
              onChange={(place) =>
                replace(index, { event: one.event, ...(place === "any" ? {} : { from: Number(place), to: Number(place) + 1 }) })
              }
            >
              {one.from == null ? "between any steps" : `between steps ${one.from} and ${one.to ?? steps}`}
            </MenuChip>
          </div>
        </div>
      ))}
      {exclusions.length < EXCLUSIONS_MAX ? (
        <div>
          <AddButton onClick={() => onChange({ ...query, exclusions: [...exclusions, { event: { event: "" } }] })}>Without an event</AddButton>
        </div>
      ) : null}
    </>
  );
}

/** Intervals of entry, times, a sum, an optional step. */
function Further({ query, onChange }: EditorProps<Query>) {
  const last = query.steps.at(-1)?.event ?? undefined;
  const sum = query.sum ?? undefined;
  const optional = query.optional_step ?? undefined;
  return (
    <div className={classes.line}>
      <Word>also</Word>
      <MenuChip
        what="Over time by the interval of entry"
        value={query.interval ?? "none"}
        options={[
          { value: "none", label: "not over time" },
          { value: "hour", label: "per hour" },
          { value: "day", label: "per day" },
          { value: "week", label: "per week" },
          { value: "month", label: "per month" },
        ]}
        onChange={(interval) => onChange({ ...query, interval: interval === "none" ? undefined : interval })}
      />
      <MenuChip
        what="Times to convert"
        value={query.time_bins ? "yes" : "no"}
        options={[
          { value: "no", label: "not how long it took" },
          { value: "yes", label: "how long it took" },
        ]}
        onChange={(wanted) => onChange({ ...query, time_bins: wanted === "yes" ? {} : undefined })}
      />
      <PropertyPicker
        event={last}
        type="number"
        value={sum}
        label={sum ? `Sum at the last step: ${sum.property}. Change` : "Sum a property at the last step"}
        shown={sum ? `sum of ${sum.property}` : "sum of a property"}
        blank={!sum}
        onChange={(property) => onChange({ ...query, sum: property })}
      />
      {sum ? (
        <ActionIcon variant="subtle" color="gray" size={22} aria-label="Do not sum" onClick={() => onChange({ ...query, sum: undefined })}>
          <X size={12} aria-hidden />
        </ActionIcon>
      ) : null}
      {query.steps.length > 2 ? (
        <MenuChip
          what="Optional step"
          value={optional === undefined ? "none" : String(optional)}
          options={[
            { value: "none", label: "with all steps" },
            ...query.steps.slice(1, -1).map((_, index) => ({ value: String(index + 2), label: `and without step ${index + 2}` })),
          ]}
          onChange={(step) => onChange({ ...query, optional_step: step === "none" ? undefined : Number(step) })}
        />
      ) : null}
    </div>
  );
}
