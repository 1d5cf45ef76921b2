package main

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// feed gives one value a reading and keeps the last.
func feed(values ...uint64) func() (uint64, error) {
	return func() (uint64, error) {
		v := values[0]
		if len(values) > 1 {
			values = values[1:]
		}
		return v, nil
	}
}

func TestGauge_HoldsBetweenTheLimits(t *testing.T) {
	for _, test := range []struct {
		name  string
		build func(uint64, func() (uint64, error), func(bool)) *gauge
		limit uint64
		reads []uint64
		want  []bool // the alarm after each reading
	}{
		{"memory", memoryGauge, 1000, []uint64{999, 1000, 1001, 990, 951, 950, 1000, 1001}, []bool{false, false, true, true, true, false, false, true}},
		{"disk", diskGauge, 1000, []uint64{1001, 1000, 999, 1010, 1049, 1050, 1000, 999}, []bool{false, false, true, true, true, false, false, true}},
		{"memory off", memoryGauge, 0, []uint64{1, 1 << 60}, []bool{false, false}},
		{"disk off", diskGauge, 0, []uint64{1, 0}, []bool{false, false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			raised, calls := false, 0
			g := test.build(test.limit, feed(test.reads...), func(on bool) { raised = on; calls++ })
			changes := 0
			for i, want := range test.want {
				before := raised
				g.check(slog.New(slog.DiscardHandler))
				if raised != want {
					t.Errorf("after reading %d (%d) the alarm is %v; want %v", i, test.reads[i], raised, want)
				}
				if before != raised {
					changes++
				}
			}
			if calls != changes {
				t.Errorf("%d calls for %d changes", calls, changes)
			}
		})
	}
}

func TestGauge_UnreadableIsLoggedOnceAndChangesNothing(t *testing.T) {
	var lines bytes.Buffer
	fail := true
	g := memoryGauge(1000, func() (uint64, error) {
		if fail {
			return 0, errors.New("no statm")
		}
		return 2000, nil
	}, func(bool) {})
	log := slog.New(slog.NewTextHandler(&lines, nil))
	fail = false
	g.check(log)
	fail = true
	g.check(log)
	g.check(log)
	if !g.on {
		t.Error("a reading that failed cleared the alarm")
	}
	if n := strings.Count(lines.String(), "no statm"); n != 1 {
		t.Errorf("two failures in a row are %d lines:\n%s", n, lines.String())
	}
}

func TestWatcher_ReadsAtOnceAndThenEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		g := memoryGauge(10, feed(20, 20, 5, 20), func(bool) { at = append(at, time.Since(begin)) })
		w := startWatcher(slog.New(slog.DiscardHandler), g)
		time.Sleep(10*time.Second + time.Millisecond)
		w.stop()
		time.Sleep(10 * time.Second)
		if want := []time.Duration{0, 2 * time.Second, 3 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("the alarm changed at %v; want %v", at, want)
		}
	})
}

// A fast publisher can fill what is left of a disk in much less than a second.
func TestWatcher_ReadsSoonerTheLessIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 50_000_000
		var at []int64 // milliseconds
		begin := time.Now()
		readings := feed(limit+2*diskRate, limit+diskRate/2, limit+diskRate/8, limit+1, limit, limit-1, limit-1, 2*limit)
		read := func() (uint64, error) {
			at = append(at, time.Since(begin).Milliseconds())
			return readings()
		}
		w := startWatcher(slog.New(slog.DiscardHandler), diskGauge(limit, read, func(bool) {}))
		time.Sleep(3700 * time.Millisecond)
		w.stop()
		want := []int64{0, 1000, 1500, 1625, 1635, 1645, 2645, 3645}
		if len(at) < len(want) || !slices.Equal(at[:len(want)], want) {
			t.Errorf("read at %v; want %v", at, want)
		}
	})
}

func TestReleasing_GivesPagesBackBeforeTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		used, released := uint64(2000), 0
		read := releasing(1000, func() (uint64, error) { return used, nil }, func() { released++; used -= 100 })
		for range 20 {
			if _, err := read(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if released != 2 {
			t.Errorf("20 seconds above the limit released %d times; want 2", released)
		}
		used = 1000
		time.Sleep(time.Minute)
		if got, _ := read(); got != 1000 || released != 2 {
			t.Error("memory within the limit was released")
		}
		used = 1050
		if got, _ := read(); got != 950 {
			t.Errorf("the reading is %d; want 950, from after the release", got)
		}
	})
}
