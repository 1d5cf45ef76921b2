package store

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgressIsTold has a step of twenty seconds, and one that is over soon.
func TestProgressIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said lines
		log := slog.New(slog.NewTextHandler(&said, nil))
		p := NewProgress(log, "queues")
		for i := range 20 {
			p.Tell(Count{"queues", i, 20}, Count{"messages", 100 * i, 2000})
			time.Sleep(time.Second)
		}
		if n := said.count("msg=recovering step=queues"); n != 6 {
			t.Errorf("%d lines in 20 seconds", n)
		}
		if want := "queues=6 queues_total=20 messages=600 messages_total=2000 seconds_left=14\n"; said.count(want) != 1 {
			t.Errorf("no line ends in %s", want)
		}
		before := said.b.Len()
		p = NewProgress(log, "log")
		p.Tell(Count{"segments", 0, 5})
		time.Sleep(2 * time.Second)
		p.Tell(Count{"segments", 5, 5})
		if said.b.Len() != before {
			t.Error("a short step is told")
		}
		time.Sleep(2 * time.Second)
		p.Tell(Count{"segments", 0, 5})
		if last := said.b.String()[before:]; !strings.HasSuffix(last, "step=log segments=0 segments_total=5\n") {
			t.Errorf("nothing is done, and the log says %s", last)
		}
	})
}
