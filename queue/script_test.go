package queue

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"amqpd/policy"
	"amqpd/store"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts in testdata come to into them")

// TestScripts runs testdata/*.txt. Each block is operations, a line of dashes,
// and what they come to:
//
//	> OP            before the effects of each but the only operation
//	persist a@1     entries to log, name@seq, see entryText
//	dead a:expired  messages for the dead-letter exchange
//	settled 1-3     numbers that the log may forget
//	delivered <4    numbers before it may have been delivered
//	deliver c<-a!2  consumer, message, ! redelivered, times it came back
//	release a       references given back
//	= a b | c d     ready in delivery order | unacknowledged by age, then due=
//
// Lines with # and empty lines stay as they are. See ops for the operations.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := new(script).run(t, string(raw))
			switch {
			case got == string(raw):
			case *rewrite:
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("%s differs, see the diff after -rewrite; it came to:\n%s", file, got)
			}
		})
	}
}

// script is the state of one file.
type script struct {
	*broker
	tags map[string]*Consumer
}

// run answers text with every result replaced by what it is now.
func (s *script) run(t *testing.T, text string) string {
	var out strings.Builder
	var block []string
	inResult := false
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case inResult && line != "":
			continue
		case line == "----":
			inResult = true
			fmt.Fprintf(&out, "----\n%s", s.block(t, n, block))
			block = nil
			continue
		case line == "" || line[0] == '#':
			inResult = false
		default:
			block = append(block, line)
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

func (s *script) block(t *testing.T, line int, ops []string) string {
	var out strings.Builder
	for _, op := range ops {
		if len(ops) > 1 {
			fmt.Fprintf(&out, "> %s\n", op)
		}
		args := strings.Fields(op)
		do, ok := scriptOps[args[0]]
		if !ok {
			t.Fatalf("block before line %d: unknown operation %q", line+1, op)
		}
		said := do(s, options{t: t, line: line}.parse(args[1:]))
		for _, l := range append(said, s.perform()...) {
			fmt.Fprintln(&out, l)
		}
		if s.err != nil {
			t.Fatalf("block before line %d: %s: %v", line+1, op, s.err)
		}
	}
	fmt.Fprintln(&out, s.state())
	return out.String()
}

// state is the last line of a result.
func (s *script) state() string {
	if s.q.Deleted() {
		return "= deleted"
	}
	line := "="
	for e := range s.q.Peek() {
		line += " " + s.names[e.Pos]
	}
	line += " |"
	ready := map[uint64]bool{}
	for e := range s.q.Peek() {
		ready[e.Seq] = true
	}
	for e := range s.q.Entries() {
		if !ready[e.Seq] {
			line += " " + s.names[e.Pos]
		}
	}
	if due := s.q.Deadline(); due != 0 {
		line += fmt.Sprintf(" due=%d", due)
	}
	return line
}

// options are the words of an operation: names, and key=value or bare flags.
type options struct {
	t     *testing.T
	line  int
	names []string
	keys  map[string]string
}

// flags are the words that are not names.
var scriptFlags = []string{"transient", "redelivered", "noack", "exclusive", "dlx", "at-least-once", "sac"}

func (o options) parse(args []string) options {
	o.keys = map[string]string{}
	for _, a := range args {
		key, value, ok := strings.Cut(a, "=")
		switch {
		case ok:
			o.keys[key] = value
		case slices.Contains(scriptFlags, a):
			o.keys[a] = ""
		default:
			o.names = append(o.names, a)
		}
	}
	return o
}

func (o options) has(key string) bool { _, ok := o.keys[key]; return ok }

func (o options) num(key string, absent int64) int64 {
	if !o.has(key) {
		return absent
	}
	n, err := strconv.ParseInt(o.keys[key], 10, 64)
	if err != nil {
		o.t.Fatalf("block before line %d: %v", o.line+1, err)
	}
	return n
}

func (o options) settings(base policy.Settings) policy.Settings {
	s := base
	s.MessageTTL = o.num("ttl", -1)
	s.Expires = o.num("expires", -1)
	s.MaxLength = o.num("max-length", -1)
	s.MaxBytes = o.num("max-bytes", -1)
	s.DeliveryLimit = o.num("limit", -1)
	s.DeadLetter, s.DeadLetterStrategy = o.has("dlx"), ""
	if o.has("at-least-once") {
		s.DeadLetterStrategy = "at-least-once"
	}
	s.Overflow = map[string]policy.Overflow{
		"": policy.DropHead, "reject-publish": policy.RejectPublish, "reject-publish-dlx": policy.RejectPublishDLX,
	}[o.keys["overflow"]]
	return s
}

// scriptOps are the operations: what they do and what they say themselves.
var scriptOps = map[string]func(*script, options) []string{
	"new":       opNew,       // as configure, and kind= transient priority= sac
	"configure": opConfigure, // ttl= expires= max-length= max-bytes= overflow= dlx at-least-once limit=
	"publish":   opPublish,   // NAME... ttl= size= prio= transient redelivered
	"pass":      opPass,      // size=
	"consume":   opConsume,   // TAG noack exclusive prefetch= priority= gate=
	"open":      opOpen,      // TAG gate=: so much more goes through, try again
	"dispatch":  opDispatch,  // gate=: so much more goes through each gate, try all again
	"cancel":    opCancel,    // TAG
	"get":       opGet,       // noack
	"ack":       opSettle(Ack),
	"requeue":   opSettle(Requeue),
	"reject":    opSettle(Discard), // TAG NAME..., the tag - for what was got
	"return":    opReturn,          // TAG NAME...
	"withhold":  opWithhold,        // NAME...
	"reinstate": opReinstate,       // NAME...
	"remove":    opRemove,          // NAME...
	"purge":     func(s *script, o options) []string { return said("purged %d", s.q.Purge(s.now, &s.fx)) },
	"delete":    opDelete,
	"touch":     func(s *script, o options) []string { s.q.Touch(s.now); return nil },
	"tick":      opTick,  // MS: so much later, it is time to look
	"after":     opAfter, // MS: so much later, but nobody looks
	"restart":   func(s *script, o options) []string { s.restart(); return nil },
	"entries":   opEntries,
	"consumers": opConsumers,
	"stats":     func(s *script, o options) []string { return said("%+v", s.q.Stats()) },
}

func said(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

func opNew(s *script, o options) []string {
	kinds := map[string]policy.Kind{"": policy.Classic, "classic": policy.Classic, "quorum": policy.Quorum}
	settings := o.settings(policy.NewSettings(kinds[o.keys["kind"]]))
	settings.MaxPriority = uint8(o.num("priority", 0))
	settings.SingleActiveConsumer = o.has("sac")
	*s = script{broker: newBroker(settings, !o.has("transient")), tags: map[string]*Consumer{}}
	s.q.Touch(s.now)
	return nil
}

func opConfigure(s *script, o options) []string {
	s.settings = o.settings(s.settings)
	s.q.Configure(s.now, s.settings, &s.fx)
	return nil
}

func opPublish(s *script, o options) []string {
	var lines []string
	for _, name := range o.names {
		m := Message{
			Pos: s.message(name), TTL: o.num("ttl", -1), Size: uint32(o.num("size", 10)),
			Priority: uint8(o.num("prio", 0)), Persistent: !o.has("transient"), Redelivered: o.has("redelivered"),
		}
		switch s.q.Publish(s.now, m, &s.fx) {
		case Refused:
			s.release(m.Pos)
			lines = append(lines, "refused "+name)
		case RefusedDead:
			lines = append(lines, "refused "+name+", dead")
		}
	}
	return lines
}

func opPass(s *script, o options) []string {
	if c := s.q.PassThrough(s.now, uint32(o.num("size", 10))); c != nil {
		return said("passed to %s", c.Tag)
	}
	return said("does not pass")
}

func opConsume(s *script, o options) []string {
	c := &Consumer{
		Tag: o.names[0], NoAck: o.has("noack"), Exclusive: o.has("exclusive"),
		Priority: o.num("priority", 0), Prefetch: int(o.num("prefetch", 0)),
	}
	if o.has("gate") {
		c.Gate = &tokens{int(o.num("gate", 0))}
	}
	if err := s.q.Subscribe(s.now, c, &s.fx); err != nil {
		return said("error: %v", err)
	}
	s.tags[c.Tag] = c
	return nil
}

func opOpen(s *script, o options) []string {
	c := s.tags[o.names[0]]
	c.Gate.(*tokens).n += int(o.num("gate", 0))
	s.q.Wake(s.now, c, &s.fx)
	return nil
}

func opDispatch(s *script, o options) []string {
	s.q.EachConsumer(func(c *Consumer) bool {
		if t, ok := c.Gate.(*tokens); ok {
			t.n += int(o.num("gate", 0))
		}
		return true
	})
	s.q.Dispatch(s.now, &s.fx)
	return nil
}

func opCancel(s *script, o options) []string {
	s.q.Cancel(s.now, s.tags[o.names[0]], &s.fx)
	return said("%d left", s.q.Consumers())
}

func opGet(s *script, o options) []string {
	d, ok := s.q.Get(s.now, o.has("noack"), &s.fx)
	switch {
	case !ok:
		return said("got nothing")
	case !o.has("noack"):
		s.handed(nil, d)
	}
	return said("got %s, %d left", s.deliveryText(d), s.q.Ready())
}

// outstanding reads TAG NAME... as a consumer and ranges.
func (s *script) outstanding(o options) (*Consumer, []store.Range) {
	c := s.tags[o.names[0]] // nil for -
	var ps []store.Pos
	for _, name := range o.names[1:] {
		ps = append(ps, s.pos(name))
	}
	return c, s.take(c, ps)
}

func opSettle(how Settlement) func(*script, options) []string {
	return func(s *script, o options) []string {
		c, rs := s.outstanding(o)
		s.q.Settle(s.now, c, rs, how, &s.fx)
		return nil
	}
}

func opReturn(s *script, o options) []string {
	c, rs := s.outstanding(o)
	s.q.Return(s.now, c, rs, &s.fx)
	return nil
}

func opWithhold(s *script, o options) []string {
	seqs := map[uint64]string{}
	for e := range s.q.Entries() {
		seqs[e.Seq] = s.names[e.Pos]
	}
	var wanted []uint64
	for seq, name := range seqs {
		if slices.Contains(o.names, name) {
			wanted = append(wanted, seq)
		}
	}
	slices.Sort(wanted)
	line := "withheld"
	for _, seq := range s.q.Withhold(s.now, wanted) {
		line += " " + seqs[seq]
		s.handed(withheldBy, Delivery{Pos: s.pos(seqs[seq]), Seq: seq})
	}
	return said("%s", line)
}

// withheld reads NAME... as ranges.
func (s *script) withheld(o options) []store.Range {
	var ps []store.Pos
	for _, name := range o.names {
		ps = append(ps, s.pos(name))
	}
	return s.take(withheldBy, ps)
}

func opReinstate(s *script, o options) []string {
	s.q.Reinstate(s.now, s.withheld(o), &s.fx)
	return nil
}

func opRemove(s *script, o options) []string {
	s.q.Remove(s.withheld(o), &s.fx)
	return nil
}

func opDelete(s *script, o options) []string {
	n := s.q.Delete(s.now, &s.fx)
	s.log = map[uint64]store.Entry{}
	return said("deleted with %d", n)
}

func opTick(s *script, o options) []string {
	opAfter(s, o)
	s.q.Tick(s.now, &s.fx)
	return nil
}

func opAfter(s *script, o options) []string {
	if len(o.names) > 0 {
		ms, err := strconv.ParseInt(o.names[0], 10, 64)
		if err != nil {
			o.t.Fatal(err)
		}
		s.now += ms
	}
	return said("at %d", s.now)
}

func opEntries(s *script, o options) []string {
	var items []string
	for e := range s.q.Entries() {
		items = append(items, s.entryText(e))
	}
	return said("%s", strings.Join(items, " "))
}

func opConsumers(s *script, o options) []string {
	var lines []string
	places := [...]string{"away", "waiting", "full", "gated", "standby"}
	s.q.EachConsumer(func(c *Consumer) bool {
		lines = append(lines, fmt.Sprintf("%s %s unacked=%d", c.Tag, places[c.place], c.Unacked()))
		return true
	})
	return lines
}
