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
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SdkTest {
    private static final String TOKEN = "sdk-tests-admin-token";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;
    private String url;

    @BeforeEach
    void start(@TempDir Path data) throws Exception {
        ProcessBuilder command =
                new ProcessBuilder(System.getenv("SLUICE_BIN"), "serve", "--data", data.toString(), "--listen", "127.0.0.1:0");
        command.environment().put("SLUICE_ADMIN_TOKEN", TOKEN);
        command.environment().put("SLUICE_LOG", "warn");
        command.redirectError(ProcessBuilder.Redirect.INHERIT);
        process = command.start();
        BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
        Pattern listening = Pattern.compile("listening on (http://\\S+)");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher found = listening.matcher(line);
            if (found.find()) {
                url = found.group(1);
                return;
            }
        }
        throw new IllegalStateException("sluice ended before it listened");
    }

    @AfterEach
    void end() throws Exception {
        process.destroyForcibly().waitFor();
    }

    private HttpResponse<String> api(String method, String path, String body) throws Exception {
        HttpRequest.BodyPublisher sent =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/v1" + path))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .method(method, sent)
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonObject data(HttpResponse<String> answer) {
        return JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonObject("data");
    }

    /** The final event, as soon as it is there. */
    private JsonObject event(String source, String messageId) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            HttpResponse<String> answer = api("GET", "/events/" + source + "/" + messageId, null);
            if (answer.statusCode() == 200) {
                JsonObject receipt = data(answer).getAsJsonObject("receipt");
                String state = receipt.getAsJsonObject("outcome").get("state").getAsString();
                if (state.equals("accepted")) {
                    return receipt.getAsJsonObject("event");
                }
            }
            Thread.sleep(25);
        }
        throw new AssertionError("event " + messageId + " is not there after " + PATIENCE);
    }

    @Test
    void everyKindOfCallArrivesOnceFieldForField() throws Exception {
        String made = "{\"slug\":\"java\",\"name\":\"java\",\"enabled\":true,\"metadataId\":\"java\"}";
        JsonObject source = data(api("POST", "/sources", made)).getAsJsonObject("source");
        String id = source.get("id").getAsString();
        String key = source.getAsJsonArray("writeKeys").get(0).getAsString();
        Analytics analytics = Analytics.builder(key).endpoint(url).flushQueueSize(4).build();
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
            JsonObject event = event(id, call.getKey());
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
        String original = event(id, "java-1").get("originalTimestamp").getAsString();
        assertEquals(at.toInstant(), Instant.parse(original));
        analytics.shutdown();
    }
}
