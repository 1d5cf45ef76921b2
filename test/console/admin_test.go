package console

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// policy is a policy as the API answers it.
type policy struct {
	Pattern    string
	Priority   int
	ApplyTo    string `json:"apply-to"`
	Definition map[string]any
}

func TestMirroringPolicy(t *testing.T) {
	n := start(t)
	n.queue("mirrored.a")
	n.must(http.MethodPut, "/policies/%2F/above", map[string]any{"pattern": "^mirrored", "definition": map[string]any{"max-length": 5}, "priority": 7, "apply-to": "queues"})
	p := n.asGuest()
	p.press("Policies")
	for _, choice := range []string{"none", "these nodes"} {
		p.press(choice)
	}
	p.fill("Name", "copies")
	p.fill("Pattern", "^mirrored")
	p.fill("Apply to", "Queues")
	p.fill("Priority", "3")
	p.says("Hidden by “above”")
	p.fill("Priority", "9")
	p.press("all nodes")
	p.says("more appear when nodes join")
	p.press("exactly N nodes")
	p.fill("Copies", "2")
	p.says("the missing copies appear when nodes join")
	p.says("1 object will change")
	p.press("Save policy")
	p.says("The policy “copies” is saved")
	var got policy
	n.api(http.MethodGet, "/policies/%2F/copies", nil, &got)
	if got.Pattern != "^mirrored" || got.Priority != 9 || got.ApplyTo != "queues" || got.Definition["ha-mode"] != "exactly" || got.Definition["ha-params"] != 2.0 {
		t.Fatalf("the policy is %+v", got)
	}
	p.press("copies") // its name in the list leads to the form that changes it
	p.says("Change the policy “copies”")
	p.press("all nodes")
	p.press("Save policy")
	eventually(t, "the change", func() bool {
		var got policy
		n.api(http.MethodGet, "/policies/%2F/copies", nil, &got)
		return got.Definition["ha-mode"] == "all" && got.Definition["ha-params"] == nil && got.Priority == 9
	})
	p.press("Delete copies")
	p.press("Delete policy")
	n.gone("/policies/%2F/copies")
}

// Before a policy is saved the form says what it will lose, and to whom.
func TestPolicyPreview(t *testing.T) {
	n := start(t)
	for _, queue := range []string{"one", "two", "three"} {
		n.queue(queue)
	}
	n.must(http.MethodPut, "/policies/%2F/edited", map[string]any{"pattern": "^t", "definition": map[string]any{"max-length": 5}, "priority": 5})
	n.must(http.MethodPut, "/policies/%2F/below", map[string]any{"pattern": "^three", "definition": map[string]any{"max-length": 9}, "priority": 2})
	p := n.asGuest()
	p.follow(address("policies") + "?vhost=%2F&edit=edited")
	p.says("2 objects match now: 2 queues.")
	p.fill("Pattern", "^(one|two)$")
	p.says("1 object will change")
	p.says("1 object will no longer have it")
	p.says("now by edited then by below")
	p.says("5 → 9")
	p.fill("Pattern", "^t")
	p.fill("Priority", "1")
	p.says("1 object will no longer have it")
	p.fill("Apply to", "Exchanges")
	p.says("2 objects will no longer have it")
	p.says("then no policy")
}

func TestUserLife(t *testing.T) {
	n := start(t)
	p := n.asGuest()
	p.press("Users")
	p.fill("Username", "nina")
	p.fill("Password", "secret")
	p.fill("Password again", "secre")
	p.says("The two differ")
	p.fill("Password again", "secret")
	p.fill("Tags", "monitoring")
	p.press("Add user")
	p.press("nina")
	p.says("This user has no permissions")
	p.fill("Write regexp", "^a")
	p.press("Set permission")
	p.says("The permission is set")
	var got struct{ Configure, Write, Read string }
	n.api(http.MethodGet, "/permissions/%2F/nina", nil, &got)
	if got.Configure != ".*" || got.Write != "^a" || got.Read != ".*" {
		t.Fatalf("the permission is %+v", got)
	}
	p.press("Clear")
	p.says("what “nina” may do")
	p.press("Clear")
	n.gone("/permissions/%2F/nina")
	p.until("the dialog to close", "!document.querySelector('dialog[open]')")
	p.press("Delete user")
	p.says("What will be lost")
	p.press("Delete user")
	p.is("Users")
	n.gone("/users/nina")
}

