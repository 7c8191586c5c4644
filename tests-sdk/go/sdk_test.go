// Segment's Go library against the real server: every kind of call arrives once, field for field.
package sdk

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	analytics "gopkg.in/segmentio/analytics-go.v3"
)

const token = "sdk-tests-admin-token"
const patience = 20 * time.Second

type server struct {
	t   *testing.T
	url string
}

func start(t *testing.T) *server {
	command := exec.Command(os.Getenv("SLUICE_BIN"), "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	command.Env = append(os.Environ(), "SLUICE_ADMIN_TOKEN="+token, "SLUICE_LOG=warn")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	listening := regexp.MustCompile(`listening on (http://\S+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			return &server{t, found[1]}
		}
	}
	t.Fatal("sluice ended before it listened")
	return nil
}

// Gives the status and the data of an answer of the API.
func (s *server) api(method, path, body string) (int, map[string]any) {
	request, err := http.NewRequest(method, s.url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var parsed struct{ Data map[string]any }
	_ = json.NewDecoder(answer.Body).Decode(&parsed)
	return answer.StatusCode, parsed.Data
}

func (s *server) source() (string, string) {
	status, data := s.api("POST", "/sources", `{"slug":"go","name":"go","enabled":true,"metadataId":"go"}`)
	if status >= 300 {
		s.t.Fatalf("no source: %d", status)
	}
	source := data["source"].(map[string]any)
	return source["id"].(string), source["writeKeys"].([]any)[0].(string)
}

// The final event, as soon as it is there.
func (s *server) event(source, messageID string) map[string]any {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(25 * time.Millisecond) {
		if status, data := s.api("GET", "/events/"+source+"/"+messageID, ""); status == 200 {
			receipt := data["receipt"].(map[string]any)
			if receipt["outcome"].(map[string]any)["state"] == "accepted" {
				return receipt["event"].(map[string]any)
			}
		}
	}
	s.t.Fatalf("event %s is not there after %v", messageID, patience)
	return nil
}

func TestEveryKindOfCallArrivesOnceFieldForField(t *testing.T) {
	server := start(t)
	id, key := server.source()
	client, err := analytics.NewWithConfig(key, analytics.Config{Endpoint: server.url, BatchSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 10, 0, 0, 123_000_000, time.UTC)
	calls := []struct {
		message analytics.Message
		kind    string
		want    map[string]any
	}{
		{analytics.Identify{MessageId: "go-0", UserId: "ann", Traits: analytics.NewTraits().SetEmail("ann@example.org").SetAge(42)},
			"identify", map[string]any{"userId": "ann", "traits": map[string]any{"email": "ann@example.org", "age": 42.0}}},
		{analytics.Track{MessageId: "go-1", UserId: "ann", Event: "Order Completed", Timestamp: at,
			Properties: analytics.NewProperties().SetRevenue(39.95).Set("tags", []string{"a", "b"})},
			"track", map[string]any{"event": "Order Completed", "properties": map[string]any{"revenue": 39.95, "tags": []any{"a", "b"}}}},
		{analytics.Page{MessageId: "go-2", UserId: "ann", Name: "Docs"}, "page", map[string]any{"name": "Docs"}},
		{analytics.Screen{MessageId: "go-3", AnonymousId: "device-1", Name: "Home"}, "screen", map[string]any{"anonymousId": "device-1"}},
		{analytics.Group{MessageId: "go-4", UserId: "ann", GroupId: "acme", Traits: analytics.NewTraits().SetName("Acme")},
			"group", map[string]any{"groupId": "acme", "traits": map[string]any{"name": "Acme"}}},
		{analytics.Alias{MessageId: "go-5", UserId: "ann", PreviousId: "device-1"}, "alias", map[string]any{"previousId": "device-1"}},
	}
	for _, call := range calls {
		if err := client.Enqueue(call.message); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for number, call := range calls {
		event := server.event(id, fmt.Sprintf("go-%d", number))
		call.want["type"], call.want["channel"], call.want["projectId"] = call.kind, "server", id
		for field, want := range call.want {
			if !reflect.DeepEqual(event[field], want) {
				t.Errorf("%s of the %s is %v, not %v", field, call.kind, event[field], want)
			}
		}
		if library := event["context"].(map[string]any)["library"].(map[string]any)["name"]; library != "analytics-go" {
			t.Errorf("the library is %v", library)
		}
		if _, has := event["writeKey"]; has {
			t.Error("the write key is stripped")
		}
	}
	if got := server.event(id, "go-1")["originalTimestamp"]; got != "2026-03-01T10:00:00.123Z" {
		t.Errorf("the time of the call is %v", got)
	}
}
