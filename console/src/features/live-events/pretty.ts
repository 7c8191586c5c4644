// An event as the call that one would write for it.

type Json = Record<string, unknown>;

/** The call, and below it what was sent beside it that is worth a look. */
export function prettyCall(event: Json): string {
  const type = String(event["type"] ?? "track");
  const args: unknown[] = [];
  switch (type) {
    case "track":
      args.push(event["event"], event["properties"] ?? {});
      break;
    case "page":
    case "screen":
      if (event["category"] !== undefined) args.push(event["category"]);
      args.push(event["name"] ?? "", event["properties"] ?? {});
      break;
    case "identify":
      args.push(event["userId"] ?? null, event["traits"] ?? {});
      break;
    case "group":
      args.push(event["groupId"], event["traits"] ?? {});
      break;
    case "alias":
      args.push(event["userId"], event["previousId"]);
      break;
    default:
      args.push(event);
  }
  while (args.length > 1 && isEmpty(args.at(-1))) args.pop();
  return `analytics.${type}(${args.map(literal).join(", ")});`;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** JavaScript: keys without quotes where they need none. */
function literal(value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? "undefined";
  return json.replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, "$1$2:");
}
