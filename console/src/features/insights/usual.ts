// Names that usual events and properties go by (Segment's semantic events first): what templates ask
// about, and what a builder begins with.

export const SIGNUP_STARTS = ["Signup Started", "Sign Up Started", "Signup Viewed"];
export const SIGNUPS = ["Signup Completed", "Signed Up", "Account Created", "User Signed Up"];
/** Each is a payment, and no payment has two of them. */
export const ORDERS = ["Order Completed", "Purchase", "Order Placed", "Subscription Renewed"];
export const METHODS = ["signup_method", "sign_up_method", "method", "auth_method", "provider"];
export const PLATFORMS = ["platform", "device_type", "os"];

/** Names are compared without case, spaces and punctuation. */
const bare = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Finds the first of some names among those that were seen, as it was seen. */
export function finder(seen: readonly string[]): (names: readonly string[]) => string | undefined {
  const known = new Map(seen.map((name) => [bare(name), name]));
  return (names) => names.map((name) => known.get(bare(name))).find((name) => name !== undefined);
}
