// Ctrl/Cmd K: every place by its name.

import { Combobox, Modal, TextInput, useCombobox } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { NAV } from "./nav";
import { findPlaces } from "./palette";

export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const combobox = useCombobox({ opened: true });
  const found = useMemo(() => findPlaces(NAV, typed), [typed]);
  const go = (to: string) => {
    onClose();
    void navigate({ to });
  };
  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={8} size={520} yOffset="12vh" centered={false} aria-label="Go to">
      <Combobox store={combobox} onOptionSubmit={go} withinPortal={false}>
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
          {found.map(({ place, group }) => (
            <Combobox.Option key={place.to} value={place.to}>
              <span style={{ display: "flex", gap: 8, alignItems: "center" }}>
                <place.icon size={16} strokeWidth={1.75} aria-hidden />
                {place.label}
                <span style={{ marginLeft: "auto", color: "var(--sl-muted)" }}>{group}</span>
              </span>
            </Combobox.Option>
          ))}
          {found.length === 0 ? <Combobox.Empty>Nothing is called that</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}
