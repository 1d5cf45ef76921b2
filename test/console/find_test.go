package console

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"amqpd/test/node"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// What can be pressed, and what can be filled in, by the roles that the browser
// tells to assistive technology.
var (
	pressable = []string{"button", "link", "option", "checkbox", "radio"}
	fillable  = []string{"textbox", "searchbox", "combobox", "spinbutton"}
)

// world is the part of the page that can be used: the topmost dialog, if one is
// open.
const world = "[...document.querySelectorAll('dialog[open]')].pop() || document"

// find gives the elements of an accessible name, in the order of the page. The
// browser computes names and roles. What is hidden from assistive technology is
// not found.
func (p *page) find(roles []string, name string) ([]cdp.BackendNodeID, error) {
	ctx, cancel := context.WithTimeout(p.ctx, node.Patience)
	defer cancel()
	root, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: world})
	if err != nil {
		return nil, err
	}
	found, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root.Result.ObjectID, AccessibleName: name})
	if err != nil {
		return nil, err
	}
	var ids []cdp.BackendNodeID
	for _, n := range found.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		if role := strings.Trim(string(n.Role.Value), `"`); slices.Contains(roles, role) {
			ids = append(ids, n.BackendDOMNodeID)
		}
	}
	return ids, nil
}

// call calls a function on an element, which is this in it, with a string.
func (p *page) call(id cdp.BackendNodeID, function, argument string, into any) error {
	ctx, cancel := context.WithTimeout(p.ctx, node.Patience)
	defer cancel()
	object, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return err
	}
	yes := true
	got, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object.Object.ObjectID, ReturnByValue: &yes, UserGesture: &yes,
		Arguments: []*runtime.CallArgument{{Value: []byte(text(argument))}},
	})
	if err != nil {
		return err
	}
	if got.ExceptionDetails != nil {
		return fmt.Errorf("%s", got.ExceptionDetails.Text)
	}
	return json.Unmarshal(got.Result.Value, into)
}

// click presses what a mouse could press: it has to be enabled, in sight and
// not under something else. It answers why not. A button that only unfolds a
// part of the page has the name of that part, and is left to fold.
const click = `function () {
	if (this.disabled || this.getAttribute('aria-disabled') === 'true') return 'it is disabled';
	if (this.matches('option, button[aria-expanded][aria-controls]')) return 'it only offers or unfolds';
	const box = this.closest('label') || this;
	const over = () => {
		const [r] = box.getClientRects();
		return r && document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
	};
	const free = e => e && (box.contains(e) || e.contains(box) && !e.matches('.toast, dialog'));
	if (!free(over())) box.scrollIntoView({ block: 'center', behavior: 'instant' });
	if (!free(over())) return over() ? 'it is under ' + over().outerHTML.slice(0, 120) : 'it is not in sight';
	this.click();
	return '';
}`

// press presses a button, link, option or choice as soon as it can be pressed.
func (p *page) press(name string) {
	p.t.Helper()
	p.wait("“"+name+"” to press", func() (bool, string) {
		ids, err := p.find(pressable, name)
		if err != nil {
			return false, err.Error()
		}
		why := "it is not there"
		for _, id := range ids {
			if err := p.call(id, click, "", &why); err != nil {
				why = err.Error()
			}
			if why == "" {
				return true, ""
			}
		}
		return false, why
	})
}

// offers tells whether there is something of this name to press.
func (p *page) offers(name string) bool {
	p.t.Helper()
	ids, err := p.find(pressable, name)
	if err != nil {
		p.t.Fatalf("browser: %v", err)
	}
	return len(ids) > 0
}

// enter puts the keyboard into a field and marks what is in it; a selection is
// made at once. It answers what is left to type: true, or that it is done.
const enter = `function (value) {
	if (this.disabled || this.readOnly) return 'it is disabled';
	if (this.tagName === 'SELECT') {
		const o = [...this.options].find(o => o.textContent.trim() === value) || [...this.options].find(o => o.value === value);
		if (!o) return 'it offers only ' + [...this.options].map(o => o.textContent).join(', ');
		if (this.value !== o.value) {
			this.value = o.value;
			this.dispatchEvent(new Event('change', { bubbles: true }));
		}
		return '';
	}
	this.focus();
	if (document.activeElement !== this) return 'it does not take the keyboard';
	if (this.value === value) return '';
	this.select();
	if (value === '') document.execCommand('delete');
	return 'type';
}`

// fill types into a field, or chooses from a selection by what a person reads.
func (p *page) fill(label, value string) {
	p.t.Helper()
	p.wait("the field “"+label+"” to take “"+value+"”", func() (bool, string) {
		ids, err := p.find(fillable, label)
		if err != nil || len(ids) == 0 {
			return false, fmt.Sprint("it is not there ", err)
		}
		var state string
		if err := p.call(ids[0], enter, value, &state); err != nil || state != "type" {
			return err == nil && state == "", fmt.Sprint(state, err)
		}
		p.run(command(input.InsertText, input.InsertTextParams{Text: value}))
		if err := p.call(ids[0], "function () { return this.value; }", "", &state); err != nil || state != value {
			return false, fmt.Sprintf("it holds %q %v", state, err)
		}
		return true, ""
	})
}

// upload chooses a file of this machine. (The browser's name of such a field
// holds the name of the file, so it is found by its label.)
func (p *page) upload(label, file string) {
	p.t.Helper()
	p.wait("the field “"+label+"” for a file", func() (bool, string) {
		field, err := chromedp.Call(p.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "[...document.querySelectorAll('label')].find(l => l.textContent.trim() === " + text(label) + ")?.control"})
		if err != nil || field.Result.ObjectID == "" {
			return false, fmt.Sprint("it is not there ", err)
		}
		_, err = chromedp.Call(p.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{file}, ObjectID: field.Result.ObjectID})
		return err == nil, fmt.Sprint(err)
	})
}

// fold opens a part of the page that can be folded.
func (p *page) fold(title string) {
	p.t.Helper()
	p.until("the part “"+title+"”", `(() => {
		const e = [...document.querySelectorAll('main button[aria-expanded][aria-controls]')].find(e => e.textContent.trim().startsWith(`+text(title)+`));
		if (e?.getAttribute('aria-expanded') === 'false') e.click();
		return e?.getAttribute('aria-expanded') === 'true';
	})()`)
}
