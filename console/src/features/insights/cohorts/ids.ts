// User ids out of what somebody pastes.

const HEADING = /^(user_?id|amplitude_id)$/i;

/** All that stands on lines or between commas; of a table whose headings name the ids, that column. */
export function idsIn(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "").map(fieldsOf);
  const column = lines[0]?.findIndex((field) => HEADING.test(field)) ?? -1;
  const ids = column < 0 ? lines.flat() : lines.slice(1).map((fields) => fields[column] ?? "");
  return [...new Set(ids.filter((id) => id !== ""))];
}

/** The fields of a line of CSV; commas in quotes are part of a field. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    if (isQuoted && sign === '"' && line.charAt(at + 1) === '"') {
      field += sign;
      at += 1;
    } else if (sign === '"' && (isQuoted || field.trim() === "")) {
      isQuoted = !isQuoted;
    } else if (sign === "," && !isQuoted) {
      fields.push(field.trim());
      field = "";
    } else {
      field += sign;
    }
  }
  return [...fields, field.trim()];
}
