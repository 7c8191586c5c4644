// The state of a connection in words.

export interface DeliveryWords {
  tone: "good" | "warn" | "bad" | "idle";
  words: string;
}

export function deliveryInWords(state: string): DeliveryWords {
  switch (state) {
    case "running":
      return { tone: "good", words: "Running" };
    case "disabled":
      return { tone: "idle", words: "Switched off" };
    case "suspended":
      return { tone: "bad", words: "Stopped" };
    case "breaker_open":
      return { tone: "warn", words: "Peer does not answer" };
    case "failed":
      return { tone: "bad", words: "Failed" };
    default:
      return { tone: "idle", words: state };
  }
}

const ORDER = ["failed", "suspended", "breaker_open", "running", "disabled"];

/** Of several connections the state that matters most. */
export function worstState(states: readonly string[]): string | undefined {
  return [...states].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))[0];
}
