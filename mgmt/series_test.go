package mgmt

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// A track gives back what a plain list of samples would, as far as it reaches.
func TestTrack_GivesBackWhatWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const keep = 20
		tr := newTrack(100, rapid.Int64Range(0, 3).Draw(t, "first"))
		known := map[int64]int64{100: tr.last.value}
		now := int64(100)
		for range rapid.IntRange(1, 80).Draw(t, "puts") {
			step := rapid.Int64Range(0, 3).Draw(t, "step")
			if now == 100 && step == 0 {
				step = 1
			}
			for range step {
				known[now+1] = known[now]
				now++
			}
			known[now] = known[now] + rapid.Int64Range(-2, 9).Draw(t, "change")
			tr.put(now, known[now])
			tr.forget(now - keep)
		}
		for at := max(now-keep, 100); at <= now+2; at++ {
			want, ok := known[at]
			if !ok {
				want = known[now]
			}
			if got := tr.value(at); got != want {
				t.Fatalf("value(%d) = %d, want %d", at, got, want)
			}
		}
		values := make([]int64, keep)
		tr.add(values, (now-keep+1)*5+2, 5, 5)
		for i, got := range values {
			if at := now - keep + 1 + int64(i); at >= 100 && got != known[at] {
				t.Fatalf("add at %d = %d, want %d", at, got, known[at])
			}
		}
	})
}

func TestTrack_ValueBeforeItBegan(t *testing.T) {
	tr := newTrack(10, 7)
	tr.put(12, 9)
	values := []int64{1, 1, 1, 1}
	tr.add(values, 0, 30, 5)
	if want := []int64{8, 8, 10, 10}; !slices.Equal(values, want) {
		t.Errorf("values = %v, want %v", values, want)
	}
}

// What moves all the time and what does not at all cost as little as promised.
func TestSeries_Cost(t *testing.T) {
	var idle, busy series
	n := int64(0)
	for now := int64(0); now <= 7200; now += tick {
		idle.put(retainBasic, now, 1, 0)
		n += rand.Int64N(20000)
		busy.put(retainBasic, now, 1, n)
	}
	if len(idle.lines) != 0 {
		t.Errorf("an idle figure takes %d lines", len(idle.lines))
	}
	size := int(unsafe.Sizeof(line{}))
	for _, tr := range busy.lines[0].past {
		size += int(unsafe.Sizeof(tr)) + cap(tr.buf)
	}
	if size > 2<<10 {
		t.Errorf("a busy figure takes %d octets", size)
	}
}

func TestSeries_ForgetsWhatStoodStill(t *testing.T) {
	var s series
	s.put(retainBasic, 1000, 1, 0)
	s.put(retainBasic, 1005, 1, 10)
	for now := int64(1010); now < 1005+3600; now += tick {
		s.put(retainBasic, now, 1, 10)
	}
	if !s.forget(retainBasic, 4500) {
		t.Error("the change is forgotten within the hour")
	}
	if s.forget(retainBasic, 4800) {
		t.Error("the change is not forgotten after the hour")
	}
	if got := s.at(1, rateBase(4_900_000)); got != 10 {
		t.Errorf("value afterwards = %d, want 10", got)
	}
	s.put(retainBasic, 4900, 1, 15)
	if got := s.rate(1, 15, 4_901_000); got != 0 && got != 5*1000/6000.0 {
		t.Errorf("rate = %v", got)
	}
}

func TestSeries_Rate(t *testing.T) {
	var s series
	if got := s.rate(1, 30, 100_000); got != 6 {
		t.Errorf("30 messages before the first sample: rate %v, want 6", got)
	}
	s.put(retainBasic, 100, 1, 30)
	if got := s.rate(1, 30, 101_000); got != 5 { // since 95
		t.Errorf("a second after the sample: rate %v, want 5", got)
	}
	s.put(retainBasic, 105, 1, 30)
	if got := s.rate(1, 30, 108_500); got != 0 {
		t.Errorf("after a tick without a change: rate %v, want 0", got)
	}
	if got := s.rate(1, 37, 108_500); got != 2 { // since 105
		t.Errorf("rate %v, want 2", got)
	}
}

func TestSeries_StartIsNoMovement(t *testing.T) {
	var s series
	s.start(2, 1000)
	if got := s.rate(2, 1000, 50_000); got != 0 {
		t.Errorf("rate %v, want 0", got)
	}
	if got := s.lines[0].past; got != nil {
		t.Errorf("past = %v, want none", got)
	}
}

func TestRetention_Choose(t *testing.T) {
	for _, c := range []struct{ age, step int64 }{{60, 5}, {600, 5}, {601, 60}, {3600, 60}, {8 * 3600, 600}, {8*3600 + 1, 1800}, {1 << 40, 1800}} {
		if got := retainGlobal[retainGlobal.choose(c.age)].step; got != c.step {
			t.Errorf("%d s back: step %d, want %d", c.age, got, c.step)
		}
	}
}
