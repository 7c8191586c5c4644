// Which kind of question it is; what was asked of another kind is kept aside by the page.

import { Menu } from "@mantine/core";
import { ChipButton } from "./edit/Chip";
import type { Kind } from "./model";
import { INSIGHT_KINDS, kindOf } from "./registry";

export function KindMenu({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) {
  const chosen = kindOf(kind);
  return (
    <Menu position="bottom-start" shadow="none" withinPortal>
      <Menu.Target>
        <ChipButton label={`Kind of insight: ${chosen.label}. Change`} style={{ marginBottom: 10 }}>
          <span style={{ display: "inline-flex", alignItems: "center", gap: 6 }}>
            <chosen.icon size={14} aria-hidden />
            {chosen.label}
          </span>
        </ChipButton>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(INSIGHT_KINDS) as Kind[]).map((name) => {
          const one = kindOf(name);
          return (
            <Menu.Item key={name} leftSection={<one.icon size={16} aria-hidden />} fw={name === kind ? 600 : undefined} onClick={() => onChange(name)}>
              <div>{one.label}</div>
              <div style={{ color: "var(--sl-muted)", fontSize: 12, fontWeight: 400 }}>{one.words}</div>
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
