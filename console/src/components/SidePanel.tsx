import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: ReactNode;
  width?: number;
  children: ReactNode;
}

/** Details of a row beside its list. Its page keeps what is open in the URL. */
export function SidePanel({ opened, onClose, title, width = 560, children }: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={width}
      title={title}
      overlayProps={{ backgroundOpacity: 0.2 }}
      closeButtonProps={{ "aria-label": "Close panel" }}
      styles={{
        title: { fontWeight: 600, fontSize: 15, minWidth: 0, flex: 1 },
        header: { minHeight: 52, borderBottom: "1px solid var(--sl-line)" },
        body: { paddingTop: 16 },
      }}
    >
      {children}
    </Drawer>
  );
}
