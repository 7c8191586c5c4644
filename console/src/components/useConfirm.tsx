import { Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import type { ReactNode } from "react";

export interface Question {
  title: string;
  /** What will be lost, and how many. */
  words: ReactNode;
  /** A plain verb, such as "Delete source". */
  verb: string;
  act: () => void;
}

/** Asks before something is lost. Gives the dialog to render, and how to ask. */
export function useConfirm(): [dialog: ReactNode, ask: (question: Question) => void] {
  const [question, setQuestion] = useState<Question>();
  const [opened, setOpened] = useState(false);
  const close = () => setOpened(false);
  const dialog = (
    <Modal opened={opened} onClose={close} title={question?.title} closeButtonProps={{ "aria-label": "Close" }}>
      <Text mb={20}>{question?.words}</Text>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={close}>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            close();
            question?.act();
          }}
        >
          {question?.verb}
        </Button>
      </Group>
    </Modal>
  );
  const ask = (asked: Question) => {
    setQuestion(asked);
    setOpened(true);
  };
  return [dialog, ask];
}
