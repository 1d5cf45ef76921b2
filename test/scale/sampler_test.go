package scale

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// samplerLine is the row of the goroutine that takes samples: its own time, its
// share, the sum, the time of all that it calls.
var samplerLine = regexp.MustCompile(`(?m)^.*?\s(\S+)\s+\S+%\s+amqpd/mgmt\.\(\*sampler\)\.sample$`)

// samplerCost tells which share of a core samples take, from a profile, and which
// the whole node.
func (c *client) samplerCost(s size, what string) {
	c.t.Helper()
	span := max(3*s.window, 12e9) // two samples at least
	before := c.n.CPU()
	file := c.n.Profile(span)
	node := (c.n.CPU() - before).Seconds() / span.Seconds()
	out, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-unit=ms", file).CombinedOutput()
	if err != nil {
		c.t.Fatalf("pprof: %v\n%s", err, out)
	}
	share := 0.0
	if m := samplerLine.FindSubmatch(out); m != nil {
		took, err := strconv.ParseFloat(strings.TrimSuffix(string(m[1]), "ms"), 64)
		if err != nil {
			c.t.Fatalf("pprof says %q", m[0])
		}
		share = took / 1000 / span.Seconds()
	}
	c.t.Logf("%d queues, %s: the sampler takes %.2f %% of a core, the node %.1f %%", s.queues, what, 100*share, 100*node)
	if share > samplerMost {
		c.t.Errorf("the sampler takes %.1f %% of a core, %.1f %% are allowed", 100*share, 100*samplerMost)
	}
}
