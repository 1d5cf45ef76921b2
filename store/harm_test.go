package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Damage, file by file, on real files: each row of the table in docs/operations.md.

// worn is a data directory after some work, and what is in it.
type worn struct {
	dir    string
	queues uint64
	want   ledgerState
	bodies map[entryKey]string
	runs   []*run
	replay uint32 // the first segment to be replayed

	oldRoot []byte // a checkpoint from a while before
}

// newWorn makes a directory as a crash leaves it. Everything is synced; the last operations
// are in the part of the log that is replayed.
func newWorn(t *testing.T) *worn {
	o := testOptions(t, t.TempDir())
	s := open(t, o)
	s.RecoveryDone()
	hurry(s)
	l := newLedger(t, s, 21)
	d := &worn{dir: filepath.Join(t.TempDir(), "data"), bodies: map[entryKey]string{}}
	step := func() {
		l.step()
		for queue, entries := range l.state.queues {
			for seq, e := range entries {
				d.bodies[entryKey{queue, seq}] = e.body
			}
		}
	}
	for i := range 400 {
		step()
		if i%20 == 0 {
			look(s, 2)
		}
	}
	var err error
	if d.oldRoot, err = os.ReadFile(filepath.Join(o.Dir, logDirName, checkpointNames[0])); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		step()
	}
	look(s, 2)
	s.keeper.mu.Lock()
	s.keeper.pause = time.Hour
	s.keeper.mu.Unlock()
	for range 80 {
		step()
		s.Wait(s.End())
	}
	s.keeper.mu.Lock()
	defer s.keeper.mu.Unlock()
	d.queues, d.want, d.runs, d.replay = l.last, l.state.clone(), s.keeper.runs, s.keeper.replay
	if err := os.CopyFS(d.dir, os.DirFS(o.Dir)); err != nil {
		t.Fatal(err)
	}
	return d
}

// copy returns another directory with the same.
func (d *worn) copy(t *testing.T) *worn {
	c := *d
	c.dir = filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(c.dir, os.DirFS(d.dir)); err != nil {
		t.Fatal(err)
	}
	return &c
}

func (d *worn) options(t testing.TB) Options { return testOptions(t, d.dir) }

func (d *worn) path(file string) string { return filepath.Join(d.dir, filepath.FromSlash(file)) }

