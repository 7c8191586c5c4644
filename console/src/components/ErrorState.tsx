import { Button, Text } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { isApiError, messageOf } from "../api/errors";
import classes from "./states.module.css";

interface Props {
  /** What failed, such as "The sources could not be read". */
  title: string;
  error: unknown;
  onRetry?: (() => void) | undefined;
}

export function ErrorState({ title, error, onRetry }: Props) {
  return (
    <div className={classes.state} role="alert">
      <CircleAlert size={20} strokeWidth={1.5} aria-hidden className={classes.bad} />
      <Text fw={600} fz="md">
        {title}
      </Text>
      <div className={classes.words}>
        {messageOf(error)} {whatToDo(error)}
      </div>
      {onRetry ? (
        <div className={classes.action}>
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function whatToDo(error: unknown): string {
  if (isApiError(error, 403)) return "Someone with the role admin can give you more.";
  if (isApiError(error, 404)) return "It may have been deleted.";
  if (isApiError(error) && error.status >= 500) return "The server's log says more.";
  return "";
}
