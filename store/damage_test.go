package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// damagedDisk is a store's disk after some work, clean or not, and what was in it.
type damagedDisk struct {
	*MemoryFS
	queues uint64
	want   ledgerState
	bodies map[entryKey]string // of every entry there ever was

	without guard // precautions that whoever opens it leaves out
}

func newDamagedDisk(t *testing.T, seed uint64, clean bool) *damagedDisk {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	hurry(s)
	l := newLedger(t, s, seed)
	bodies := map[entryKey]string{}
	for range 250 {
		l.step()
		for queue, entries := range l.state.queues {
			for seq, e := range entries {
				bodies[entryKey{queue, seq}] = e.body
			}
		}
		if l.rnd.IntN(10) == 0 {
			s.Wait(s.End())
		}
	}
	s.Wait(s.End())
	s.PutDurable(nil, nil, nil) // with it goes a mark that says that all before is synced
	s.Wait(s.End())
	if clean {
		closeStore(t, s)
	}
	return &damagedDisk{MemoryFS: disk, queues: l.last, want: l.state, bodies: bodies}
}

// image returns the disk as it is, to be damaged.
func (d *damagedDisk) image() *MemoryFS { return d.Crash(chooser(1, nil)) }

// files are the names of the files that matter, in order.
func logFiles(m *MemoryFS) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if strings.Contains(name, "/log/") && len(m.files[name].data) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// TestDamageAnywhere flips bits, zeroes sectors, cuts and removes files. Whatever is
// damaged, the store opens unless there is nothing to go by, no message comes back as
// another, and nothing is lost without a word.
func TestDamageAnywhere(t *testing.T) {
	for _, clean := range []bool{true, false} {
		for seed := range uint64(2) {
			d := newDamagedDisk(t, seed, clean)
			rnd := rand.New(rand.NewPCG(seed, 4))
			for n := range 100 {
				image := d.image()
				names := logFiles(image)
				name := names[rnd.IntN(len(names))]
				what := harm(image, name, rnd)
				t.Run(fmt.Sprintf("%v/%d/%d", clean, seed, n), func(t *testing.T) {
					t.Parallel()
					d.check(t, image, fmt.Sprintf("%s of %s", what, name))
				})
			}
		}
	}
}

func newestSegment(m *MemoryFS) string {
	newest := ""
	for name, f := range m.files {
		id, isLog := parseSegmentName(filepath.Base(name))
		if h, written := parseSegmentHeader(f.data); isLog && written && h.segment == id {
			newest = max(newest, name)
		}
	}
	return newest
}

// harm damages one file and tells how.
func harm(m *MemoryFS, name string, rnd *rand.Rand) string {
	f := m.files[name]
	at := rnd.IntN(len(f.data))
	kind := rnd.IntN(10)
	if kind < 2 && name == newestSegment(m) {
		kind = 9 // what is missing looks as if it had never been there
	}
	switch kind {
	case 0:
		delete(m.files, name)
		return "removal"
	case 1:
		f.data = f.data[:at]
		return fmt.Sprintf("cut at %d", at)
	case 2, 3:
		at = at / sectorSize * sectorSize
		clear(f.data[at:min(at+sectorSize, len(f.data))])
		return fmt.Sprintf("sector zeroed at %d", at)
	}
	f.data[at] ^= 1 << rnd.IntN(8)
	return fmt.Sprintf("bit flipped at %d", at)
}

func (d *damagedDisk) check(t testing.TB, image *MemoryFS, what string) {
	var told bytes.Buffer
	o := crashOptions(t, image, SyncAlways)
	o.without = d.without
	checked := checkDir(o, &told)
	s, err := Open(o)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	complete := d.compare(t, s, what)
	switch damaged := s.Stats().Damaged; {
	case !complete && damaged == 0:
		t.Errorf("%s: loss without a word", what)
	case !complete && checked == nil:
		t.Errorf("%s: the check finds nothing:\n%s", what, told.String())
	case checked != nil && !errors.Is(checked, ErrCorrupt):
		t.Errorf("%s: check: %v", what, checked)
	}
	s.RecoveryDone()
	verify(t, s)
	closeStore(t, s)
	again := open(t, o)
	d.compare(t, again, what+", opened again")
}

// compare reads everything and reports whether it is what was there. A message that
// cannot be read counts as a word about its loss.
func (d *damagedDisk) compare(t testing.TB, s *Store, what string) (complete bool) {
	complete = true
	r := s.NewReader()
	defer r.Done()
	for queue := uint64(1); queue <= d.queues; queue++ {
		es, _ := s.Recovered(queue)
		found := map[uint64]bool{}
		for _, e := range es {
			found[e.Seq] = true
			b, err := r.Read(e.Pos)
			switch {
			case err == nil && string(b) != d.bodies[entryKey{queue, e.Seq}]:
				t.Errorf("%s: queue %d entry %d came back as another message", what, queue, e.Seq)
			case err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrGone):
				t.Errorf("%s: queue %d entry %d: %v", what, queue, e.Seq, err)
			}
		}
		for seq := range d.want.queues[queue] {
			complete = complete && found[seq]
		}
	}
	return complete
}