// change changes the content of a file.
func (d *worn) change(t *testing.T, file string, how func([]byte) []byte) string {
	t.Helper()
	p, err := os.ReadFile(d.path(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.path(file), how(p), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// segments lists the segment files in the log that hold something.
func (d *worn) segments(t *testing.T) []uint32 {
	t.Helper()
	names, err := os.ReadDir(filepath.Join(d.dir, logDirName))
	if err != nil {
		t.Fatal(err)
	}
	var ids []uint32
	for _, name := range names {
		id, ok := parseSegmentName(name.Name())
		if !ok {
			continue
		}
		p, err := os.ReadFile(filepath.Join(d.dir, logDirName, name.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := parseSegmentHeader(p); ok && h.segment == id {
			ids = append(ids, id)
		}
	}
	return ids
}

// flip flips a bit of one of the records of a kind, in the middle of those that are, or are
// not, in the part that is replayed. Messages are those that a queue holds.
func (d *worn) flip(t *testing.T, k kind, replayed bool) string {
	t.Helper()
	live := map[string]bool{}
	for _, entries := range d.want.queues {
		for _, e := range entries {
			live[e.body] = true
		}
	}
	type place struct {
		file string
		at   int64
	}
	var found []place
	for _, id := range d.segments(t) {
		if id >= d.replay != replayed {
			continue
		}
		file := inLog(segmentName(id))
		p, err := os.ReadFile(d.path(file))
		if err != nil {
			t.Fatal(err)
		}
		sc := newScanner(bytes.NewReader(p), id, uint32(len(p)))
		for {
			r, err := sc.next()
			if err != nil {
				break
			}
			body := r.payload
			if k == kindCarried && r.kind == kindCarried {
				body = body[carriedHead:]
			}
			if r.kind == k && len(r.payload) > 0 && (k != kindMessage && k != kindCarried || live[string(body)]) {
				found = append(found, place{file, int64(r.off) + recordHeaderSize + int64(len(r.payload))/2})
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no such %v record in this directory", k)
	}
	one := found[len(found)/2]
	return d.change(t, one.file, func(p []byte) []byte { p[one.at] ^= 4; return p })
}

// content is what a start finds: how many entries are not there or cannot be read, and how
// many are there that were settled.
func (d *worn) content(t *testing.T, s *Store) (lost, back int) {
	t.Helper()
	r := s.NewReader()
	defer r.Done()
	for queue := uint64(1); queue <= d.queues; queue++ {
		there := map[uint64]bool{}
		es, _ := s.Recovered(queue)
		for _, e := range es {
			b, err := r.Read(e.Pos)
			switch {
			case Lost(err):
				continue
			case err != nil:
				t.Errorf("queue %d entry %d: %v", queue, e.Seq, err)
			case string(b) != d.bodies[entryKey{queue, e.Seq}]:
				t.Errorf("queue %d entry %d came back as another message", queue, e.Seq)
			}
			there[e.Seq] = true
			if _, wanted := d.want.queues[queue][e.Seq]; !wanted {
				back++
			}
		}
		for seq := range d.want.queues[queue] {
			if !there[seq] {
				lost++
			}
		}
	}
	return lost, back
}

// wrongDefinitions counts the definitions that are not what they were.
func (d *worn) wrongDefinitions(t *testing.T, s *Store) int {
	got := map[string]string{}
	err := s.Definitions(func(k string, v []byte) error { got[k] = string(v); return nil })
	if err != nil {
		t.Error(err)
	}
	wrong := 0
	for k := range 10 {
		key := "key" + string(rune('0'+k))
		if got[key] != d.want.definitions[key] {
			wrong++
		}
	}
	return wrong
}

// harms are the ways in which a directory is damaged, and what comes of it.
var harms = []struct {
	name   string
	harm   func(t *testing.T, d *worn) string // does it, and returns what has to be told of
	refuse string                             // words of the error that Open returns
	lose   int                                // messages that may be lost
	back   int                                // settled messages that may be back
	wrong  int                                // definitions that may be wrong
}{
	{name: "message in an old segment", harm: flipped(kindMessage, false), lose: 2},
	{name: "message", harm: flipped(kindMessage, true), lose: 2},
	{name: "carried message", harm: flipped(kindCarried, false), lose: 1},
	{name: "enqueue in an old segment", harm: flipped(kindEnqueue, false)},
	{name: "enqueue", harm: flipped(kindEnqueue, true), lose: 3},
	{name: "settle in an old segment", harm: flipped(kindSettle, false)},
	{name: "settle", harm: flipped(kindSettle, true), back: 4},
	{name: "delivered", harm: flipped(kindDelivered, true)},
	{name: "drop", harm: flipped(kindDrop, true), back: 100},
	{name: "definitions", harm: flipped(kindDefinitions, true), wrong: 3},
	{name: "mark in an old segment", harm: flipped(kindMark, false)},
	{name: "mark", harm: flipped(kindMark, true)},
	{name: "header of an old segment", harm: func(t *testing.T, d *worn) string {
		return d.change(t, inLog(segmentName(d.segments(t)[1])), func(p []byte) []byte { p[20] ^= 1; return p })
	}},
	{name: "header of the last segment", harm: func(t *testing.T, d *worn) string {
		ids := d.segments(t)
		return d.change(t, inLog(segmentName(ids[len(ids)-1])), func(p []byte) []byte { p[20] ^= 1; return p })
	}},
	{name: "old segment cut short", harm: func(t *testing.T, d *worn) string {
		return d.change(t, inLog(segmentName(d.segments(t)[0])), func(p []byte) []byte { return p[:2000] })
	}, lose: 50},
	{name: "segment missing", harm: func(t *testing.T, d *worn) string {
		file := inLog(segmentName(d.segments(t)[0]))
		if err := os.Remove(d.path(file)); err != nil {
			t.Fatal(err)
		}
		return file
	}, lose: 50},
	{name: "segment of another name", harm: func(t *testing.T, d *worn) string {
		ids := d.segments(t)
		other, err := os.ReadFile(d.path(inLog(segmentName(ids[1]))))
		if err != nil {
			t.Fatal(err)
		}
		return d.change(t, inLog(segmentName(ids[0])), func([]byte) []byte { return other })
	}, lose: 50},
	{name: "older copy of a segment", harm: func(t *testing.T, d *worn) string {
		return d.change(t, inLog(segmentName(d.segments(t)[0])), func(p []byte) []byte { clear(p[3000:]); return p })
	}, lose: 50},
	{name: "checkpoint", harm: damagedFile(inLog("checkpoint"))},
	{name: "copy of the checkpoint", harm: damagedFile(inLog("checkpoint.copy"))},
	{name: "both checkpoints", harm: func(t *testing.T, d *worn) string {
		damagedFile(inLog("checkpoint"))(t, d)
		return damagedFile(inLog("checkpoint.copy"))(t, d)
	}, refuse: "amqpd check --repair", back: 1000},
	{name: "checkpoints missing", harm: func(t *testing.T, d *worn) string {
		for _, name := range checkpointNames {
			if err := os.Remove(d.path(inLog(name))); err != nil {
				t.Fatal(err)
			}
		}
		return inLog("checkpoint: missing")
	}, refuse: "amqpd check --repair", back: 1000},
	{name: "older checkpoint", harm: func(t *testing.T, d *worn) string {
		return d.change(t, inLog("checkpoint"), func([]byte) []byte { return d.oldRoot })
	}},
	{name: "both checkpoints older", harm: func(t *testing.T, d *worn) string {
		d.change(t, inLog("checkpoint"), func([]byte) []byte { return d.oldRoot })
		d.change(t, inLog("checkpoint.copy"), func([]byte) []byte { return d.oldRoot })
		return "older than the rest"
	}, refuse: "amqpd check --repair", lose: 0, back: 50},
	{name: "index run", harm: func(t *testing.T, d *worn) string {
		return damagedFile(inLog(d.runs[len(d.runs)-1].name()))(t, d)
	}, lose: 100},
	{name: "definitions", harm: damagedFile(definitionsName), refuse: "amqpd check --repair"},
	{name: "definitions missing", harm: func(t *testing.T, d *worn) string {
		if err := os.Remove(d.path(definitionsName)); err != nil {
			t.Fatal(err)
		}
		return definitionsName
	}, refuse: "amqpd check --repair"},
}

func flipped(k kind, replayed bool) func(*testing.T, *worn) string {
	return func(t *testing.T, d *worn) string { return d.flip(t, k, replayed) }
}

// damagedFile writes something else over a file.
func damagedFile(file string) func(*testing.T, *worn) string {
	return func(t *testing.T, d *worn) string {
		return d.change(t, file, func(p []byte) []byte { copy(p, bytes.Repeat([]byte{0xa5}, 9000)); return p })
	}
}

// TestEachDamage damages a directory in each way: the check tells, the start does what is
// said, and after a repair the check finds nothing and everything that was left is there.
func TestEachDamage(t *testing.T) {
	whole := newWorn(t)
	if err := Check(whole.copy(t).dir, t.Output()); err != nil {
		t.Fatal(err)
	}
	for _, c := range harms {
		t.Run(c.name, func(t *testing.T) {
			d := whole.copy(t)
			file := c.harm(t, d)
			var told strings.Builder
			if err := Check(d.dir, &told); !errors.Is(err, ErrCorrupt) || !strings.Contains(told.String(), file) {
				t.Errorf("check: %v, told of %s:\n%s", err, file, told.String())
			}
			limits := func(s *Store) {
				lost, back := d.content(t, s)
				wrong := d.wrongDefinitions(t, s)
				if lost > c.lose || back > c.back || wrong > c.wrong {
					t.Errorf("%d messages lost, %d back, %d definitions wrong; told:\n%s", lost, back, wrong, told.String())
				}
				t.Logf("%d messages lost, %d back, %d definitions wrong", lost, back, wrong)
			}
			if s, err := Open(d.copy(t).options(t)); err == nil && c.refuse == "" {
				limits(s)
				closeStore(t, s)
			} else if err == nil || c.refuse == "" || !strings.Contains(err.Error(), c.refuse) {
				t.Errorf("open: %v", err)
			}
			told.Reset()
			if err := Repair(d.dir, &told); err != nil {
				t.Errorf("repair: %v", err)
			}
			if err := Check(d.dir, t.Output()); err != nil {
				t.Errorf("after the repair: %v", err)
			}
			s := open(t, d.options(t))
			limits(s)
			if n := s.Stats().Damaged; n != 0 {
				t.Errorf("after the repair: %v", s.Damage())
			}
			s.RecoveryDone()
			verify(t, s)
			closeStore(t, s)
			if t.Failed() {
				t.Logf("told by the repair:\n%s", told.String())
			}
		})
	}
}

// TestRepairDeletesNothing: what was damaged is kept to the octet.
func TestRepairDeletesNothing(t *testing.T) {
	d := newWorn(t)
	file := d.flip(t, kindMessage, false)
	before, err := os.ReadFile(d.path(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := Repair(d.dir, t.Output()); err != nil {
		t.Fatal(err)
	}
	kept := 0
	err = filepath.WalkDir(d.path(damagedDir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		kept++
		p, err := os.ReadFile(path)
		if !bytes.Contains(before, p) || len(p) < recordHeaderSize {
			t.Errorf("%s has %d octets that the segment had not", path, len(p))
		}
		return err
	})
	if err != nil || kept != 1 {
		t.Errorf("%d files kept: %v", kept, err)
	}
}
