// What was typed, by the names of the inputs.

import type { FormEvent } from "react";

export function typed(event: FormEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault();
  const form = new FormData(event.currentTarget);
  return (name) => String(form.get(name) ?? "");
}
