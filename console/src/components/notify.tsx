import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { messageOf } from "../api/errors";

export function notifyDone(message: string): void {
  notifications.show({ message });
}

export function notifyFailed(title: string, error: unknown): void {
  notifications.show({ title, message: messageOf(error), color: "red", autoClose: 10_000 });
}

/** Says what was done and offers to take it back for ten seconds. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = notifications.show({
    autoClose: 10_000,
    message: (
      <span style={{ display: "flex", alignItems: "center", gap: 12 }}>
        {message}
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Button>
      </span>
    ),
  });
}
