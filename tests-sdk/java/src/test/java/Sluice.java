// The real server, for one test.

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Sluice {
    private static final String TOKEN = "sdk-tests-admin-token";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    final String url;

    Sluice(Path data) throws Exception {
        ProcessBuilder command =
                new ProcessBuilder(System.getenv("SLUICE_BIN"), "serve", "--data", data.toString(), "--listen", "127.0.0.1:0");
        command.environment().put("SLUICE_ADMIN_TOKEN", TOKEN);
        command.environment().put("SLUICE_LOG", "warn");
        command.redirectError(ProcessBuilder.Redirect.INHERIT);
        process = command.start();
        BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
        Pattern listening = Pattern.compile("listening on (http://\\S+)");
        url = lines.lines()
                .map(listening::matcher)
                .filter(Matcher::find)
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("sluice ended before it listened"));
    }

    void end() throws Exception {
        process.destroyForcibly().waitFor();
    }

    /** What the API answers as `data`; a failure is the test's. */
    JsonObject api(String method, String path, String body) throws Exception {
        HttpRequest.BodyPublisher sent =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/v1" + path))
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .method(method, sent)
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        return JsonParser.parseString(answer.body()).getAsJsonObject().getAsJsonObject("data");
    }

    JsonObject createSource(String slug) throws Exception {
        String made = "{\"slug\":\"" + slug + "\",\"name\":\"" + slug + "\",\"enabled\":true,\"metadataId\":\"java\"}";
        return api("POST", "/sources", made).getAsJsonObject("source");
    }

    /** The final event, as soon as it is there. */
    JsonObject event(String source, String messageId) throws Exception {
        return until("event " + messageId, () -> {
            JsonObject receipt = api("GET", "/events/" + source + "/" + messageId, null).getAsJsonObject("receipt");
            String state = receipt.getAsJsonObject("outcome").get("state").getAsString();
            return state.equals("accepted") ? receipt.getAsJsonObject("event") : null;
        });
    }

    /** Asks again until there is an answer; one that fails counts as none. */
    <T> T until(String what, Callable<T> ask) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        Exception last = null;
        while (Instant.now().isBefore(deadline)) {
            try {
                T answer = ask.call();
                if (answer != null) return answer;
            } catch (Exception failed) {
                last = failed;
            }
            Thread.sleep(25);
        }
        throw new AssertionError(what + " is not there after " + PATIENCE, last);
    }
}