func TestVhostLife(t *testing.T) {
	n := start(t)
	p := n.asGuest()
	p.visit("vhosts")
	p.fill("Name", "shop/eu")
	p.fill("Description", "what is sold in Europe")
	p.press("Add virtual host")
	p.says("The virtual host “shop/eu” is there")
	p.press("shop/eu")
	p.is("shop/eu")
	p.says("what is sold in Europe")

	p.visit("limits")
	p.fill("Virtual host", "shop/eu")
	p.press("Set limit")
	var limits []struct{ Value map[string]int }
	p.until("the field for the value to be asked for", "document.activeElement?.matches(':invalid')")
	p.fill("Value", "1")
	p.fill("Limit", "Queues")
	p.press("Set limit")
	p.says("The limit is set")
	if n.api(http.MethodGet, at("vhost-limits", "shop/eu"), nil, &limits); len(limits) != 1 || limits[0].Value["max-queues"] != 1 {
		t.Fatalf("the limits are %v", limits)
	}
	n.must(http.MethodPut, at("queues", "shop/eu", "first"), map[string]any{})
	p.expect("status of 400")
	p.visit("queues")
	p.press("Add a queue")
	p.fill("Virtual host", "shop/eu")
	p.fill("Name", "second")
	p.press("Add queue")
	p.says("The virtual host is at its limit")
	p.press("Close dialog")
	p.visit("limits")
	p.press("Clear")
	p.says("there is no limit then")
	p.press("Clear")
	eventually(t, "the limit to go", func() bool {
		n.api(http.MethodGet, at("vhost-limits", "shop/eu"), nil, &limits)
		return len(limits) == 0 || limits[0].Value["max-queues"] == 0
	})

	p.visit("vhosts", "shop/eu")
	p.press("Delete virtual host")
	p.says("Type “shop/eu” to confirm")
	p.fill("Type “shop/eu” to confirm", "shop/eu")
	p.press("Delete virtual host")
	p.is("Virtual hosts")
	n.gone(at("vhosts", "shop/eu"))
}

// A virtual host that does not run is told of on the first page, with what to do.
func TestVhostDown(t *testing.T) {
	p := start(t).asGuest()
	p.eval(`(() => {
		const real = window.fetch;
		window.fetch = async (url, options) => {
			const answer = await real(url, options);
			return String(url).includes('cluster_state') ? new Response((await answer.text()).replaceAll('"running"', '"stopped"')) : answer;
		};
		return true;
	})()`, new(bool))
	p.eval(askAgain, new(bool))
	p.says("The virtual host “/” does not run on")
	p.press("on its page")
	p.is("/")
}

// What was downloaded and loaded into an empty node brings back what was there.
func TestDefinitions(t *testing.T) {
	n := start(t)
	n.must(http.MethodPut, "/queues/%2F/kept", map[string]any{"durable": true, "arguments": map[string]any{"x-max-length": 7}})
	p := n.asGuest()
	folder := t.TempDir()
	p.downloadsTo(folder)
	p.visit("definitions")
	p.fill("File name", "all.json")
	p.press("Download broker definitions")
	file := filepath.Join(folder, "all.json")
	var content []byte
	eventually(t, "the download", func() bool {
		content, _ = os.ReadFile(file)
		return json.Valid(content)
	})

	n.must(http.MethodDelete, "/queues/%2F/kept", nil)
	broken := filepath.Join(folder, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"queues": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.upload("File", broken)
	p.says("This file is not JSON")
	p.upload("File", file)
	p.says("1 queue")
	p.press("Upload broker definitions")
	p.says("Load “all.json”?")
	p.press("Upload broker definitions")
	p.says("The definitions are loaded")
	var got struct{ Arguments map[string]any }
	if status := n.api(http.MethodGet, "/queues/%2F/kept", nil, &got); status != http.StatusOK || got.Arguments["x-max-length"] != 7.0 {
		t.Fatalf("the queue is not back: %d, %v", status, got.Arguments)
	}
}

// downloadsTo has the browser save what is downloaded into a folder.
func (p *page) downloadsTo(folder string) {
	p.t.Helper()
	profile := chromedp.FromContext(p.ctx).BrowserContextID
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: profile, DownloadPath: folder}); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
}