// TestDamageInTheLogIsNotItsEnd: behind damage in a part of the log that was synced,
// everything is still there, and what was lost is told.
func TestDamageInTheLogIsNotItsEnd(t *testing.T) {
	for _, sector := range []bool{false, true} {
		disk := NewMemoryFS()
		s := open(t, crashOptions(t, disk, SyncAlways))
		s.RecoveryDone()
		var at []Pos
		for i := range 40 {
			p := s.PutDurable(body(i, 100), nil, nil)
			s.Enqueue(1, []Entry{{Seq: uint64(i), Pos: p}})
			s.Wait(s.End())
			at = append(at, p)
		}
		image := disk.Crash(chooser(0, nil))
		f := image.files[filepath.Join("data", logDirName, segmentName(at[20].segment()))]
		if sector {
			clear(f.data[at[20].offset()/sectorSize*sectorSize:][:sectorSize])
		} else {
			f.data[at[20].offset()+50] ^= 1
		}
		back := open(t, crashOptions(t, image, SyncAlways))
		es, _ := back.Recovered(1)
		if st := back.Stats(); st.Damaged == 0 || len(back.Damage()) != st.Damaged {
			t.Errorf("sector %v: %d places damaged, %v", sector, st.Damaged, back.Damage())
		}
		if n := len(es); n < 33 || n > 40 || es[n-1].Seq != 39 {
			t.Errorf("sector %v: %d entries", sector, n)
		}
	}
}

// TestMarksAreNeeded: without them damage is taken for the end of the log, and what was
// durable is lost without a word.
func TestMarksAreNeeded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 6))
	for seed := range uint64(10) {
		d := newDamagedDisk(t, seed, false)
		d.without = guardMark
		for range 20 {
			image := d.image()
			name := newestSegment(image)
			f := &finder{TB: t}
			d.check(f, image, fmt.Sprintf("%s of %s", harm(image, name, rnd), name))
			if strings.Contains(f.first(), "loss without a word") {
				t.Log(f.first())
				return
			}
		}
	}
	t.Error("nothing is worse without them")
}

// TestTornWriteIsTheEnd: what was being written and never synced is no damage.
func TestTornWriteIsTheEnd(t *testing.T) {
	disk := NewMemoryFS()
	s := open(t, crashOptions(t, disk, SyncAlways))
	s.RecoveryDone()
	for i := range 20 {
		s.Enqueue(1, []Entry{{Seq: uint64(i), Pos: s.PutDurable(body(i, 700), nil, nil)}})
		if i == 9 {
			s.Wait(s.End())
		}
	}
	s.Wait(s.End())
	end := uint32(s.End() - s.log.seg.base)
	image := disk.Crash(chooser(0, nil))
	f := image.files[filepath.Join("data", logDirName, segmentName(s.log.seg.id))]
	f.data[end-5000] ^= 1 // in the last write, which no later mark knows to be synced
	back := open(t, crashOptions(t, image, SyncAlways))
	es, _ := back.Recovered(1)
	if n := len(es); n < 10 || n >= 20 || back.Stats().Damaged != 0 {
		t.Errorf("%d entries, %v", n, back.Damage())
	}
}

// TestDamagedHeaderBeforeALargeMessage: a segment is not taken for an empty one because its
// header is damaged and its first record is longer than what is searched for others.
func TestDamagedHeaderBeforeALargeMessage(t *testing.T) {
	disk := NewMemoryFS()
	o := crashOptions(t, disk, SyncAlways)
	s := open(t, o)
	s.RecoveryDone()
	large := body(1, headerSearch+1000)
	p := s.PutDurable(large, nil, nil)
	s.Enqueue(1, []Entry{{Pos: p}})
	s.Wait(s.End())
	image := disk.afterKill()
	image.files["data/log/"+segmentName(p.segment())].data[9] ^= 1
	s = open(t, crashOptions(t, image, SyncAlways))
	es, _ := s.Recovered(1)
	if len(es) != 1 || read(t, s, es[0].Pos) != string(large) {
		t.Errorf("%d messages are back", len(es))
	}
	if s.Stats().Damaged == 0 {
		t.Error("nothing is told of the header")
	}
}

// TestDamagedRunStopsNoCheckpoint: a run that cannot be merged with others does not keep the
// segments that come after it.
func TestDamagedRunStopsNoCheckpoint(t *testing.T) {
	disk := NewMemoryFS()
	s, err := Open(crashOptions(t, disk, SyncAlways))
	if err != nil {
		t.Fatal(err)
	}
	s.RecoveryDone()
	hurry(s)
	seq := uint64(0)
	round := func() {
		for range 150 {
			s.Enqueue(1, []Entry{{Seq: seq, Pos: s.PutDurable(body(int(seq), 1000), nil, nil)}})
			seq++
		}
		look(s, 1)
	}
	for s.Stats().IndexRuns == 0 {
		round()
	}
	s.keeper.mu.Lock()
	name := s.files.path(s.keeper.runs[0].name())
	s.keeper.mu.Unlock()
	f, err := disk.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 100), 0); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		round()
	}
	if n := s.Stats().IndexRuns; n < runsOfALevel {
		t.Fatalf("%d runs: none had to be merged", n)
	}
	before := s.Stats().Checkpoints
	for range 5 {
		round()
	}
	if n := s.Stats().Checkpoints - before; n == 0 {
		t.Error("no more checkpoints are written")
	}
	// Whether the last checkpoint has to read the damaged run depends on the keeper's pace.
	if err := s.Close(); err != nil && !errors.Is(err, ErrCorrupt) {
		t.Errorf("close: %v", err)
	}
}
