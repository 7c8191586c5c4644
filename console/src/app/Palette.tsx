// Ctrl/Cmd K: every place, source and destination by its name, and the common acts.

import { Combobox, Modal, TextInput, useCombobox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plug, Plus, Search, Send } from "lucide-react";
import { useMemo, useState } from "react";
import { destinationsQuery } from "../api/queries/destinations";
import { sourcesQuery } from "../api/queries/sources";
import { useCan } from "../api/session";
import { NAV } from "./nav";
import { findTargets, type Target } from "./palette";
import classes from "./Rail.module.css";

const PLACES: Target[] = NAV.flatMap((group) =>
  group.places.map(({ label, to, icon, words }) => ({
    key: to,
    label,
    icon,
    words,
    group: group.label ?? "",
    link: { to },
  })),
);

const ACTS: Target[] = [
  { key: "new source", label: "Create source", group: "Act", icon: Plus, link: { to: "/sources/new" } },
  { key: "new destination", label: "Add destination", group: "Act", icon: Plus, link: { to: "/destinations/new" } },
];

export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const combobox = useCombobox({ opened: true });
  const targets = useTargets();
  const found = useMemo(() => findTargets(targets, typed), [targets, typed]);
  const go = (key: string) => {
    const target = targets.find((one) => one.key === key);
    onClose();
    if (target) void navigate(target.link);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Go to"
      styles={{ header: { display: "none" } }}
      padding={8}
      size={520}
      yOffset="12vh"
      centered={false}
    >
      <Combobox store={combobox} onOptionSubmit={go}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            variant="unstyled"
            size="md"
            aria-label="Go to"
            placeholder="Go to…"
            leftSection={<Search size={16} aria-hidden />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
            onFocus={() => combobox.selectFirstOption()}
          />
        </Combobox.EventsTarget>
        <Combobox.Options mah={360} style={{ overflowY: "auto" }}>
          {found.map(({ key, label, group, icon: Icon }) => (
            <Combobox.Option key={key} value={key}>
              <span className={classes.target}>
                <Icon size={16} strokeWidth={1.75} aria-hidden />
                <span className={classes.name}>{label}</span>
                <span className={classes.kind}>{group}</span>
              </span>
            </Combobox.Option>
          ))}
          {found.length === 0 ? <Combobox.Empty>Nothing is called that</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}

function useTargets(): Target[] {
  const sources = useQuery(sourcesQuery).data;
  const destinations = useQuery(destinationsQuery).data;
  const canEdit = useCan("editor");
  return useMemo(() => {
    const named = (sources ?? []).map(
      ({ id, name, slug }): Target => ({
        key: `source ${id}`,
        label: name,
        group: "Source",
        words: slug,
        icon: Plug,
        link: { to: "/sources/$sourceId", params: { sourceId: id } },
      }),
    );
    const sent = (destinations ?? []).map(
      ({ id, name, metadata }): Target => ({
        key: `destination ${id}`,
        label: name,
        group: "Destination",
        words: metadata.name,
        icon: Send,
        link: { to: "/destinations/$destinationId", params: { destinationId: id } },
      }),
    );
    return [...PLACES, ...(canEdit ? ACTS : []), ...named, ...sent];
  }, [sources, destinations, canEdit]);
}
