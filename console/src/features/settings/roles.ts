import type { Role } from "../../api/session";

export const ROLES: { value: Role; label: string }[] = [
  { value: "viewer", label: "Viewer: reads and asks" },
  { value: "editor", label: "Editor: also changes sources, destinations, insights" },
  { value: "admin", label: "Admin: also users, tokens, the workspace" },
];

export function roleOf(value: string): Role {
  return ROLES.find((role) => role.value === value)?.value ?? "viewer";
}
