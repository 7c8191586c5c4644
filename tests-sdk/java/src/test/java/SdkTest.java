// Segment's Java library against the real server: every kind of call arrives once, field for field.

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.segment.analytics.Analytics;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SdkTest {
    private Sluice server;

    @BeforeEach
    void start(@TempDir Path data) throws Exception {
        server = new Sluice(data);
    }

    @AfterEach
    void end() throws Exception {
        server.end();
    }

    @Test
    void everyKindOfCallArrivesOnceFieldForField() throws Exception {
        JsonObject source = server.createSource("java");
        String id = source.get("id").getAsString();
        String key = source.getAsJsonArray("writeKeys").get(0).getAsString();
        Analytics analytics = Analytics.builder(key).endpoint(server.url).flushQueueSize(4).build();
        Date at = Date.from(Instant.parse("2026-03-01T10:00:00.123Z"));

        Map<String, MessageBuilder<?, ?>> calls = new LinkedHashMap<>();
        Map<String, String> wanted = new LinkedHashMap<>();
        calls.put("java-0", IdentifyMessage.builder().userId("ann").traits(Map.of("email", "ann@example.org", "age", 42)));
        wanted.put("java-0", "{type: identify, userId: ann, traits: {email: 'ann@example.org', age: 42}}");
        calls.put("java-1", TrackMessage.builder("Order Completed").userId("ann").timestamp(at)
                .properties(Map.of("revenue", 39.95, "tags", List.of("a", "b"))));
        wanted.put("java-1", "{type: track, event: 'Order Completed', properties: {revenue: 39.95, tags: [a, b]}}");
        calls.put("java-2", PageMessage.builder("Docs").userId("ann"));
        wanted.put("java-2", "{type: page, name: Docs}");
        calls.put("java-3", ScreenMessage.builder("Home").anonymousId("device-1"));
        wanted.put("java-3", "{type: screen, name: Home, anonymousId: 'device-1'}");
        calls.put("java-4", GroupMessage.builder("acme").userId("ann").traits(Map.of("name", "Acme")));
        wanted.put("java-4", "{type: group, groupId: acme, traits: {name: Acme}}");
        calls.put("java-5", AliasMessage.builder("device-1").userId("ann"));
        wanted.put("java-5", "{type: alias, previousId: 'device-1', userId: ann}");
        calls.forEach((messageId, call) -> analytics.enqueue(call.messageId(messageId)));
        analytics.flush();

        for (Map.Entry<String, String> call : wanted.entrySet()) {
            JsonObject event = server.event(id, call.getKey());
            JsonObject want = JsonParser.parseString(call.getValue()).getAsJsonObject();
            want.addProperty("channel", "server");
            want.addProperty("projectId", id);
            for (String field : want.keySet()) {
                assertEquals(want.get(field), event.get(field), field + " of " + call.getKey());
            }
            JsonObject library = event.getAsJsonObject("context").getAsJsonObject("library");
            assertEquals("analytics-java", library.get("name").getAsString());
            assertFalse(event.has("writeKey"), "the write key is stripped");
        }
        String original = server.event(id, "java-1").get("originalTimestamp").getAsString();
        assertEquals(at.toInstant(), Instant.parse(original));
        analytics.shutdown();
    }
}
