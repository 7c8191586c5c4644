import { Badge } from "@mantine/core";

const COLORS: Record<string, string> = {
  track: "water",
  identify: "teal",
  page: "grape",
  screen: "grape",
  group: "orange",
  alias: "gray",
};

export function TypeBadge({ type }: { type: string | undefined }) {
  if (type === undefined) return <Badge color="red">unknown</Badge>;
  return (
    <Badge color={COLORS[type] ?? "gray"} style={{ flex: "none" }}>
      {type}
    </Badge>
  );
}
