// Code that sends a first event to this server, per library, with the real host and key filled in.

export interface Snippet {
  id: string;
  label: string;
  /** How to install it, if not by the code itself. */
  install?: string;
  code: string;
  note?: string;
}

interface Target {
  /** `http://host:port`, without a slash at the end. */
  origin: string;
  writeKey: string;
}

/** Kinds of sender, and which code is shown first for each. */
export const SENDERS = [
  { id: "javascript", label: "Website", words: "Pages in a browser, by analytics.js", snippet: "browser" },
  { id: "server", label: "Server", words: "Node, Python, Go, Java, Ruby or another language", snippet: "node" },
  { id: "mobile", label: "Mobile app", words: "iOS by Swift, Android by Kotlin", snippet: "swift" },
  { id: "http", label: "HTTP", words: "Anything that can send a request", snippet: "curl" },
] as const;

export function senderOf(metadataId: string) {
  return SENDERS.find((sender) => sender.id === metadataId) ?? SENDERS[3];
}

export function snippets({ origin, writeKey }: Target): Snippet[] {
  const url = new URL(origin);
  const key = JSON.stringify(writeKey);
  const https = `https://${url.host}`;
  const mobile =
    url.protocol === "https:"
      ? undefined
      : "This library speaks https only: give the server a certificate, or put it behind one.";
  return [
    {
      id: "browser",
      label: "Browser",
      note: "Before </head> of each page. It loads Segment's analytics.js from this server.",
      code: browser(origin, writeKey),
    },
    {
      id: "node",
      label: "Node",
      install: "npm install @segment/analytics-node",
      code: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: ${key}, host: "${origin}" });

analytics.track({
  userId: "user-1",
  event: "Order Completed",
  properties: { revenue: 49.9, currency: "EUR" },
});
await analytics.closeAndFlush();`,
    },
    {
      id: "python",
      label: "Python",
      install: "pip install segment-analytics-python",
      code: `import segment.analytics as analytics

analytics.write_key = ${key}
analytics.host = "${origin}"

analytics.track("user-1", "Order Completed", {"revenue": 49.9, "currency": "EUR"})
analytics.flush()`,
    },
    {
      id: "go",
      label: "Go",
      install: "go get github.com/segmentio/analytics-go/v3",
      code: `package main

import "github.com/segmentio/analytics-go/v3"

func main() {
	client, err := analytics.NewWithConfig(${key}, analytics.Config{Endpoint: "${origin}"})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.Enqueue(analytics.Track{
		UserId:     "user-1",
		Event:      "Order Completed",
		Properties: analytics.NewProperties().SetRevenue(49.9).SetCurrency("EUR"),
	})
}`,
    },
    {
      id: "java",
      label: "Java",
      install: "com.segment.analytics.java:analytics (Maven or Gradle)",
      code: `import com.segment.analytics.Analytics;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;

Analytics analytics = Analytics.builder(${key}).endpoint("${origin}").build();

analytics.enqueue(TrackMessage.builder("Order Completed")
    .userId("user-1")
    .properties(Map.of("revenue", 49.9, "currency", "EUR")));
analytics.flush();`,
    },
    {
      id: "ruby",
      label: "Ruby",
      install: "gem install analytics-ruby",
      code: `require "segment/analytics"

analytics = Segment::Analytics.new(
  write_key: ${key},
  host: "${url.hostname}",
  port: ${url.port || (url.protocol === "https:" ? 443 : 80)},
  ssl: ${url.protocol === "https:"}
)

analytics.track(
  user_id: "user-1",
  event: "Order Completed",
  properties: { revenue: 49.9, currency: "EUR" }
)
analytics.flush`,
    },
    {
      id: "swift",
      label: "Swift",
      install: "https://github.com/segmentio/analytics-swift (Swift Package Manager)",
      note: mobile,
      code: `import Segment

let analytics = Analytics(configuration: Configuration(writeKey: ${key})
    .apiHost("${url.host}/v1")
    .cdnHost("${url.host}/v1"))

analytics.track(name: "Order Completed", properties: ["revenue": 49.9, "currency": "EUR"])
analytics.flush()`,
    },
    {
      id: "kotlin",
      label: "Kotlin",
      install: "com.segment.analytics.kotlin:android (Gradle)",
      note: mobile,
      code: `import com.segment.analytics.kotlin.android.Analytics
import com.segment.analytics.kotlin.core.*
import kotlinx.serialization.json.*

val analytics = Analytics(${key}, applicationContext) {
    apiHost = "${url.host}/v1"
    cdnHost = "${url.host}/v1"
}

analytics.track("Order Completed", buildJsonObject {
    put("revenue", 49.9)
    put("currency", "EUR")
})
analytics.flush()`,
    },
    {
      id: "curl",
      label: "curl",
      code: `curl ${origin}/v1/track \\
  --user '${writeKey}:' \\
  --json '{"userId":"user-1","event":"Order Completed","properties":{"revenue":49.9,"currency":"EUR"}}'`,
      note: origin === https ? undefined : "The key is the user name; there is no password.",
    },
  ];
}

/** Keeps calls until the library is there, then loads it. Method names are those of analytics.js. */
function browser(origin: string, writeKey: string): string {
  return `<script>
  !(function () {
    var a = (window.analytics = window.analytics || []);
    if (a.initialize || a.invoked) return;
    a.invoked = true;
    a._writeKey = ${JSON.stringify(writeKey)};
    ("track page screen identify group alias reset ready on once off debug user " +
      "setAnonymousId trackLink trackForm addSourceMiddleware")
      .split(" ")
      .forEach(function (method) {
        a[method] = function () {
          a.push([method].concat([].slice.call(arguments)));
          return a;
        };
      });
    var s = document.createElement("script");
    s.async = true;
    s.src = "${origin}/analytics.js/v1/${writeKey}/analytics.min.js";
    document.head.appendChild(s);
    a.page();
  })();
</script>`;
}
