import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { messageOf } from "../../api/errors";
import { useErasePerson, type Person } from "../../api/queries/people";
import { useCan } from "../../api/session";
import { personWords } from "../../components/people/PersonName";
import { useConfirm } from "../../components/useConfirm";
import { formatNumber } from "../../lib/format";

/** Forgets a person for good; for admins. */
export function Erasing({ person }: { person: Person }) {
  const may = useCan("admin");
  const navigate = useNavigate();
  const [dialog, ask] = useConfirm();
  const erase = useErasePerson();
  if (!may) return null;
  const act = () =>
    erase.mutate(person.id, {
      onSuccess: () => {
        const message = "The person is in no answer any more; what is on disk goes now.";
        notifications.show({ color: "green", title: "Erased", message });
        void navigate({ to: "/people" });
      },
      onError: (error) => notifications.show({ color: "red", title: "Not erased", message: messageOf(error) }),
    });
  const words = (
    <>
      {formatNumber(person.events)} events, the identifiers and the traits go for good: out of every chart, the logs, what waits for
      destinations and the dead letters. What destinations were sent before stays with them. This cannot be undone.
    </>
  );
  return (
    <>
      <Button
        variant="default"
        loading={erase.isPending}
        onClick={() => ask({ title: `Erase ${personWords(person)}?`, words, verb: "Erase for good", act })}
      >
        Erase
      </Button>
      {dialog}
    </>
  );
}
